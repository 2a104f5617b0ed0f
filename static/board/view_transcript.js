// @ts-check
/** What the agent said and did, as it happens. All of it is the agent's text: shown as text, never as markup. */

import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useFollowEnd } from "./follow.js";
import { Markdown } from "./markdown.js";
import { openTranscript } from "./transcript.js";
import { cost, duration, fullTime, OUTCOME_WORDS, PHASE_WORDS, tokens } from "./words.js";

/** @import { LogEntry } from "../../src/domain/log_entry.ts" */
/** @import { Run } from "../../src/domain/run.ts" */

/** Entries that are drawn; older ones on demand. */
const WINDOW = 300;

/** @param {{ runs: Run[] }} props */
export function Transcript({ runs }) {
  const newest = runs.reduce((max, run) => Math.max(max, run.attempt), 0);
  const chosen = useSignal(0);
  const run = runs.find((item) => item.attempt === (chosen.value || newest));
  if (run === undefined) {
    return html`
      <div class="empty">
        <p class="empty-title">No run yet</p>
        <p>When an agent takes this issue, everything it says and does shows here as it happens.</p>
      </div>
    `;
  }
  return html`
    ${runs.length > 1 && html`
      <label class="run-choice">Run <span class="select"><select value=${run.attempt} onChange=${(
        /** @type {Event} */ event,
      ) => chosen.value = Number((/** @type {HTMLSelectElement} */ (event.currentTarget)).value)}>
        ${runs.toSorted((a, b) => b.attempt - a.attempt).map((item) =>
          html`<option key=${item.id} value=${item.attempt}>${item.attempt}: ${
            item.outcome === "" ? PHASE_WORDS[item.phase] : OUTCOME_WORDS[item.outcome]
          }</option>`
        )}</select></span></label>
    `}
    <${Log} key=${run.id} run=${run} />
  `;
}

/** @param {{ run: Run }} props */
function Log({ run }) {
  const log = useMemo(() => openTranscript(run.id, run.phase === "finished"), []);
  useEffect(() => log.close, []);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const shown = useSignal(WINDOW);
  const visible = useComputed(() => log.entries.value.slice(-shown.value));
  useFollowEnd(box, true);

  const hidden = log.entries.value.length - visible.value.length;
  const results = useMemo(() => new Map(), []);
  for (const entry of visible.value) if (entry.type === "tool_result") results.set(entry.call_id, entry);
  return html`
    <div class="log" ref=${box} role="log" aria-live="off" aria-label="Transcript">
      ${hidden > 0 &&
        html`<button type="button" class="button quiet wide" onClick=${() => shown.value += WINDOW}>Show ${
          Math.min(hidden, WINDOW)
        } earlier entries</button>`}
      ${visible.value.map((entry) =>
        html`<${Entry} key=${entry.seq} entry=${entry} result=${
          entry.type === "tool_call" ? results.get(entry.call_id) : undefined
        } />`
      )}
      ${log.problem.value !== "" && html`<p class="entry-error" role="alert">${log.problem}</p>`}
      ${!log.loading.value && log.entries.value.length === 0 &&
        html`<p class="muted">${
          run.phase === "finished" ? "This run wrote nothing." : "The agent has not said anything yet."
        }</p>`}
      ${run.phase !== "finished" &&
        html`<p class="live-line"><span class="pulse" aria-hidden="true"></span>${
          PHASE_WORDS[run.phase]
        }</p>`}
    </div>
  `;
}

/** @param {{ entry: LogEntry, result: Extract<LogEntry, { type: "tool_result" }> | undefined }} props */
function Entry({ entry, result }) {
  switch (entry.type) {
    case "text":
      return html`
        <div class="log-text">
          <${Markdown} text=${entry.text} />
        </div>
      `;
    case "thinking":
      return html`
        <details class="log-fold">
          <summary>Thinking</summary>
          <pre>${entry.text}</pre>
        </details>
      `;
    case "tool_call":
      return html`
        <details class="log-fold tool">
          <summary><span class=${`tool-state ${
            result === undefined ? "running" : result.ok ? "good" : "bad"
          }`}><span class="sr">${result === undefined
            ? "Running"
            : result.ok
            ? "Done"
            : "Failed"}</span></span><b>${entry.tool}</b> <span class="tool-line">${firstLine(
              entry.input,
            )}</span></summary>
          <pre>${entry.input}</pre>
          ${result !== undefined && html`<pre class=${result.ok ? "" : "bad"}>${result.text}</pre>`}
        </details>
      `;
    case "tool_result":
      return null; // shown with its call
    case "todo":
      return html`<ul class="todos" aria-label="To-do list">${
        entry.items.map((item, i) =>
          html`<li key=${i} class=${`todo-${
            item.status === "completed" ? "done" : item.status === "in_progress" ? "now" : "open"
          }`}>${item.text}
            <span class="sr">(${item.status})</span></li>`
        )
      }</ul>`;
    case "system":
      return html`<p class="log-system">${entry.text}</p>`;
    case "error":
      return html`<p class="entry-error">${entry.text}</p>`;
    case "result":
      return html`
        <p class=${`log-result ${entry.ok ? "" : "bad"}`}
          title=${fullTime(entry.at)}>${entry.ok ? "Ended" : "Ended with an error"} · ${duration(
            entry.duration_ms,
          )} · ${entry.turns} turns · ${cost(entry.cost_usd) || "no cost"} · ${tokens(
            entry.input_tokens,
          )} in, ${tokens(entry.output_tokens)} out</p>
      `;
  }
}

/** The telling part of a tool's input, which is JSON as a rule. @param {string} input */
function firstLine(input) {
  const value = /"(?:file_path|path|command|pattern|url|query|description|prompt)"\s*:\s*"((?:[^"\\]|\\.)*)"/
    .exec(input)?.[1];
  return (value ?? input).replaceAll("\\n", " ").slice(0, 160);
}
