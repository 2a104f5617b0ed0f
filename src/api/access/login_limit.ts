/** How often one address may fail to log in. */

import type { Clock } from "../../clock.ts";
import { subscriberOf } from "../../domain/address.ts";

/** Failed logins of one address within the window: the next one waits. */
const MAX_FAILURES = 5;
const FAILURE_WINDOW_MS = 20_000;
const MAX_ADDRESSES = 10_000;

/** Slows down who guesses. An attempt counts as failed until it is said to have succeeded, so many at once count too. */
export class FailureLimiter {
  readonly #clock: Clock;
  /** Times of the attempts, oldest first, by subscriber; who came last stands last. */
  readonly #failures = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Answers 0 when the attempt may be made, else after how many seconds the next one may. */
  begin(address: string): number {
    const now = this.#clock.now().getTime();
    const key = subscriberOf(address);
    const recent = (this.#failures.get(key) ?? []).filter((time) => now - time < FAILURE_WINDOW_MS);
    this.#failures.delete(key);
    this.#failures.set(key, recent);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MAX_ADDRESSES) break;
      this.#failures.delete(oldest);
    }
    if (recent.length >= MAX_FAILURES) return Math.ceil((recent[0] + FAILURE_WINDOW_MS - now) / 1000);
    recent.push(now);
    return 0;
  }

  /** Takes the last attempt back. */
  succeeded(address: string): void {
    this.#failures.get(subscriberOf(address))?.pop();
  }
}
