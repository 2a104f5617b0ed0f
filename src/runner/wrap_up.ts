/**
 * Tells the agent once to come to an end when most of a limit is used up: of API rounds, of money, or of time. The
 * limits themselves are kept by the CLI and by the supervisor; this is only the word before.
 */

import type { AgentEvent } from "../domain/agent_output.ts";
import { type Budget, shareOf, WRAP_UP_SHARE } from "../domain/budget.ts";
import { type NearLimit, wrapUpMessage } from "../domain/prompt.ts";

export interface WrapUpDeps {
  budget: Budget;
  /** API rounds of the run; 0: no limit. */
  max_turns: number;
  /** Hands a message to the agent at work. */
  tell(text: string): void;
  /** Notes in the transcript that it was told. */
  note(text: string): void;
  /** Money is spent and the agent goes on all the same. */
  overBudget(): void;
}

export class WrapUp {
  readonly #deps: WrapUpDeps;
  #told = false;
  #rounds = 0;
  #spent = 0;

  constructor(deps: WrapUpDeps) {
    this.#deps = deps;
  }

  /** API rounds of the run so far. */
  get rounds(): number {
    return this.#rounds;
  }

  /**
   * An event of the agent.
   *
   * @param spent_before USD of the run in earlier sessions
   * @param cost_at_start the session's total when the run took it up
   * @param askCost asks the process what its session cost so far; the answer is an event
   */
  sign(
    event: AgentEvent,
    { spent_before, cost_at_start, askCost }: {
      spent_before: number;
      cost_at_start: number;
      askCost(): void;
    },
  ): void {
    const { budget, max_turns } = this.#deps;
    if (event.type === "round") {
      this.#rounds++;
      if (max_turns > 0 && this.#rounds >= Math.ceil(max_turns * WRAP_UP_SHARE)) this.near("turns");
      // The CLI ends such a process itself, after the reply that was one too many; this is for one that does not.
      if (this.#spent > budget.usd) this.#deps.overBudget();
      if (budget.usd !== Infinity) askCost();
    } else if (event.type === "cost") {
      this.#spent = Math.max(this.#spent, spent_before + shareOf(event.session_cost_usd, cost_at_start));
      if (this.#spent >= budget.usd * WRAP_UP_SHARE) this.near("cost");
    }
  }

  /** Most of a limit is used up. Only the first time counts. */
  near(limit: NearLimit): void {
    if (this.#told) return;
    this.#told = true;
    const text = wrapUpMessage(limit);
    this.#deps.tell(text);
    this.#deps.note(text);
  }
}
