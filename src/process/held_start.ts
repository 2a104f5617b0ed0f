/**
 * A start that can be broken off. bwrap binds what it starts to its own life only at the end of its start: whoever
 * kills it, or dies, before that (about 10 ms) leaves an orphan that nobody knows and nothing ends. So what runs in
 * the sandbox is first a shell that says a word and waits for an answer. The word says that this time is over; without
 * the answer, as when the owner has died, nothing runs.
 */

import type { Child } from "./spawn.ts";

const READY = "ready";

/** For `sh -c`, before what is to run. Standard output begins with the word, which `HeldStart` takes away. */
export const HOLD = `echo ${READY}\nread -r _ || exit 125\n`;

/** A start that takes longer is ended the hard way. */
const START_MS = 5_000;

export class HeldStart {
  /** Resolves when what was held runs and may be written to, or will never run. Its output must be read for that. */
  readonly over: Promise<void>;
  readonly #child: Child;
  readonly #resolve: () => void;
  #held = true;
  #doomed = false;

  constructor(child: Child) {
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#resolve = resolve;
    void child.exited.then(() => {
      resolve();
      // Nobody may have done it for a child that was killed, and its pipe would stay open.
      void child.closeInput();
    });
  }

  /** The output of what was held. */
  async *output(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    let waiting = READY.length + 1;
    for await (const chunk of chunks) {
      if (waiting === 0) {
        yield chunk;
        continue;
      }
      const rest = chunk.subarray(waiting);
      waiting = Math.max(0, waiting - chunk.byteLength);
      if (waiting > 0) continue;
      this.#held = false;
      if (this.#doomed) this.#child.kill("SIGKILL");
      else void this.#child.write("go\n").then(this.#resolve);
      if (rest.byteLength > 0) yield rest;
    }
  }

  /** Ends it with all its descendants: at once, or as soon as the sandbox can be ended. */
  kill(): void {
    if (!this.#held) {
      this.#child.kill("SIGKILL");
    } else if (!this.#doomed) {
      this.#doomed = true;
      const late = setTimeout(() => this.#child.kill("SIGKILL"), START_MS);
      void this.#child.exited.then(() => clearTimeout(late));
      // The shell ends by itself when it reads the end of its input.
      void this.#child.closeInput();
    }
  }
}
