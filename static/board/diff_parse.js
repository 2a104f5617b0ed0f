// @ts-check
/** Takes a patch apart into what is drawn. */

/**
 * One line of a patch. `old` and `new` are its numbers in the two files, 0 where it has none.
 *
 * @typedef {{ kind: "same" | "add" | "del", old: number, new: number, text: string, no_end: boolean }} Line
 */
/** `continued`: the lines go on from the hunk before. @typedef {{ title: string, lines: Line[], continued?: boolean }} Hunk */
/** @typedef {{ left: Line | null, right: Line | null }} Row */

const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/s;

/**
 * @param {string} patch as `git diff` writes it
 * @returns {{ hunks: Hunk[], facts: string[] }} `facts`: what changed beside lines, in words
 */
export function parsePatch(patch) {
  /** @type {Hunk[]} */
  const hunks = [];
  /** @type {string[]} */
  const facts = [];
  let old_left = 0;
  let new_left = 0;
  let old_at = 0;
  let new_at = 0;
  for (const text of patch.split("\n")) {
    const lines = hunks.at(-1)?.lines;
    const last = lines?.at(-1);
    if (text[0] === "\\" && last !== undefined) {
      last.no_end = true;
      continue;
    }
    // How many lines a hunk has is in its header: what stands in them can't be mistaken for something else.
    if (lines !== undefined && (old_left > 0 || new_left > 0)) {
      const sign = text[0];
      const kind = sign === "+" ? "add" : sign === "-" ? "del" : "same";
      const line = { kind, old: 0, new: 0, text: text.slice(1), no_end: false };
      if (kind !== "add") line.old = old_at++, old_left--;
      if (kind !== "del") line.new = new_at++, new_left--;
      lines.push(/** @type {Line} */ (line));
      continue;
    }
    const header = HEADER.exec(text);
    if (header !== null) {
      old_at = Number(header[1]);
      old_left = Number(header[2] ?? 1);
      new_at = Number(header[3]);
      new_left = Number(header[4] ?? 1);
      hunks.push({ title: header[5], lines: [] });
    } else {
      const fact = factIn(text);
      if (fact !== "") facts.push(fact);
    }
  }
  return { hunks, facts };
}

/** @type {Readonly<Record<string, string>>} */
const MODES = {
  "100644": "a file",
  "100755": "executable",
  "120000": "a symbolic link",
  "160000": "a submodule",
};

/** What a line of the head says, in words; empty when it says nothing to people. @param {string} text */
function factIn(text) {
  const [, what, mode] = /^(old mode|new mode|new file mode) (\d{6})$/.exec(text) ?? [];
  if (what === "old mode") return `Was ${MODES[mode] ?? mode}`;
  if (what === "new mode") return `now ${MODES[mode] ?? mode}`;
  return what !== undefined && mode !== "100644" ? `Is ${MODES[mode] ?? mode}` : "";
}

/**
 * Cuts long hunks into pieces that can be drawn one after another; only the first of a hunk has its title.
 *
 * @param {readonly Hunk[]} hunks
 * @param {number} size lines of a piece, about
 * @returns {Hunk[]}
 */
export function cutHunks(hunks, size) {
  return hunks.flatMap(({ title, lines }) => {
    /** @type {Hunk[]} */
    const pieces = [];
    let from = 0;
    for (let at = size; at < lines.length; at++) {
      // What was taken out stays with what came in its place, unless there is very much of it.
      if (at - from < (lines[at].kind === "same" ? size : 2 * size)) continue;
      pieces.push({ title, lines: lines.slice(from, at) });
      title = "";
      from = at;
    }
    pieces.push({ title, lines: lines.slice(from) });
    return pieces.map((piece, i) => ({ ...piece, continued: i > 0 }));
  });
}

/**
 * The lines in two columns: what was taken out stands beside what came in its place.
 *
 * @param {readonly Line[]} lines
 * @returns {Row[]}
 */
export function pairLines(lines) {
  /** @type {Row[]} */
  const rows = [];
  for (let at = 0; at < lines.length;) {
    if (lines[at].kind === "same") {
      rows.push({ left: lines[at], right: lines[at] });
      at++;
      continue;
    }
    const block = blockAt(lines, at);
    for (let i = 0; i < Math.max(block.out.length, block.in.length); i++) {
      rows.push({ left: block.out[i] ?? null, right: block.in[i] ?? null });
    }
    at = block.end;
  }
  return rows;
}

/** The run of removed lines, and the added ones right behind it. @param {readonly Line[]} lines @param {number} at */
function blockAt(lines, at) {
  let middle = at;
  while (lines[middle]?.kind === "del") middle++;
  let end = middle;
  while (lines[end]?.kind === "add") end++;
  return { out: lines.slice(at, middle), in: lines.slice(middle, end), end };
}

/**
 * Which part of a changed line is new: for lines that stand for each other, what is between their common beginning and
 * end. Lines that share little have no such part.
 *
 * @param {readonly Line[]} lines
 * @returns {Map<Line, [from: number, to: number]>}
 */
export function changedParts(lines) {
  /** @type {Map<Line, [number, number]>} */
  const parts = new Map();
  for (let at = 0; at < lines.length;) {
    if (lines[at].kind === "same") {
      at++;
      continue;
    }
    const block = blockAt(lines, at);
    at = block.end;
    block.out.slice(0, block.in.length).forEach((line, i) => {
      const [a, b] = [line.text, block.in[i].text];
      const shortest = Math.min(a.length, b.length);
      let head = 0;
      while (head < shortest && a[head] === b[head]) head++;
      let tail = 0;
      while (tail < shortest - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
      if ((head + tail) * 2 < shortest || head + tail === 0) return;
      parts.set(line, [head, a.length - tail]);
      parts.set(block.in[i], [head, b.length - tail]);
    });
  }
  return parts;
}
