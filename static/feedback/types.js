// @ts-check
/**
 * The shapes that the scripts of the feedback button share; nothing of it reaches a browser.
 *
 * @typedef {Record<"selector" | "role" | "name" | "test_id" | "text" | "rect" | "source", string>} ReportElement
 *
 * @typedef {object} Report what the server takes
 * @property {string} message
 * @property {string} [page]
 * @property {string} [user]
 * @property {string} [kind]
 * @property {string} [project]
 * @property {string} [viewport]
 * @property {string} [website] filled by machines only
 * @property {number} [elapsed_ms]
 * @property {ReportElement} [element]
 * @property {string[]} [errors]
 * @property {string[]} [requests]
 *
 * @typedef {Omit<Report, "message">} SubmitOptions
 *
 * @typedef {{ type: string, data: string }} Picture in Base64
 *
 * @typedef {object} Item a message on its way
 * @property {string} key the idempotency key
 * @property {Report} report
 * @property {Picture} [picture]
 *
 * @typedef {object} Recorder
 * @property {() => { errors: string[], requests: string[] }} read
 * @property {() => void} end
 *
 * @typedef {object} Shot a picture that is being edited
 * @property {HTMLElement} element
 * @property {() => Promise<Picture>} burn
 *
 * @typedef {object} Dialog what the part with the attachments gets
 * @property {(tag: string, props?: Record<string, any>, ...children: (Node | string)[]) => any} h
 * @property {any} ui the dialog's elements
 * @property {ShadowRoot} shadow
 * @property {HTMLElement} host
 * @property {Record<string, any>} words
 * @property {DOMStringMap} options
 * @property {string} api
 * @property {string} receipts name under which the page's storage keeps the visitor's receipts
 * @property {() => Recorder | null} recorder
 * @property {(text: string, bad?: boolean) => void} show
 *
 * @typedef {object} Extras the part with the attachments
 * @property {() => void} opened the dialog was opened
 * @property {() => Promise<{ report: Partial<Report>, picture?: Picture }>} collect
 * @property {() => void} sent the message is on its way: attachments are let go
 */
export {};
