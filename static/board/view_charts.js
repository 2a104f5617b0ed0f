// @ts-check
/** What the project achieved per day, in charts. */

import { html } from "htm/preact";
import { useEffect, useMemo } from "preact/hooks";
import { dayName } from "./chart.js";
import { days, followStats, loadStats, RANGES, showDays, stats } from "./stats.js";
import { Chart } from "./view_chart.js";
import { duration, tokens } from "./words.js";

/** @import { PeriodStats, Stats } from "../../src/domain/stats.ts" */
/** @import { Outcome } from "../../src/domain/run.ts" */
/** @import { ChartProps } from "./view_chart.js" */

const HOUR_MS = 3_600_000;
/** Marks of an axis of time: from a minute to some months. */
const TIME_STEPS = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 7200, 14_400, 43_200, 144_000].map((m) =>
  m * 60_000
);

/** Outcomes that mean much the same to who looks at a month. @type {readonly [label: string, color: string, outcomes: readonly Outcome[]][]} */
const ENDS = [
  ["Implemented", "--s-in_review", ["implemented"]],
  ["Checks failed", "--s-in_progress", ["checks_failed"]],
  ["Asked, or changed nothing", "--s-ready", ["needs_input", "no_change"]],
  ["Failed", "--s-blocked", ["failed", "timed_out", "stalled", "over_budget", "lost"]],
  ["Stopped, or usage limit", "--s-backlog", ["stopped", "usage_limited"]],
];

export function Charts() {
  useEffect(followStats, []);
  const loaded = stats.value;
  return html`
    <section class="charts" aria-labelledby="charts-title">
      <header class="charts-head">
        <h2 id="charts-title">Over time</h2>
        <div class="ranges" role="group" aria-label="Days shown">
          ${RANGES.map((range) =>
            html`
              <button type="button" key=${range} class="button" aria-pressed=${days.value === range}
                onClick=${() => showDays(range)}>${range} days</button>
            `
          )}
        </div>
        <p class="muted">${zoneWords()}</p>
      </header>
      ${loaded.state === "loading" && html`<p class="muted" role="status">Adding up…</p>`}
      ${loaded.state === "failed" && html`
        <div role="alert">
          <p>The numbers could not be loaded: ${loaded.reason}</p>
          <button type="button" class="button" onClick=${loadStats}>Try again</button>
        </div>
      `}
      ${loaded.state === "ready" && html`<${All} stats=${loaded.value} />`}
    </section>
  `;
}

/** When the days of the charts begin. */
function zoneWords() {
  const local = new Date(Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS)
    .toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const same = new Date().getTimezoneOffset() === 0;
  return same ? "Days are UTC days." : `Days are UTC days: they begin at ${local} where you are.`;
}

/** @param {{ stats: Stats }} props */
function All({ stats: value }) {
  const charts = useMemo(() => chartsOf(value), [value]);
  const nothing = value.total.runs === 0 && value.total.done === 0 &&
    value.queue.every(({ ready, in_progress, waiting }) => ready + in_progress + waiting === 0);
  if (nothing) {
    return html`
      <div class="empty">
        <p class="empty-title">Nothing to draw yet</p>
        <p>When agents finish their first runs, what they achieved and what it cost shows here day by day.</p>
      </div>
    `;
  }
  return html`
    <div class="chart-grid">${charts.map((chart) => html`<${Chart} key=${chart.title} ...${chart} />`)}</div>
  `;
}

/** @param {Stats} value @returns {readonly ChartProps[]} */
function chartsOf({ per_day, total, queue }) {
  const at = per_day.map(({ date }) => Date.parse(date) / 1000);
  const moments = at.map((seconds) => dayName(seconds * 1000));
  /** @param {string} label @param {string} color @param {(day: PeriodStats) => number | null} pick @param {string} [all] */
  const line = (label, color, pick, all = "") => ({ label, color, all, values: per_day.map(pick) });
  const counts = { at, moments, whole: true, tick: String, words: countWords };
  const times = {
    at,
    moments,
    kind: /** @type {const} */ ("line"),
    steps: TIME_STEPS,
    tick: shortTime,
    words: timeWords,
  };
  const now = queue[queue.length - 1];
  return [
    {
      ...counts,
      kind: "bars",
      title: "Issues done",
      sum: String(total.done),
      note: "Accepted, and still accepted at the day's end.",
      lines: [line("Done", "--s-done", (day) => day.done)],
    },
    {
      ...times,
      title: "Cycle time",
      sum: timeWords(total.cycle.median_ms),
      note: "Of the issues done: from the first time in Ready to Done.",
      lines: [
        line("Median", "--s-done", (day) => day.cycle.median_ms, timeWords(total.cycle.median_ms)),
        line("9 of 10 within", "--s-ready", (day) => day.cycle.p90_ms, timeWords(total.cycle.p90_ms)),
      ],
    },
    {
      ...times,
      title: "Waiting for a human",
      sum: timeWords(total.wait.median_ms),
      note: "Each stay in Blocked or In review, on the day it ended.",
      lines: [
        line("Median", "--s-blocked", (day) => day.wait.median_ms, timeWords(total.wait.median_ms)),
        line("9 of 10 within", "--s-in_progress", (day) => day.wait.p90_ms, timeWords(total.wait.p90_ms)),
      ],
    },
    {
      at: queue.map((point) => Date.parse(point.at) / 1000),
      moments: queue.map((point) => momentName(point.at)),
      kind: "steps",
      whole: true,
      tick: String,
      words: countWords,
      title: "Queue",
      sum: `${now.ready} ready now`,
      note: "How many issues stood where.",
      lines: [
        { label: "Ready", color: "--s-ready", values: queue.map((point) => point.ready) },
        { label: "In progress", color: "--s-in_progress", values: queue.map((point) => point.in_progress) },
        { label: "Waiting for a human", color: "--s-blocked", values: queue.map((point) => point.waiting) },
      ],
    },
    {
      ...counts,
      kind: "stack",
      title: "How runs ended",
      sum: `${total.runs} ${total.runs === 1 ? "run" : "runs"}`,
      note: "By the day on which they ended.",
      lines: ENDS.map(([label, color, outcomes]) =>
        line(label, color, (day) => outcomes.reduce((sum, outcome) => sum + (day.outcomes[outcome] ?? 0), 0))
      ),
    },
    {
      at,
      moments,
      kind: "bars",
      tick: (usd) => `$${usd < 10 && usd % 1 !== 0 ? usd.toFixed(2) : Math.round(usd)}`,
      words: (usd) => `$${(usd ?? 0).toFixed(2)}`,
      title: "Cost",
      sum: `$${total.cost_usd.toFixed(2)}`,
      note: "As Claude Code reports it, in US dollars, when a run ends.",
      lines: [line("Cost", "--s-in_review", (day) => day.cost_usd)],
    },
    {
      at,
      moments,
      kind: "stack",
      tick: (count) => tokens(count).replace(".0", ""),
      words: (count) => tokens(count ?? 0),
      title: "Tokens",
      sum: tokens(total.input_tokens + total.output_tokens),
      note: "Of the runs that ended on the day.",
      lines: [
        line("Output", "--s-done", (day) => day.output_tokens),
        line("Input", "--s-ready", (day) => day.input_tokens),
      ],
    },
  ];
}

/** @param {number | null} count */
const countWords = (count) => String(count ?? 0);
/** @param {number | null} ms */
const timeWords = (ms) => ms === null ? "–" : duration(ms);
/** @param {number} ms */
const shortTime = (ms) =>
  ms === 0
    ? "0"
    : ms < HOUR_MS
    ? `${Math.round(ms / 60_000)}m`
    : ms < 48 * HOUR_MS
    ? `${+(ms / HOUR_MS).toFixed(1)}h`
    : `${+(ms / HOUR_MS / 24).toFixed(1)}d`;

const MOMENT_FORMAT = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});
/** @param {string} at */
const momentName = (at) => MOMENT_FORMAT.format(Date.parse(at));
