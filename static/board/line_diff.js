// @ts-check
/** What an edit changes, line by line. */

/** @import { Line } from "./diff_parse.js" */

/** Beyond so many pairs of lines a block counts as replaced as a whole: comparing would take longer than it helps. */
const MAX_PAIRS = 160_000;

/**
 * The lines of two texts as one change. Numbers count from 1 within the texts.
 *
 * @param {string} before empty: everything is new
 * @param {string} after
 * @returns {Line[]}
 */
export function diffLines(before, after) {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) tail++;
  /** @type {Line[]} */
  const lines = [];
  /** @param {number} i @param {number} j */
  const same = (i, j) => lines.push({ kind: "same", old: i + 1, new: j + 1, text: a[i], no_end: false });
  /** @param {number} i */
  const del = (i) => lines.push({ kind: "del", old: i + 1, new: 0, text: a[i], no_end: false });
  /** @param {number} j */
  const add = (j) => lines.push({ kind: "add", old: 0, new: j + 1, text: b[j], no_end: false });

  for (let i = 0; i < head; i++) same(i, i);
  const [rows, columns] = [a.length - head - tail, b.length - head - tail];
  if (rows * columns > MAX_PAIRS) {
    for (let i = 0; i < rows; i++) del(head + i);
    for (let j = 0; j < columns; j++) add(head + j);
  } else {
    const common = commonLengths(a, b, head, rows, columns);
    for (let i = 0, j = 0; i < rows || j < columns;) {
      if (i < rows && j < columns && a[head + i] === b[head + j]) same(head + i++, head + j++);
      // What goes stands before what comes in its place.
      else if (i < rows && (j === columns || common(i + 1, j) >= common(i, j + 1))) del(head + i++);
      else add(head + j++);
    }
  }
  for (let i = tail; i > 0; i--) same(a.length - i, b.length - i);
  return lines;
}

/** @param {string} text */
function linesOf(text) {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}

/**
 * How many lines the rests of both have in common, in order.
 *
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 * @param {number} from
 * @param {number} rows
 * @param {number} columns
 */
function commonLengths(a, b, from, rows, columns) {
  const width = columns + 1;
  const table = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      table[i * width + j] = a[from + i] === b[from + j]
        ? table[(i + 1) * width + j + 1] + 1
        : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  return (/** @type {number} */ i, /** @type {number} */ j) => table[i * width + j];
}
