// @ts-check
/**
 * Shapes that need nothing of a browser; nothing of it reaches one.
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
 */
export {};
