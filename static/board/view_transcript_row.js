// @ts-check
/** One row of a transcript. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { copyText } from "./copy.js";
import { Icon } from "./icons.js";
import { Markdown } from "./markdown.js";
import { editsOf, lineOf } from "./tool_input.js";
import { rowText } from "./transcript_rows.js";
import { ToolBody } from "./view_tool.js";
import { cost, duration, fullTime, tokens } from "./words.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Row as RowData } from "./transcript_rows.js" */

/** Longer texts are shown as they are: laying them out would take longer than reading them helps, in characters. */
const MAX_MARKDOWN = 12_000;
/** Edits up to so many lines show unasked. */
const SHORT_EDIT = 24;

/** About how high a row is that was never drawn, in pixels. @param {RowData | undefined} row */
export function estimateOf(row) {
  if (row === undefined) return 0;
  const { entry } = row;
  if (entry.type === "todo") return 60 + 24 * entry.items.length;
  if (entry.type !== "text") return 40;
  return 30 + 20 * Math.min(40, Math.ceil(entry.text.length / 80));
}

/**
 * @param {{ row: RowData, folds: Map<number, Signal<boolean>>, watch: (element: HTMLElement) => () => void,
 *   live: boolean, current: boolean, searched: boolean }} props
 */
export function Row({ row, folds, watch, live, current, searched }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => box.current === null ? undefined : watch(box.current), []);
  const { entry } = row;
  const open = foldOf(row, folds);
  // What was looked for is shown; the reader's own folding stays as it is.
  const shown = open.value || (searched && current);
  const pending = live && entry.type === "tool_call" && row.result === null;
  const content = useMemo(() => draw(row, open, shown, live), [row, shown, pending]);
  const nested = "parent" in entry && entry.parent !== undefined;
  return html`
    <div class=${`row r-${entry.type} ${nested ? "nested" : ""} ${current ? "current" : ""}`} ref=${box}
      data-row=${row.index}>
      <div class="row-main">${content}</div>
      <div class="row-side">
        <time class="num" datetime=${entry.at} title=${fullTime(entry.at)}>${CLOCK.format(
          new Date(entry.at),
        )}</time>
        <button type="button" class="icon-button small" aria-label="Copy" title="Copy"
          onClick=${() => copyText(rowText(row), "It is")}><${Icon} name="copy" /></button>
      </div>
    </div>
  `;
}

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** Whether the row is open; short edits are. @param {RowData} row @param {Map<number, Signal<boolean>>} folds */
function foldOf({ index, entry }, folds) {
  let open = folds.get(index);
  if (open === undefined) {
    const edits = entry.type === "tool_call" ? editsOf(entry.tool, entry.input) : null;
    const lines = edits?.reduce((sum, change) => sum + change.length, 0) ?? Infinity;
    folds.set(index, open = signal(lines <= SHORT_EDIT));
  }
  return open;
}

/** @param {RowData} row @param {Signal<boolean>} open @param {boolean} shown @param {boolean} live */
function draw(row, open, shown, live) {
  const { entry, result } = row;
  /** @param {unknown} head @param {() => unknown} body @param {string} [more] */
  const fold = (head, body, more = "") =>
    html`
      <details class=${`log-fold ${more}`} open=${shown} onToggle=${(/** @type {Event} */ event) =>
        open.value = (/** @type {HTMLDetailsElement} */ (event.currentTarget)).open}>
        <summary><${Icon} name="chevron" />${head}</summary>
        ${shown && html`<div class="fold-body">${body()}</div>`}
      </details>
    `;
  switch (entry.type) {
    case "text":
      return html`${
        entry.text.length > MAX_MARKDOWN
          ? html`<div class="prose whole">${entry.text}</div>`
          : html`<${Markdown} text=${entry.text} />`
      }${cut(entry)}`;
    case "thinking":
      return fold(
        html`<span class="fold-word">Thinking</span> <span class="tool-line">${
          entry.text.slice(0, 200)
        }</span>`,
        () => html`<p class="thought">${entry.text}</p>${cut(entry)}`,
      );
    case "tool_call": {
      const state = result === null ? (live ? "running" : "none") : result.ok ? "good" : "bad";
      return fold(
        html`
          <span class=${`tool-state ${state}`}><span class="sr">${STATES[state]}</span></span><b>${entry
            .tool}</b> <span
            class="tool-line">${lineOf(entry.input)}</span>
        `,
        () => html`<${ToolBody} entry=${entry} result=${result} />${cut(entry)}`,
        `tool ${state}`,
      );
    }
    case "tool_result":
      return fold(
        html`
          <span class=${`tool-state ${entry.ok ? "good" : "bad"}`}></span><span class="fold-word">${entry.ok
            ? "Result"
            : "Failed"}</span> <span
            class="tool-line">${entry.text.slice(0, 200)}</span>
        `,
        () => html`<pre class=${entry.ok ? "" : "bad"}>${entry.text}</pre>${cut(entry)}`,
      );
    case "todo":
      return html`<${Todos} items=${entry.items} />`;
    case "system":
      return html`<p class="log-system">${entry.text}</p>`;
    case "error":
      return html`<p class="entry-error"><span class="sr">Error: </span>${entry.text}</p>`;
    case "result":
      return html`
        ${!entry.ok && entry.text !== "" && html`<p class="entry-error">${entry.text}</p>`}
        <p
          class=${`log-result ${entry.ok ? "" : "bad"}`}>${entry.ok
            ? "Ended"
            : "Ended with an error"} · ${duration(
              entry.duration_ms,
            )} · ${entry.turns} turns · ${cost(entry.cost_usd) || "no cost"} · ${tokens(
              entry.input_tokens,
            )} in, ${tokens(entry.output_tokens)} out</p>
      `;
  }
}

const STATES = { running: "Running", none: "No result", good: "Done", bad: "Failed" };

/** @param {{ truncated?: boolean }} entry */
const cut = (entry) =>
  entry.truncated && html`<p class="muted log-cut">It went on; the rest was not kept.</p>`;

/** @param {{ items: readonly { text: string, status: string }[] }} props */
function Todos({ items }) {
  const done = items.filter(({ status }) => status === "completed").length;
  return html`
    <div class="todos">
      <p class="todos-head"><b>To-dos</b> <span class="num">${done} of ${items.length} done</span>
        <progress max=${items.length || 1} value=${done} aria-label="To-dos done"></progress></p>
      <ul aria-label="To-do list">${items.map((item, i) =>
        html`<li key=${i} class=${`todo-${
          item.status === "completed" ? "done" : item.status === "in_progress" ? "now" : "open"
        }`}>${item.text} <span class="sr">(${item.status})</span></li>`
      )}</ul>
    </div>
  `;
}
