// @ts-check
/** What an agent's tool call says: its telling line, the edits it makes, the rest of what it was given. */

import { cleanText } from "./clean.js";
import { diffLines } from "./line_diff.js";

/** @import { Line } from "./diff_parse.js" */

/** @typedef {Readonly<Record<string, unknown>>} Fields */

/** Longest telling line in characters. */
const MAX_LINE = 200;
/** The fields that tell most, the most telling first. */
const TELLING = [
  "file_path",
  "notebook_path",
  "command",
  "pattern",
  "path",
  "url",
  "query",
  "question",
  "description",
  "prompt",
];

/**
 * The fields of a call. A long input was cut somewhere in its JSON: what is whole of it is taken, and what was cut
 * as far as it goes. Empty when it is nothing of that kind.
 *
 * @param {string} input
 * @returns {Fields}
 */
export function fieldsOf(input) {
  try {
    const value = JSON.parse(input);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    /** @type {Record<string, string>} */
    const fields = {};
    for (
      const [, name, value] of input.matchAll(/"([a-z_]{1,40})":"((?:[^"\\]|\\.)*)(?:"|\\?$)/gs)
    ) fields[name] ??= unescaped(value);
    return fields;
  }
}

/** A part of a JSON string; its last escape may be cut. @param {string} text */
function unescaped(text) {
  const whole = text.replace(/(?<!\\)((?:\\\\)*)\\u[0-9a-fA-F]{0,3}$/, "$1");
  try {
    return String(JSON.parse(`"${whole}"`));
  } catch {
    return whole; // not written as JSON: shown as it is
  }
}

/** A field as text that is safe to look at: in JSON hidden characters may be escapes. @param {unknown} value */
function textOf(value) {
  if (typeof value === "string") return cleanText(value);
  return value === undefined || value === null ? "" : cleanText(JSON.stringify(value, null, 2));
}

/** The telling part of a call, in one line. @param {string} input */
export function lineOf(input) {
  const fields = fieldsOf(input);
  const name = TELLING.find((name) => typeof fields[name] === "string" && fields[name] !== "");
  const text = name === undefined ? input : textOf(fields[name]);
  const line = text.slice(0, 4 * MAX_LINE).replace(/\s+/g, " ").trim();
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}

/**
 * What the call changes in a file; `null` when it edits none.
 *
 * @param {string} tool
 * @param {string} input
 * @returns {Line[][] | null}
 */
export function editsOf(tool, input) {
  if (!/^(Edit|MultiEdit|Write|NotebookEdit)$/.test(tool)) return null;
  const fields = fieldsOf(input);
  if (tool === "Write") return "content" in fields ? [diffLines("", textOf(fields.content))] : null;
  const edits = Array.isArray(fields.edits) ? fields.edits : [fields];
  const changes = edits.filter((edit) => typeof edit === "object" && edit !== null).map((edit) =>
    diffLines(textOf(edit.old_string), textOf(edit.new_string ?? edit.new_source))
  );
  return changes.some((lines) => lines.length > 0) ? changes : null;
}

/**
 * What the call was given, for reading: name and text of each field.
 *
 * @param {string} input
 * @returns {[name: string, text: string][]}
 */
export function partsOf(input) {
  const parts = Object.entries(fieldsOf(input)).map((
    [name, value],
  ) => /** @type {[string, string]} */ ([cleanText(name), textOf(value)]));
  return parts.length === 0 ? [["", input]] : parts;
}
