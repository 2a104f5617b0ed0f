/** Work that follows from changes, at a bounded rate. */

import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";

/**
 * Runs `work` at once when it is asked for, never twice at a time, and at most once per `min_ms`. What was asked
 * for meanwhile is done by one more run: after the last `poke()` there is always a run that began after it.
 */
export class Paced {
  readonly #work: () => Promise<void>;
  readonly #min_ms: number;
  #wanted = false;
  #busy = false;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(min_ms: number, work: () => Promise<void>) {
    this.#min_ms = min_ms;
    this.#work = work;
  }

  poke(): void {
    this.#wanted = true;
    if (!this.#busy && !this.#closed) this.#run();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#busy = true;
    this.#wanted = false;
    const began = performance.now();
    this.#work().catch((error) => {
      loggerOf("events").error("Following a change failed: {error}", { error: messageOfError(error) });
      // The change is still unseen: the next run after the pause must look again.
      this.#wanted = true;
    }).finally(() => {
      if (this.#closed) return;
      this.#timer = setTimeout(() => {
        this.#busy = false;
        if (this.#wanted && !this.#closed) this.#run();
      }, Math.max(0, this.#min_ms - (performance.now() - began)));
    });
  }
}
