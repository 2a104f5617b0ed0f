/** Clears up at start and from time to time, beside everything else. */

import type { Clock } from "../clock.ts";
import type { DiskUse } from "../domain/agent.ts";
import { messageOfError, NotFoundError } from "../domain/errors.ts";
import { SYSTEM } from "../domain/event.ts";
import type { Issue } from "../domain/issue.ts";
import { AUTOPILOT } from "../domain/messages.ts";
import { loggerOf } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { HouseBoard } from "./parts.ts";
import type { Timers } from "./timers.ts";

const EVERY_MS = 10 * 60_000;

export interface HousekeeperDeps {
  store: Store;
  clock: Clock;
  timers: Timers;
  keepHouse(board: HouseBoard): Promise<DiskUse>;
  onDisk(disk: DiskUse): void;
}

export class Housekeeper {
  readonly #deps: HousekeeperDeps;
  #working: Promise<void> | null = null;
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(deps: HousekeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#stopped || this.#working !== null) return;
    this.#working = this.#work().finally(() => {
      this.#working = null;
      if (!this.#stopped) this.#cancel = this.#deps.timers.after(EVERY_MS, () => this.start());
    });
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { store, clock, keepHouse, onDisk } = this.#deps;
    try {
      onDisk(
        await keepHouse({
          now: () => clock.now(),
          active: () => store.runs.active(),
          issue: (number) => this.#issue(number),
          tell: async ({ id }, body) => {
            const comment = { author: AUTOPILOT, author_kind: "system", trust: "agent", body } as const;
            await store.comments.add(id, comment, SYSTEM);
          },
        }),
      );
    } catch (error) {
      loggerOf("runner").warn("Housekeeping failed: {error}", { error: messageOfError(error) });
    }
  }

  async #issue(
    number: number,
  ): Promise<{ issue: Issue; runs: Awaited<ReturnType<Store["runs"]["list"]>> } | null> {
    const { store } = this.#deps;
    try {
      const issue = await store.issues.get(String(number));
      return { issue, runs: await store.runs.list(issue.id) };
    } catch (error) {
      if (error instanceof NotFoundError) return null;
      throw error;
    }
  }
}
