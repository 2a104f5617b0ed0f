// @ts-check
/** The attempts at an issue. */

import { html } from "htm/preact";
import { Elapsed } from "./view_time.js";
import { cost, duration, fullTime, OUTCOME_WORDS, PHASE_WORDS, tokens } from "./words.js";

/** @import { Run } from "../../src/domain/run.ts" */

/** @param {{ runs: Run[] }} props */
export function Runs({ runs }) {
  if (runs.length === 0) {
    return html`
      <div class="empty">
        <p class="empty-title">No run yet</p>
        <p>Each attempt of an agent is listed here with its outcome, time and cost.</p>
      </div>
    `;
  }
  return html`<ol class="runs">${
    runs.toSorted((a, b) => b.attempt - a.attempt).map((run) => html`<${Row} key=${run.id} run=${run} />`)
  }</ol>`;
}

/** @param {{ run: Run }} props */
function Row({ run }) {
  const good = run.outcome === "implemented";
  const tone = run.outcome === "" ? "run-live" : good ? "run-good" : "run-other";
  return html`
    <li class=${`run ${tone}`}>
      <div class="run-head">
        <b>Run ${run.attempt}</b>
        <span class=${`badge ${good ? "good" : ""}`}>${run.outcome === ""
          ? PHASE_WORDS[run.phase]
          : OUTCOME_WORDS[run.outcome]}</span>
        <span class="grow"></span>
        <time class="muted num" datetime=${run.started_at}>${fullTime(run.started_at)}</time>
      </div>
      ${run.reason !== "" && html`<p>${run.reason}</p>`}
      ${run.refused_hosts.length > 0 &&
        html`<p class="muted">Not reached, as far as the transcript tells: ${
          run.refused_hosts.join(", ")
        }</p>`}
      <div class="facts">
        <span class="agent">${run.agent_id}</span>
        ${run.finished_at === ""
          ? html`<${Elapsed} since=${run.started_at} />`
          : html`<span class="num">${
            duration(Date.parse(run.finished_at) - Date.parse(run.started_at))
          }</span>`}
        ${run.turns > 0 && html`<span class="num">${run.turns} turns</span>`}
        ${run.cost_usd > 0 && html`<span class="num">${cost(run.cost_usd)}</span>`}
        ${run.input_tokens + run.output_tokens > 0 &&
          html`<span class="num">${tokens(run.input_tokens)} in, ${tokens(run.output_tokens)} out</span>`}
        ${run.branch !== "" && html`<code class="clip">${run.branch}</code>`}
        ${run.commit !== "" && html`<code title=${run.commit}>${run.commit.slice(0, 10)}</code>`}
      </div>
    </li>
  `;
}
