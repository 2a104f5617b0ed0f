/** A peer that a test controls, in place of a WebSocket. */

import type { Peer } from "../../src/events/hub.ts";

export class FakePeer implements Peer {
  readyState = 1;
  bufferedAmount = 0;
  /** Added to the buffer with each message. */
  bytes_per_message = 0;
  readonly sent: Record<string, unknown>[] = [];
  closed_with = 0;
  #waiting: (() => void)[] = [];

  send(text: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    this.sent.push(JSON.parse(String(text)));
    this.bufferedAmount += this.bytes_per_message;
    this.#wake();
  }

  close(code?: number): void {
    this.closed_with = code ?? 0;
    this.readyState = 3;
    this.#wake();
  }

  /** Resolves when the condition holds; looked at after every message. */
  async until(condition: (peer: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const call of this.#waiting.splice(0)) call();
  }
}
