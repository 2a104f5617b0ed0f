// @ts-check
/**
 * The shapes that the scripts of the launcher share; nothing of it reaches a browser.
 *
 * @typedef {typeof import("./words.js").WORDS & Partial<typeof import("./late_words.js").LATE_WORDS>} Words
 *
 * @typedef {{ type?: unknown, seq?: number, [field: string]: unknown }} Message an event as the WebSocket sends it
 *
 * @typedef {"info" | "work" | "need" | "bad" | "good"} Level
 *
 * @typedef {object} Notice an event in words
 * @property {Level} level
 * @property {string} icon name of its drawing
 * @property {string} what happened
 * @property {string} title of the issue, with its number
 * @property {string} issue id or number; may be empty
 * @property {string} at ISO-8601, UTC
 * @property {string} key a later notice with the same key takes its place
 * @property {boolean} stays until somebody dismisses it
 * @property {boolean} quiet is in the list only
 * @property {boolean} settles what the issue needed is done
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
