// @ts-check
/** What the agent said and did, as it happens. All of it is the agent's text: shown as text, never as markup. */

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { copyText } from "./copy.js";
import { Icon } from "./icons.js";
import { panelPlace, setPanelPlace } from "./panel_place.js";
import { openTranscript } from "./transcript.js";
import { createFind } from "./transcript_find.js";
import { rowText } from "./transcript_rows.js";
import { FindBox, markFound } from "./view_transcript_find.js";
import { estimateOf, Row } from "./view_transcript_row.js";
import { RunSums } from "./view_transcript_sums.js";
import { createWindow } from "./window.js";
import { OUTCOME_WORDS, PHASE_WORDS } from "./words.js";

/** @import { Run } from "../../src/domain/run.ts" */

/** Room above a row that is jumped to: the bar stands there, in pixels. */
const UNDER_BAR = 110;

/** @param {{ runs: Run[] }} props */
export function Transcript({ runs }) {
  const newest = runs.reduce((max, run) => Math.max(max, run.attempt), 0);
  const chosen = Number(panelPlace.value.run) || newest;
  const run = runs.find((item) => item.attempt === chosen) ?? runs.find((item) => item.attempt === newest);
  if (run === undefined) {
    return html`
      <div class="empty">
        <p class="empty-title">No run yet</p>
        <p>When an agent takes this issue, everything it says and does shows here as it happens.</p>
      </div>
    `;
  }
  return html`<${Log} key=${run.id} run=${run} runs=${runs} newest=${newest} />`;
}

/** @param {{ runs: Run[], run: Run, newest: number }} props */
function RunChoice({ runs, run, newest }) {
  return html`
    <label class="run-choice"><span class="sr">Run</span>
      <span class="select"><select value=${run.attempt} onChange=${(/** @type {Event} */ event) => {
        const attempt = Number((/** @type {HTMLSelectElement} */ (event.currentTarget)).value);
        setPanelPlace({ run: attempt === newest ? "" : String(attempt) });
      }}>
      ${runs.toSorted((a, b) => b.attempt - a.attempt).map((item) =>
        html`<option key=${item.id} value=${item.attempt}>Run ${item.attempt}: ${
          item.outcome === "" ? PHASE_WORDS[item.phase] : OUTCOME_WORDS[item.outcome]
        }</option>`
      )}</select><${Icon} name="chevron" /></span></label>
  `;
}

/** @param {{ run: Run, runs: Run[], newest: number }} props */
function Log({ run, runs, newest }) {
  const live = run.phase !== "finished";
  const log = useMemo(() => openTranscript(run.id, !live), []);
  const view = useMemo(() => createWindow((row) => estimateOf(log.rows.list[row])), []);
  const find = useMemo(() => createFind(log.rows.list, log.rows.news, log.count), []);
  /** Rows that the reader opened or closed. */
  const folds = useMemo(
    () => /** @type {Map<number, import("@preact/signals").Signal<boolean>>} */ (new Map()),
    [],
  );
  /** The hit that is shown, from 0. */
  const at = useSignal(-1);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => () => {
    log.close();
    find.close();
  }, []);
  useLayoutEffect(() => {
    const scroller = list.current?.closest(".panel-body");
    if (list.current === null || !(scroller instanceof HTMLElement)) return;
    return view.attach(list.current, scroller);
  }, []);
  useSignalEffect(() => {
    void log.count.value;
    view.grow(log.rows.list.length);
  });

  /** @param {number} hit */
  function goTo(hit) {
    const hits = find.hits.peek();
    if (hits.length === 0) return;
    at.value = (hit + hits.length) % hits.length;
    view.toRow(hits[at.value], UNDER_BAR);
  }
  const copyAll = () =>
    copyText(log.rows.list.map((row) => `${row.entry.at} ${rowText(row)}`).join("\n\n"), "The transcript is");

  return html`
    <div class="log-bar">
      <div class="log-line">
        ${runs.length > 1 && html`<${RunChoice} runs=${runs} run=${run} newest=${newest} />`}
        <${RunSums} run=${run} runs=${runs} log=${log} />
        <span class="grow"></span>
        <button type="button" class="icon-button" aria-label="Copy the transcript" title="Copy the transcript"
          onClick=${copyAll}><${Icon} name="copy" /></button>
        <button type="button" class="icon-button" aria-label="To the start" title="To the start" onClick=${view
          .toStart}><span class="upward"><${Icon} name="chevron" /></span></button>
        <button type="button" class="icon-button" aria-label="To the end" title="To the end, and follow it"
          onClick=${view.toEnd}><${Icon} name="chevron" /></button>
      </div>
      <${FindBox} find=${find} at=${at} goTo=${goTo} />
    </div>
    <div class="log" role="log" aria-live="off" aria-label="Transcript" ref=${list}>
      <${Rows} log=${log} view=${view} folds=${folds} find=${find} at=${at} live=${live} />
      ${log.problem.value !== "" && html`
        <p class="entry-error" role="alert">${log.problem}
          <button type="button" class="button" onClick=${log.reload}>Try again</button></p>
      `}
      ${log.loading.value && html`<p class="muted log-end" role="status">Loading…</p>`}
      ${!log.loading.value && log.count.value === 0 && log.problem.value === "" &&
        html`<p class="muted log-end">${
          live ? "The agent has not said anything yet." : "This run wrote nothing."
        }</p>`}
      ${live &&
        html`<p class="live-line log-end"><span class="pulse" aria-hidden="true"></span>${
          PHASE_WORDS[run.phase]
        }</p>`}
    </div>
    <${Newest} view=${view} log=${log} />
  `;
}

/**
 * @param {{ log: import("./transcript.js").TranscriptLog, view: import("./window.js").Window, live: boolean,
 *   folds: Map<number, import("@preact/signals").Signal<boolean>>, find: import("./transcript_find.js").Find,
 *   at: import("@preact/signals").Signal<number> }} props
 */
function Rows({ log, view, folds, find, at, live }) {
  void log.count.value; // rows in sight may have got their results
  const { first, last, above, below } = view.range.value;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const words = find.words.value;
  const current = find.hits.value[at.value] ?? -1;
  useLayoutEffect(() => {
    view.drawn();
    markFound(box.current, words);
  });
  // The room of the other rows is an attribute and not a style: the page's policy has no exceptions.
  return html`
    <div ref=${box}>
      <svg class="log-room" width="1" height=${above} aria-hidden="true"></svg>
      ${log.rows.list.slice(first, last).map((row) =>
        html`
          <${Row} key=${row.index} row=${row} folds=${folds} watch=${view.watch} live=${live}
            current=${row.index === current} searched=${words.trim() !== ""} />
        `
      )}
      <svg class="log-room" width="1" height=${below} aria-hidden="true"></svg>
    </div>
  `;
}

/** @param {{ view: import("./window.js").Window, log: import("./transcript.js").TranscriptLog }} props */
function Newest({ view, log }) {
  const more = useComputed(() => {
    void log.count.value;
    return view.following.value ? 0 : log.rows.list.length - view.seen.value;
  });
  if (more.value === 0) return null;
  return html`
    <div
      class="log-newest"><button type="button" class="button primary" onClick=${view
        .toEnd}><${Icon} name="chevron" />${more.value.toLocaleString()} new</button></div>
  `;
}
