/**
 * Looks after issues that sessions took by hand: ends the run of one that fell silent, and of one that a human stopped
 * or moved. Every server does it, with a runner or without; of two that come at once, one finds the run ended.
 */

import type { Clock } from "../clock.ts";
import { handComment, handOwner, UNCOUNTED } from "../domain/by_hand.ts";
import { FencedError, messageOfError } from "../domain/errors.ts";
import type { Event } from "../domain/event.ts";
import { loggerOf } from "../log.ts";
import type { LeasedRun, RunEnd, Store } from "../store/store.ts";
import type { Timers } from "./timers.ts";

/** Between two looks, in milliseconds. */
export const LOOK_MS = 15_000;
/**
 * So long after its start, or after the machine slept, a server ends no silent run: sessions could not be heard, and
 * they say that they live once a minute.
 */
export const HEAR_FIRST_MS = 90_000;

export interface HandRunsDeps {
  store: { runs: Pick<Store["runs"], "active" | "finish"> };
  onEvents(listener: (events: Event[]) => void): () => void;
  clock: Clock;
  timers: Timers;
}

export class HandRuns implements AsyncDisposable {
  readonly #deps: HandRunsDeps;
  #unsubscribe: () => void = () => {};
  #cancel: () => void = () => {};
  #looking: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #last_look: number;
  /** Since when sessions can be heard without a gap. */
  #hears_since: number;

  constructor(deps: HandRunsDeps) {
    this.#deps = deps;
    this.#last_look = this.#hears_since = this.#now();
  }

  start(): void {
    this.#unsubscribe = this.#deps.onEvents((events) => {
      if (events.some(({ type, data }) => type === "issue.updated" && data.change === "stop_requested")) {
        void this.look();
      }
    });
    this.#next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    this.#cancel();
    await this.#looking;
  }

  /** Ends what has to end now. Never rejects. */
  look(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#again = true;
    return this.#looking ??= this.#lookAll().finally(() => this.#looking = null);
  }

  #next(): void {
    this.#cancel = this.#deps.timers.after(LOOK_MS, () => void this.look().finally(() => this.#next()));
    if (this.#stopped) this.#cancel();
  }

  async #lookAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const now = this.#now();
      if (now - this.#last_look > 4 * LOOK_MS) this.#hears_since = now;
      this.#last_look = now;
      try {
        for (const found of await this.#deps.store.runs.active()) await this.#judge(found, now);
      } catch (error) {
        loggerOf("runner").warn(
          "Runs by hand can't be looked after now: {error}; the next look tries again",
          {
            error: messageOfError(error),
          },
        );
      }
    }
  }

  /** @param now as it was when the look began: the machine may sleep in the middle of it */
  async #judge({ run, lease, issue }: LeasedRun, now: number): Promise<void> {
    if (handOwner(lease.host) === null) return;
    const silent = Date.parse(lease.lease_until) < now && now - this.#hears_since >= HEAR_FIRST_MS;
    const stopped = lease.stop_requested_at !== "";
    if (!stopped && !silent) return;
    const reason = stopped
      ? `${lease.stop_requested_by} took the issue from the session that had it by hand`
      : `The session that took the issue by hand was not heard of until ${lease.lease_until}`;
    try {
      await this.#deps.store.runs.finish(run.id, lease.fence, handEnd(stopped ? "stopped" : "lost", reason));
      loggerOf("runner").info("{reason}: issue {number}", { reason, number: issue.number });
    } catch (error) {
      // The session reported, or another server was faster: either way it is over.
      if (!(error instanceof FencedError)) throw error;
    }
  }

  #now(): number {
    return this.#deps.clock.now().getTime();
  }
}

/** The end of a run that its session did not report. */
function handEnd(outcome: "stopped" | "lost", reason: string): RunEnd {
  const next = outcome === "lost"
    ? " The issue is ready again. What the session changed is where it worked."
    : "";
  return {
    outcome,
    reason,
    commit: "",
    branch: "",
    pr_url: "",
    result: "",
    session_id: "",
    ...UNCOUNTED,
    comments: [handComment(`${reason}.${next}`)],
  };
}
