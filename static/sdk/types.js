// @ts-check
/**
 * The shapes that the scripts of the launcher share; nothing of it reaches a browser.
 *
 * @typedef {import("./notice_types.js").Words} Words
 * @typedef {import("./notice_types.js").Message} Message
 * @typedef {import("./notice_types.js").Notice} Notice
 *
 * @typedef {"connecting" | "live" | "away" | "offline" | "login" | "token" | "origin" | "policy" | "mixed" | "asks" | "denied"} State
 *
 * @typedef {object} Status of the connection
 * @property {State} state
 * @property {number | null} needs issues that wait for a human; `null`: unknown
 * @property {boolean | null} allowed whether the board talks to this origin, which may frame it then; `null`: unknown
 *
 * @typedef {object} Context what the part with the toasts, the board and the list gets
 * @property {(tag: string, props?: Record<string, any>, ...children: (Node | string)[]) => any} h
 * @property {(name: string) => SVGElement} icon
 * @property {HTMLElement} root
 * @property {HTMLElement} pill the launcher
 * @property {ShadowRoot} shadow
 * @property {Words} words
 * @property {string} lang
 * @property {string} origin of the board
 * @property {(issue: string) => void} openTo
 * @property {() => void} closed the board was closed
 */
export {};
