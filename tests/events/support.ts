/** A peer and a feed that a test controls, in place of a WebSocket and of the real feed's timing. */

import type { Event } from "../../src/domain/event.ts";
import type { Feed } from "../../src/events/feed.ts";
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

/** A feed that delivers when the test says so: a real one may be behind the log at any moment. */
export class ManualFeed implements Feed {
  #listeners = new Set<(events: Event[]) => void>();
  #changes = new Set<() => void>();

  constructor(public seq: number) {}

  subscribe(listener: (events: Event[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onChange(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  deliver(events: Event[]): void {
    this.seq = events[events.length - 1].seq;
    for (const listener of this.#listeners) listener(events);
  }

  change(): void {
    for (const listener of this.#changes) listener();
  }

  waitFor(): Promise<Event | null> {
    return Promise.resolve(null);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
