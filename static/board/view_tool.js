// @ts-check
/** What a tool was asked for and what it answered. */

import { html } from "htm/preact";
import { changedParts } from "./diff_parse.js";
import { markPart } from "./diff_colors.js";
import { editsOf, partsOf } from "./tool_input.js";

/** @import { Line } from "./diff_parse.js" */
/** @import { ToolCall, ToolResult } from "./transcript_rows.js" */

/** Lines of an edit that are drawn. */
const MAX_LINES = 400;
/** In an edit they are the change itself. */
const CHANGES = /^(old_string|new_string|new_source|content|edits)$/;

/** @param {{ entry: ToolCall, result: ToolResult | null }} props */
export function ToolBody({ entry, result }) {
  const edits = editsOf(entry.tool, entry.input);
  // Of an edit the head says which file.
  const parts = partsOf(entry.input).filter(([name]) =>
    edits === null || !(CHANGES.test(name) || name === "file_path")
  );
  return html`
    ${parts.map(([name, text]) =>
      html`<div class="tool-part" key=${name}>${name !== "" && html`<span class="part-name">${name}</span>`}${
        text.includes("\n") || text.length > 60 ? html`<pre>${text}</pre>` : html`<code>${text}</code>`
      }</div>`
    )}
    ${edits?.map((lines, i) => html`<${EditLines} key=${i} lines=${lines} />`)}
    ${result !== null && result.text !== "" && (edits === null || !result.ok) && html`
      <div class="tool-part"><span class="part-name">${result.ok ? "Result" : "Failed"}</span><pre
        class=${result.ok ? "" : "bad"}>${result.text}</pre></div>
    `}
    ${result?.truncated && html`<p class="muted log-cut">It went on; the rest was not kept.</p>`}
  `;
}

/** @param {{ lines: readonly Line[] }} props */
function EditLines({ lines }) {
  const drawn = lines.slice(0, MAX_LINES);
  const parts = changedParts(drawn);
  return html`
    <table class="diff edit" aria-label="Edit">
      <tbody>${drawn.map((line, i) => {
        const part = parts.get(line);
        return html`
          <tr key=${i}>
            <td class=${`code ${line.kind}`}>${line.kind !== "same" &&
              html`<span class="sr">${
                line.kind === "add" ? "added: " : "removed: "
              }</span>`}${part === undefined
              ? line.text
              : markPart([{ text: line.text, kind: "" }], part).map(({ text, marked }) =>
                marked ? html`<span class="marked">${text}</span>` : text
              )}</td>
          </tr>
        `;
      })}</tbody>
    </table>
    ${lines.length > drawn.length &&
      html`<p class="muted log-cut">${lines.length - drawn.length} more lines.</p>`}
  `;
}
