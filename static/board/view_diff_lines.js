// @ts-check
/** The lines of a hunk. Every line's number is a button that opens the box for a comment. */

import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { markPart } from "./diff_colors.js";
import { changedParts, pairLines } from "./diff_parse.js";
import { placeOf } from "./review.js";
import { NoteBox } from "./view_review.js";

/** @import { Piece } from "./diff_colors.js" */
/** @import { Hunk as HunkData, Line } from "./diff_parse.js" */
/** @typedef {Map<Line, Piece[]>} Colors */

/** Where a comment on the line stands. @param {Line} line */
export function keyOf(line) {
  const { side, number } = placeOf(line);
  return `${side}:${number}`;
}

/** @typedef {{ hunk: HunkData, index: number, colors: Colors | undefined, split: boolean, places: string, issue_id: string }} HunkProps */

/**
 * @param {HunkProps} props `places`: pairs of line and note, "new:12 id new:13 id"
 */
export function Hunk(props) {
  const { hunk, colors, split, places } = props;
  // The same rows are not compared again when only another hunk of the file changed.
  return useMemo(() => drawHunk(props), [hunk, colors, split, places]);
}

/** @param {HunkProps} props */
function drawHunk({ hunk, index, colors, split, places, issue_id }) {
  const parts = changedParts(hunk.lines);
  const words = places.split(" ");
  /** @type {Map<string, string>} */
  const notes = new Map();
  for (let i = 0; i + 1 < words.length; i += 2) notes.set(words[i], words[i + 1]);
  const numbers = new Map(hunk.lines.map((line, i) => [line, i]));
  const width = split ? 4 : 3;

  /** @param {Line} line */
  const note = (line) => {
    const id = notes.get(keyOf(line));
    return id !== undefined && html`
      <tr class="note-row" key=${id}>
        <td colspan=${width}>
          <${NoteBox} issue_id=${issue_id} id=${id} />
        </td>
      </tr>
    `;
  };
  /** @param {Line} line @param {number} number */
  const button = (line, number) =>
    html`<button type="button" data-line=${`${index}.${numbers.get(line)}`} tabindex=${
      index === 0 && numbers.get(line) === 0 ? 0 : -1
    } aria-label=${`Comment on ${KINDS[line.kind]}line ${number}`}>${number}</button>`;
  /** @param {Line} line */
  const code = (line) =>
    html`<td class=${`code ${line.kind}`}>${draw(line, colors, parts)}${
      line.no_end &&
      html`<span class="no-end" title="No line end at the end of the file"> ⊘<span class="sr">no line end
      at the end of the file</span></span>`
    }</td>`;

  return html`
    <tbody>
      ${!hunk.continued && (hunk.title !== "" || index > 0) && html`
        <tr class="hunk">
          <td colspan=${width}><span class="hunk-title">${hunk.title || " "}</span></td>
        </tr>
      `}
      ${split
        ? pairLines(hunk.lines).map(({ left, right }, i) =>
          html`
            <tr key=${i}>
              ${left === null
                ? html`
                  <td class="none"></td>
                  <td class="none"></td>
                `
                : html`<td class=${`n ${left.kind}`}>${
                  left.kind === "same" ? html`<span>${left.old}</span>` : button(left, left.old)
                }</td>${code(left)}`}
              ${right === null
                ? html`
                  <td class="none"></td>
                  <td class="none"></td>
                `
                : html`<td class=${`n ${right.kind}`}>${button(right, right.new)}</td>${code(right)}`}
            </tr>
            ${left !== null && left !== right && note(left)}
            ${right !== null && note(right)}
          `
        )
        : hunk.lines.map((line, i) =>
          html`
            <tr key=${i}>
              <td class=${`n ${line.kind}`}>${line.kind === "del"
                ? button(line, line.old)
                : line.kind === "same"
                ? html`<span>${line.old}</span>`
                : ""}</td>
              <td class=${`n ${line.kind}`}>${line.kind === "del" ? "" : button(line, line.new)}</td>
              ${code(line)}
            </tr>
            ${note(line)}
          `
        )}
    </tbody>
  `;
}

const KINDS = { same: "", add: "added ", del: "removed " };

/** @param {Line} line @param {Colors | undefined} colors @param {Map<Line, [number, number]>} parts */
function draw(line, colors, parts) {
  const pieces = colors?.get(line);
  const part = parts.get(line);
  if (pieces === undefined && part === undefined) return line.text;
  const all = pieces ?? [{ text: line.text, kind: "" }];
  const cut = part === undefined ? all.map((piece) => ({ ...piece, marked: false })) : markPart(all, part);
  return cut.map(({ text, kind, marked }) =>
    kind === "" && !marked ? text : html`<span class=${`${kind}${marked ? " marked" : ""}`}>${text}</span>`
  );
}
