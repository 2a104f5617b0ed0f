/** What a run has used so far, for whoever looks on: written into its log as it becomes known. */

import type { AgentEvent } from "../domain/agent_output.ts";
import { shareOf } from "../domain/budget.ts";
import type { SoFar } from "../domain/log_entry.ts";

export class Spending {
  /** Of turns that have ended. */
  #input = 0;
  #output = 0;
  /** Read in the turn under way. */
  #reading = 0;
  #cost_usd = 0;
  #told = "0 0 0";

  /**
   * An event of the agent.
   *
   * @param spent_before USD of the run in earlier sessions
   * @param cost_at_start the session's total when the run took it up
   */
  sign(event: AgentEvent, { spent_before, cost_at_start }: { spent_before: number; cost_at_start: number }) {
    const spend = (session_cost_usd: number) =>
      this.#cost_usd = Math.max(this.#cost_usd, spent_before + shareOf(session_cost_usd, cost_at_start));
    if (event.type === "round") this.#reading += event.input_tokens;
    else if (event.type === "cost") spend(event.session_cost_usd);
    else if (event.type === "result") {
      // The turn's own account takes the place of what was counted along the way.
      this.#reading = 0;
      this.#input += event.result.input_tokens;
      this.#output += event.result.output_tokens;
      spend(event.result.session_cost_usd);
    }
  }

  /** The numbers for the next entry of the log; none when the entry before has them. */
  news(): SoFar | undefined {
    const input_tokens = this.#input + this.#reading;
    const [output_tokens, cost_usd] = [this.#output, this.#cost_usd];
    const now = `${input_tokens} ${output_tokens} ${cost_usd}`;
    if (now === this.#told) return undefined;
    this.#told = now;
    return { input_tokens, output_tokens, cost_usd };
  }
}
