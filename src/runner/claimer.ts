/** Claims ready issues for free slots: at once when woken, when a back-off ends, and on a safety poll. */

import type { Clock } from "../clock.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import type { Claim } from "../store/store.ts";
import type { Timers } from "./timers.ts";

/** More times than this are not remembered; the safety poll finds the rest. */
const MAX_ALARMS = 1_000;

export interface ClaimerDeps {
  /** The agents of this process, one per slot; asked at the start. */
  agent_ids(): readonly string[];
  /** `null` when nothing may be claimed now. */
  claim(agent_id: string): Promise<Claim | null>;
  /** Works on it to its end. Must not reject. */
  work(claim: Claim): Promise<void>;
  poll_ms: number;
  clock: Clock;
  timers: Timers;
}

export class Claimer {
  readonly #deps: ClaimerDeps;
  readonly #free: string[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #alarms = new Set<number>();
  #claiming: Promise<void> | null = null;
  #again = false;
  #running = false;
  #cancel_poll: (() => void) | null = null;
  #cancel_alarm: (() => void) | null = null;

  constructor(deps: ClaimerDeps) {
    this.#deps = deps;
  }

  /** The agents without work. */
  get idle(): readonly string[] {
    return this.#free;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#free.push(...this.#deps.agent_ids());
    this.#poll();
  }

  /** Claims no more. Resolves when no claim is under way; the work goes on. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel_poll?.();
    this.#cancel_alarm?.();
    this.#alarms.clear();
    await this.#claiming;
  }

  /** Resolves when all work has ended. */
  async drained(): Promise<void> {
    await Promise.all(this.#working);
  }

  /** An issue may have become claimable. */
  wake(): void {
    if (!this.#running) return;
    this.#again = true;
    this.#claiming ??= this.#claimAll().finally(() => {
      this.#claiming = null;
      // Woken after the last look and before this line.
      if (this.#again) this.wake();
    });
  }

  /** An issue becomes claimable then. */
  wakeAt(time: Date): void {
    if (!this.#running || this.#alarms.size >= MAX_ALARMS) return;
    this.#alarms.add(time.getTime());
    this.#setAlarm();
  }

  async #claimAll(): Promise<void> {
    while (this.#again && this.#running) {
      this.#again = false;
      while (this.#running && this.#free.length > 0) {
        const agent_id = this.#free[0];
        let claim: Claim | null;
        try {
          claim = await this.#deps.claim(agent_id);
        } catch (error) {
          loggerOf("runner").error("Cannot claim: {error}; the next poll tries again", {
            error: messageOfError(error),
          });
          return;
        }
        if (claim === null) break;
        this.#free.shift();
        this.#begin(agent_id, claim);
      }
    }
  }

  #begin(agent_id: string, claim: Claim): void {
    const work = this.#deps.work(claim).finally(() => {
      this.#working.delete(work);
      this.#free.push(agent_id);
      this.wake();
    });
    this.#working.add(work);
  }

  #poll(): void {
    this.wake();
    this.#cancel_poll = this.#deps.timers.after(this.#deps.poll_ms, () => this.#poll());
  }

  #setAlarm(): void {
    this.#cancel_alarm?.();
    this.#cancel_alarm = null;
    if (this.#alarms.size === 0) return;
    const now = this.#deps.clock.now().getTime();
    const first = Math.min(...this.#alarms);
    this.#cancel_alarm = this.#deps.timers.after(Math.max(0, first - now) + 1, () => {
      const then = this.#deps.clock.now().getTime();
      for (const time of [...this.#alarms]) if (time <= then) this.#alarms.delete(time);
      this.#setAlarm();
      this.wake();
    });
  }
}
