// @ts-check
/** What a run came to so far, in one line: steps, time, cost, tokens, to-dos. */

import { html } from "htm/preact";
import { Elapsed } from "./view_time.js";
import { cost, duration, tokens } from "./words.js";

/** @import { Run } from "../../src/domain/run.ts" */

/** @param {{ run: Run, runs: readonly Run[], log: import("./transcript.js").TranscriptLog }} props */
export function RunSums({ run, runs, log }) {
  void log.count.value;
  const { steps, failures, todo } = log.rows.sums;
  const { usd, input, output } = spent(run, runs, log);
  const done = todo?.items.filter(({ status }) => status === "completed").length ?? 0;
  return html`
    <span class="facts log-sums">
      ${run.finished_at === ""
        ? html`<${Elapsed} since=${run.started_at} />`
        : html`<span class="num">${
          duration(Date.parse(run.finished_at) - Date.parse(run.started_at))
        }</span>`}
      <span class="num">${steps === 1 ? "1 step" : `${steps.toLocaleString()} steps`}</span>
      ${todo !== null && html`<span class="num">${done} of ${todo.items.length} to-dos</span>`}
      ${usd > 0 && html`<span class="num">${cost(usd)}</span>`}
      ${input + output > 0 &&
        html`<span class="num">${tokens(input)} in${output > 0 && `, ${tokens(output)} out`}</span>`}
      ${failures > 0 && html`<span class="num log-failures">${failures} failed</span>`}
    </span>
  `;
}

/**
 * What the run cost. While it works that is known as far as the agent has told: runs of earlier versions only at the
 * end of a turn, where money is for the whole conversation, which earlier runs may have begun.
 *
 * @param {Run} run
 * @param {readonly Run[]} runs
 * @param {import("./transcript.js").TranscriptLog} log
 */
function spent(run, runs, log) {
  if (run.finished_at !== "") {
    return { usd: run.cost_usd, input: run.input_tokens, output: run.output_tokens };
  }
  const { result, input, output, so_far } = log.rows.sums;
  if (so_far) return { usd: so_far.cost_usd, input: so_far.input_tokens, output: so_far.output_tokens };
  const before = runs.filter((one) => one.attempt < run.attempt && one.session_id === run.session_id)
    .reduce((sum, one) => sum + one.cost_usd, 0);
  return { usd: Math.max(0, (result?.cost_usd ?? 0) - before), input, output };
}
