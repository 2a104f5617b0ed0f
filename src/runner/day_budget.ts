/**
 * The money of a day, over all servers on the database. Days are UTC. What runs under way may still spend counts as
 * spent, so that the limit holds however many agents there are; two servers that look at the same moment may begin
 * one run too many between them.
 */

import type { Clock } from "../clock.ts";
import { dayStart, dollars, nextDay } from "../domain/budget.ts";

/** A run that may spend less than this share of the day's limit (or of its own) is not worth its start. */
const LEAST_SHARE = 0.05;

export interface DayBudgetDeps {
  /** USD of one day; 0: no limit. */
  limit: number;
  /** USD of one run; 0: no limit, then one run at a time may have all that is left. */
  per_run: number;
  clock: Clock;
  spending(since: string): Promise<{ usd: number; unfinished: number }>;
}

/** Why nothing is claimed now. */
export interface Hold {
  /** In words, without a period. */
  reason: string;
  /** When it ends by itself, ISO-8601 UTC; empty when a run that ends may end it. */
  until: string;
}

export class DayBudget {
  readonly #deps: DayBudgetDeps;
  /** What each run of this process may spend. */
  readonly #granted = new Map<string, number>();

  constructor(deps: DayBudgetDeps) {
    this.#deps = deps;
  }

  get limit(): number {
    return this.#deps.limit;
  }

  /** Why no run may begin now; `null` when one may. */
  async hold(): Promise<Hold | null> {
    const { limit, clock } = this.#deps;
    if (limit === 0) return null;
    const { spent, left } = await this.#look();
    if (left >= this.#least()) return null;
    const of_day = `${dollars(spent)} of the ${
      dollars(limit)
    } for this day (UTC, AUTOPILOT_MAX_USD_PER_DAY) are spent`;
    if (limit - spent >= this.#least()) {
      return { reason: `${of_day}, and the runs under way may need the rest`, until: "" };
    }
    const until = nextDay(clock.now());
    return { reason: `${of_day}: agents go on at ${until}`, until };
  }

  /** What is left for a run that was claimed; kept for it until `release`. `Infinity` without a limit. */
  async grant(run_id: string, own_limit: number): Promise<number> {
    if (this.#deps.limit === 0) return Infinity;
    const { left } = await this.#look(run_id);
    const granted = Math.max(0, Math.min(own_limit, left));
    this.#granted.set(run_id, granted);
    return left;
  }

  release(run_id: string): void {
    this.#granted.delete(run_id);
  }

  #least(): number {
    const { limit, per_run } = this.#deps;
    return (per_run > 0 ? Math.min(per_run, limit) : limit) * LEAST_SHARE;
  }

  /** @param but a run that is under way already and asks for itself */
  async #look(but = ""): Promise<{ spent: number; left: number }> {
    const { limit, per_run, clock, spending } = this.#deps;
    const { usd, unfinished } = await spending(dayStart(clock.now()));
    const own = [...this.#granted].filter(([run_id]) => run_id !== but);
    const others = Math.max(0, unfinished - own.length - (but === "" ? 0 : 1));
    const promised = own.reduce((sum, [, granted]) => sum + granted, 0) +
      others * (per_run > 0 ? per_run : limit);
    return { spent: usd, left: limit - usd - promised };
  }
}
