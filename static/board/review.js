// @ts-check
/** Comments on lines that are written but not sent, by issue, and what of the branch was seen. A reload loses neither. */

import { signal } from "@preact/signals";
import { recall, remember } from "./keep.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Line } from "./diff_parse.js" */
/** @import { FileDiff } from "../../src/domain/diff.ts" */

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

/** Files that were looked at, as path → what was seen of it. @type {Map<string, Signal<Readonly<Record<string, string>>>>} */
const viewed = new Map();

/** @param {string} issue_id */
function viewedOf(issue_id) {
  let files = viewed.get(issue_id);
  if (files === undefined) viewed.set(issue_id, files = signal(recall(`viewed.${issue_id}`, {})));
  return files;
}

/** Whether the reader has ticked this change of the file off; a later change of it is another one. @param {string} issue_id @param {FileDiff} file */
export function isViewed(issue_id, file) {
  return viewedOf(issue_id).value[file.path] === fingerprint(file.patch);
}

/** @param {string} issue_id @param {FileDiff} file @param {boolean} on */
export function setViewed(issue_id, file, on) {
  const files = viewedOf(issue_id);
  const { [file.path]: _, ...others } = files.peek();
  files.value = on ? { ...others, [file.path]: fingerprint(file.patch) } : others;
  remember(`viewed.${issue_id}`, Object.keys(files.value).length === 0 ? null : files.value);
}

/** A short name for a text (FNV-1a and its length): it tells changes apart, it protects nothing. @param {string} text */
function fingerprint(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `${text.length}.${(hash >>> 0).toString(36)}`;
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
