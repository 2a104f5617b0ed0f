/** Time that passes only when the test says so: one clock and the timers that follow it. */

import type { Clock } from "../../src/clock.ts";
import type { Timers } from "../../src/runner/timers.ts";

export class FakeTime implements Clock, Timers {
  #now = Date.parse("2026-11-22T12:00:00.000Z");
  #timers: { at: number; run: () => void }[] = [];
  #waiters: { ms: number; resolve: () => void }[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    for (const waiter of this.#waiters) if (waiter.ms === ms) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.ms !== ms);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Resolves when a timer of exactly so many milliseconds is set from now on. */
  set(ms: number): Promise<void> {
    return new Promise((resolve) => this.#waiters.push({ ms, resolve }));
  }

  /** Resolves when something that no event tells has come true, looked at between turns of the event loop. */
  async until(come_true: () => boolean): Promise<void> {
    const patience = performance.now() + 30_000;
    while (!come_true()) {
      if (performance.now() > patience) throw new Error(`It did not come true: ${come_true}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Milliseconds until each timer that is set. */
  get pending(): number[] {
    return this.#timers.map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Lets time pass; each timer finds the clock at its own moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }
}
