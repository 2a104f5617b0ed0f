/**
 * Keeps agents and their commands within memory and number of processes. The kernel's own way, a cgroup, needs rights
 * that a server seldom has; limits per process break programs that reserve address space and bind nobody who forks.
 * So the tree of processes below each run is added up, once a second for all runs together.
 */

import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { type ProcessRow, usageOf } from "../process/process_table.ts";
import type { Timers } from "./timers.ts";

export const LOOK_MS = 1_000;

export interface UsageWatchDeps {
  /** Megabytes (2^20) of one run; 0: no limit. */
  memory_mb: number;
  /** Processes of one run; 0: no limit. */
  max_processes: number;
  table(): Promise<ProcessRow[]>;
  timers: Timers;
}

export class UsageWatch {
  readonly #deps: UsageWatchDeps;
  readonly #watched = new Map<number, (text: string) => void>();
  #cancel: (() => void) | null = null;
  #blind = false;

  constructor(deps: UsageWatchDeps) {
    this.#deps = deps;
  }

  /**
   * Watches a process and its descendants until the function returned is called.
   *
   * @param over called once, with words, when they are over a limit
   */
  watch(pid: number, over: (text: string) => void): () => void {
    const { memory_mb, max_processes } = this.#deps;
    if (memory_mb === 0 && max_processes === 0) return () => {};
    this.#watched.set(pid, over);
    this.#schedule();
    return () => {
      this.#watched.delete(pid);
      if (this.#watched.size > 0) return;
      this.#cancel?.();
      this.#cancel = null;
    };
  }

  #schedule(): void {
    this.#cancel ??= this.#deps.timers.after(LOOK_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    try {
      const rows = await this.#deps.table();
      this.#blind = false;
      for (const [pid, over] of [...this.#watched]) {
        const text = this.#excess(usageOf(pid, rows));
        if (text === "" || !this.#watched.delete(pid)) continue;
        over(text);
      }
    } catch (error) {
      if (!this.#blind) {
        loggerOf("runner").warn(
          "The memory and the processes of agents can't be watched, so their limits don't hold: {error}",
          { error: messageOfError(error) },
        );
      }
      this.#blind = true;
    }
    this.#cancel = null;
    if (this.#watched.size > 0) this.#schedule();
  }

  #excess({ processes, rss_kb }: { processes: number; rss_kb: number }): string {
    const { memory_mb, max_processes } = this.#deps;
    const used_mb = Math.round(rss_kb / 1024);
    if (memory_mb > 0 && used_mb > memory_mb) {
      return `The run used ${used_mb} MB of memory, more than the ${memory_mb} MB that it may (\`AUTOPILOT_MEMORY_MB\`)`;
    }
    if (max_processes > 0 && processes > max_processes) {
      return `The run had ${processes} processes at a time, more than the ${max_processes} that it may ` +
        "(`AUTOPILOT_MAX_PROCESSES`)";
    }
    return "";
  }
}
