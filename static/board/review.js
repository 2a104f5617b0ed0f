// @ts-check
/** Comments on lines that are written but not sent, by issue, and what of the branch was seen. A reload loses neither. */

import { signal } from "@preact/signals";
import { recall, remember } from "./keep.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Line } from "./diff_parse.js" */

/**
 * A comment on a line. `editing`: its box is open.
 *
 * @typedef {{ id: string, path: string, side: "old" | "new", line: number, code: string, text: string, editing: boolean }} Note
 */
/** Heads of the branch: the one that was shown last, and the one before it. @typedef {{ viewed: string, reviewed: string }} Seen */

/** @type {Map<string, Signal<readonly Note[]>>} */
const kept = new Map();

/** @param {string} issue_id */
export function notesOf(issue_id) {
  let notes = kept.get(issue_id);
  if (notes === undefined) {
    const stored = recall(`review.${issue_id}`, /** @type {Note[]} */ ([]));
    kept.set(issue_id, notes = signal(Array.isArray(stored) ? stored : []));
  }
  return notes;
}

/** Those that say something. @param {string} issue_id */
export function writtenNotes(issue_id) {
  return notesOf(issue_id).value.filter((note) => note.text.trim() !== "");
}

/** @param {string} issue_id @param {readonly Note[]} notes */
export function setNotes(issue_id, notes) {
  notesOf(issue_id).value = notes;
  // An empty box is nothing to come back to.
  const worth = notes.filter((note) => note.text.trim() !== "");
  remember(`review.${issue_id}`, worth.length === 0 ? null : worth);
}

/** @param {string} issue_id @param {string} id @param {Partial<Note>} change */
export function changeNote(issue_id, id, change) {
  setNotes(issue_id, notesOf(issue_id).peek().map((note) => note.id === id ? { ...note, ...change } : note));
}

/** @param {string} issue_id @param {string} id */
export function dropNote(issue_id, id) {
  setNotes(issue_id, notesOf(issue_id).peek().filter((note) => note.id !== id));
}

/**
 * Opens the box of a line; the one that is there already, if any.
 *
 * @param {string} issue_id
 * @param {string} path
 * @param {Line} line
 */
export function openNote(issue_id, path, line) {
  const { side, number } = placeOf(line);
  const notes = notesOf(issue_id).peek();
  const known = notes.find((note) => note.path === path && note.side === side && note.line === number);
  if (known !== undefined) return changeNote(issue_id, known.id, { editing: true });
  const note = { path, side, line: number, code: line.text, text: "", editing: true };
  setNotes(issue_id, [...notes, { id: crypto.randomUUID(), ...note }]);
}

/** Where a line stands for who speaks of it. @param {Line} line @returns {{ side: "old" | "new", number: number }} */
export function placeOf(line) {
  return line.kind === "del" ? { side: "old", number: line.old } : { side: "new", number: line.new };
}

/**
 * Notes that a head of the branch is shown; answers the one that was shown before it, "" when there is none.
 *
 * @param {string} issue_id
 * @param {string} head
 */
export function noteSeen(issue_id, head) {
  const seen = recall(`seen.${issue_id}`, /** @type {Seen} */ ({ viewed: "", reviewed: "" }));
  if (head === "" || seen.viewed === head) return seen.reviewed;
  const reviewed = seen.viewed;
  remember(`seen.${issue_id}`, { viewed: head, reviewed });
  return reviewed;
}

/** @param {string} issue_id @param {string} head */
export function forgetReview(issue_id, head) {
  remember(`seen.${issue_id}`, { viewed: head, reviewed: "" });
}

/**
 * All comments as one Markdown text, in the order of the files: where, what stands there, what to do.
 *
 * @param {readonly Note[]} notes
 */
export function reviewText(notes) {
  const order = notes.toSorted((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
  return order.map(({ path, side, line, code, text }) => {
    const where = `${codeSpan(`${path}:${line}`)}${side === "old" ? " (before the change)" : ""}`;
    const quote = code.trim() === "" ? "" : `\n> ${codeSpan(code.trim().slice(0, 300))}\n`;
    return `${where}\n${quote}\n${text.trim()}`;
  }).join("\n\n---\n\n");
}

/** Text as inline code of Markdown, whatever is in it. @param {string} text */
function codeSpan(text) {
  const line = text.replace(/[\n\r]/g, "⏎");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = /^`|`$/.test(line) ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}
