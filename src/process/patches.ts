/** Takes what `git diff-tree` writes apart: the list of files, and the stream of patches. */

import type { FileDiff, FileStatus } from "../domain/diff.ts";

/** A changed file with how many sections the stream of patches has for it. */
export interface ListedFile extends FileDiff {
  sections: number;
}

/**
 * Reads the output of `--raw --numstat -z`: first a record per file with its status, then one with its counts.
 *
 * @throws TypeError when the two parts don't tell of the same files
 */
export function parseFileList(output: string): ListedFile[] {
  const fields = output.split("\0");
  const files: ListedFile[] = [];
  let at = 0;
  for (; fields[at]?.startsWith(":"); at++) {
    const letter = fields[at].split(" ")[4]?.[0] ?? "";
    const renamed = letter === "R" || letter === "C";
    const old_path = fields[++at];
    const path = renamed ? fields[++at] : old_path;
    files.push({
      path,
      old_path,
      status: STATUS_OF[letter] ?? "modified",
      additions: 0,
      deletions: 0,
      binary: false,
      patch: "",
      // A file that becomes a link, or the other way round, is told as a deletion and an addition.
      sections: letter === "T" ? 2 : 1,
    });
  }
  const by_path = new Map(files.map((file) => [file.path, file]));
  for (; at < fields.length && fields[at] !== ""; at++) {
    const [additions, deletions, name] = splitCounts(fields[at]);
    if (name === "") at += 2;
    const file = by_path.get(name === "" ? fields[at] : name);
    if (file === undefined) {
      throw new TypeError(`git counted the lines of ${fields[at]}, but did not list it`);
    }
    file.binary = additions === "-";
    file.additions = file.binary ? 0 : Number(additions);
    file.deletions = file.binary ? 0 : Number(deletions);
  }
  return files;
}

const STATUS_OF: Record<string, FileStatus> = {
  A: "added",
  C: "added",
  D: "deleted",
  M: "modified",
  R: "renamed",
  T: "modified",
};

/** `12<tab>3<tab>name`; the name may hold tabs, and is empty before a rename's two names. */
function splitCounts(record: string): [additions: string, deletions: string, name: string] {
  const first = record.indexOf("\t");
  const second = record.indexOf("\t", first + 1);
  return [record.slice(0, first), record.slice(first + 1, second), record.slice(second + 1)];
}

/** One section of the stream; `null` when it was longer than allowed. */
export type Section = string | null;

const NEWLINE = 10;
const MARK = new TextEncoder().encode("diff --git ");

/**
 * Cuts the stream of `-p` into its sections. A line of a patch begins with a sign, and names are quoted by git when
 * they hold a line end, so `diff --git` at the beginning of a line is always a new section. Never holds more
 * than `max_bytes`.
 */
export async function* sectionsOf(
  stream: AsyncIterable<Uint8Array>,
  max_bytes: number,
): AsyncGenerator<Section, void, void> {
  const decoder = new TextDecoder();
  let kept: Uint8Array[] = [];
  let size = 0;
  let begun = false;
  /** How much of the mark the present line began with; -1: something else. */
  let matched = 0;
  const keep = (part: Uint8Array) => {
    size += part.byteLength;
    // The mark of the next section may stand behind what counts.
    if (size <= max_bytes + MARK.length) kept.push(part);
    else kept = [];
  };
  const take = (drop: number): Section => {
    const whole = size - drop;
    const section = whole > max_bytes ? null : decoder.decode(concat(kept).subarray(0, whole));
    kept = [];
    size = 0;
    return section;
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (matched === -1) {
        const end = chunk.indexOf(NEWLINE, i);
        if (end === -1) break;
        i = end;
        matched = 0;
        continue;
      }
      matched = chunk[i] === MARK[matched] ? matched + 1 : chunk[i] === NEWLINE ? 0 : -1;
      if (matched < MARK.length) continue;
      matched = -1;
      keep(chunk.subarray(from, i + 1));
      from = i + 1;
      if (begun) yield take(MARK.length);
      else take(size);
      begun = true;
      keep(MARK);
    }
    keep(chunk.subarray(from));
  }
  if (begun) yield take(0);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
