/**
 * Watches over one run from its claim to its end: extends the lease on its own timer, hears of stop requests,
 * keeps the limits of time, and ends the agent. The first cause wins. A run whose lease is lost is fenced: its
 * agent is killed, and nothing more is written for it.
 */

import type { Clock } from "../clock.ts";
import type { AgentEvent, EndCause } from "../domain/agent_output.ts";
import { WRAP_UP_SHARE } from "../domain/budget.ts";
import { FencedError, messageOfError } from "../domain/errors.ts";
import { HEARTBEAT_MS, LEASE_MS } from "../domain/run.ts";
import { failpoint } from "../failpoint.ts";
import { loggerOf } from "../log.ts";
import type { AgentProcess } from "../process/claude.ts";
import type { Timers } from "./timers.ts";

/** What an interrupted agent gets to end its turn before it is killed. */
export const STOP_GRACE_MS = 5_000;
/** While a tool runs, the agent itself can say nothing: silence may then last so many times longer. */
const TOOL_PATIENCE = 3;

export interface Limits {
  /** Longest time of the agent's work; 0 means no limit. */
  run_timeout_ms: number;
  /** Longest time without any output; 0 means no limit. */
  silence_timeout_ms: number;
}

export interface SupervisorDeps {
  run_id: string;
  heartbeat(): Promise<{ stop_requested_by: string }>;
  clock: Clock;
  timers: Timers;
  limits: Limits;
  /** Watches memory and number of processes below a process; answers the function that ends it. */
  watchUsage?(pid: number, over: (text: string) => void): () => void;
}

type TimerName = "beat" | "wall" | "wrap_up" | "silence";

export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #cancels = new Map<TimerName, () => void>();
  readonly #tools = new Set<string>();
  #cause: EndCause = "";
  #cause_text = "";
  #onTimeNear: () => void = () => {};
  #unwatch: () => void = () => {};
  #fenced = false;
  #closed = false;
  #agent: Pick<AgentProcess, "stop" | "kill"> | null = null;
  #beating: Promise<void> | null = null;
  #again = false;
  #last_beat: number;
  #last_sign = 0;
  #limits: Limits;
  /** When the run's time is over: the clock on the wall goes on between its processes. */
  #deadline = 0;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#limits = deps.limits;
    this.#last_beat = this.#now();
    this.#schedule("beat", HEARTBEAT_MS, () => void this.beat());
  }

  /** Why the run was ended from outside; empty while it was not. */
  get cause(): EndCause {
    return this.#cause;
  }

  /** True when the run belongs to somebody else: nothing may be written for it. */
  get fenced(): boolean {
    return this.#fenced;
  }

  /** More about the cause, in words; empty when it says it all. */
  get causeText(): string {
    return this.#cause_text;
  }

  /** Ends the run: the agent is interrupted, then killed. A later cause changes nothing. */
  end(cause: Exclude<EndCause, "">, text = ""): void {
    if (this.#cause !== "" || this.#closed) return;
    this.#cause = cause;
    this.#cause_text = text;
    this.#stopAgent();
  }

  /** The run takes more of the machine than it may: nothing is waited for. */
  overrun(text: string): void {
    if (this.#cause !== "" || this.#closed) return;
    this.#cause = "over_budget";
    this.#cause_text = text;
    this.stopLimits();
    this.#agent?.kill();
  }

  /** The lease is lost. */
  fence(): void {
    if (this.#fenced) return;
    this.#fenced = true;
    if (this.#cause === "") this.#cause = "fenced";
    this.#agent?.kill();
  }

  /** The error of a write: a stale fence ends the run, everything else is the caller's. */
  heed(error: unknown): void {
    if (error instanceof FencedError) this.fence();
    else this.#warn("A write failed", error);
  }

  /** Takes a started agent under watch; ends it at once when the run is over already. */
  attach(agent: Pick<AgentProcess, "pid" | "stop" | "kill">): void {
    this.#agent = agent;
    this.#unwatch();
    this.#unwatch = this.#deps.watchUsage?.(agent.pid, (text) => this.overrun(text)) ?? (() => {});
    if (this.#fenced) agent.kill();
    else if (this.#cause !== "") this.#stopAgent();
  }

  detach(): void {
    this.#agent = null;
    this.#unwatch();
    this.#tools.clear();
  }

  /** Calls the listener when most of the run's time is used up. */
  onTimeNear(listener: () => void): void {
    this.#onTimeNear = listener;
  }

  /** Limits that stand before the first `startLimits()`. */
  setLimits(limits: Limits): void {
    this.#limits = limits;
  }

  /**
   * From now on the limits of time count; that of the whole run from the first call on.
   *
   * @param options.silence false for a command, which may work for long without a word
   */
  startLimits({ silence = true }: { silence?: boolean } = {}): void {
    const { run_timeout_ms, silence_timeout_ms } = this.#limits;
    const now = this.#now();
    this.#last_sign = now;
    if (this.#deadline === 0) this.#deadline = now + run_timeout_ms;
    if (run_timeout_ms > 0) {
      this.#schedule("wall", Math.max(0, this.#deadline - now), () => this.end("timed_out"));
      const near = this.#deadline - run_timeout_ms * (1 - WRAP_UP_SHARE);
      this.#schedule("wrap_up", Math.max(0, near - now), () => this.#onTimeNear());
    }
    if (silence && silence_timeout_ms > 0) {
      this.#schedule("silence", silence_timeout_ms, () => this.#listen());
    }
  }

  /** The agent's work is over: its time no longer counts. */
  stopLimits(): void {
    for (const name of ["wall", "wrap_up", "silence"] as const) this.#cancel(name);
  }

  /** A sign of life of the agent. */
  sign(event: AgentEvent): void {
    this.#last_sign = this.#now();
    if (event.type !== "log") return;
    if (event.body.type === "tool_call") this.#tools.add(event.body.call_id);
    else if (event.body.type === "tool_result") this.#tools.delete(event.body.call_id);
  }

  /** Extends the lease now and hears whether somebody asked to stop. Never rejects. */
  beat(): Promise<void> {
    if (this.#closed || this.#fenced) return Promise.resolve();
    if (this.#beating !== null) {
      // The answer under way may be older than the request that the caller knows of.
      this.#again = true;
      return this.#beating;
    }
    this.#beating = this.#beatOnce().finally(() => {
      this.#beating = null;
      if (!this.#closed && !this.#fenced) this.#schedule("beat", HEARTBEAT_MS, () => void this.beat());
    });
    return this.#beating;
  }

  /** Ends the watch. Resolves when no write is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    for (const name of [...this.#cancels.keys()]) this.#cancel(name);
    await this.#beating;
    for (const name of [...this.#cancels.keys()]) this.#cancel(name);
  }

  async #beatOnce(): Promise<void> {
    do {
      this.#again = false;
      try {
        const { stop_requested_by } = await this.#deps.heartbeat();
        failpoint("lease_extended");
        this.#last_beat = this.#now();
        if (stop_requested_by !== "") this.end("stopped");
      } catch (error) {
        this.heed(error);
        // Without a lease anybody may take the run over: two agents must never work on one issue.
        if (this.#now() - this.#last_beat >= LEASE_MS - HEARTBEAT_MS) this.fence();
      }
    } while (this.#again && !this.#fenced && !this.#closed);
  }

  #listen(): void {
    const { silence_timeout_ms } = this.#limits;
    const allowed = silence_timeout_ms * (this.#tools.size > 0 ? TOOL_PATIENCE : 1);
    const silent = this.#now() - this.#last_sign;
    if (silent >= allowed) this.end("stalled");
    else this.#schedule("silence", allowed - silent, () => this.#listen());
  }

  #stopAgent(): void {
    this.stopLimits();
    this.#agent?.stop(STOP_GRACE_MS).catch((error) => this.#warn("Stopping the agent failed", error));
  }

  #schedule(name: TimerName, ms: number, run: () => void): void {
    this.#cancel(name);
    this.#cancels.set(name, this.#deps.timers.after(ms, run));
  }

  #cancel(name: TimerName): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  #now(): number {
    return this.#deps.clock.now().getTime();
  }

  #warn(what: string, error: unknown): void {
    loggerOf("runner").warn("{what}, run {run_id}: {error}", {
      what,
      run_id: this.#deps.run_id,
      error: messageOfError(error),
    });
  }
}
