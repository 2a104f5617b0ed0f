/**
 * Run tails: hand the run logs that somebody watches to the watchers, entry by entry, as they are written.
 * Each log is read and serialised once, however many watch; a watcher that falls behind reads on at its own pace.
 */

import type { LogEntry } from "../domain/log_entry.ts";
import type { RunLog } from "../store/store.ts";
import type { Feed } from "./feed.ts";
import type { Hub, Peer } from "./hub.ts";
import { Paced } from "./paced.ts";

/** Between two looks at the watched logs, in milliseconds. */
const PACE_MS = 50;
const PAGE = 200;
/** One message carries at most about so many characters, so that a slow reader is noticed in time. */
const MESSAGE_CHARACTERS = 128 << 10;
/** Unsent bytes from which on a watcher reads from the store at its own pace. */
const BEHIND_BYTES = 256 << 10;

interface Watcher {
  /** Last entry sent. */
  cursor: number;
  /** False while it catches up from the store; it joins when it has reached the tail's cursor. */
  live: boolean;
}

interface Tail {
  run_id: string;
  /** Last entry handed to the live watchers. */
  cursor: number;
  watchers: Map<Peer, Watcher>;
}

export class RunTails {
  readonly #tails = new Map<string, Tail>();
  readonly #log: Pick<RunLog, "read" | "lastSeq">;
  readonly #hub: Hub;
  readonly #pace: Paced;
  readonly #unsubscribe: () => void;

  constructor(feed: Feed, log: Pick<RunLog, "read" | "lastSeq">, hub: Hub) {
    this.#log = log;
    this.#hub = hub;
    this.#pace = new Paced(PACE_MS, () => this.#advance());
    this.#unsubscribe = feed.onChange(() => {
      if (this.#tails.size > 0) this.#pace.poke();
    });
  }

  /**
   * Sends `{type: "subscribed", next}`, then every entry after `after` (`null`: after the present end).
   * Watching a run again starts over from the new `after`.
   */
  async watch(peer: Peer, run_id: string, after: number | null): Promise<void> {
    const last = await this.#log.lastSeq(run_id);
    let tail = this.#tails.get(run_id);
    if (tail === undefined) {
      tail = { run_id, cursor: last, watchers: new Map() };
      this.#tails.set(run_id, tail);
    }
    const watcher: Watcher = { cursor: after ?? tail.cursor, live: false };
    tail.watchers.set(peer, watcher);
    const told = JSON.stringify({ type: "subscribed", subscribe: `run:${run_id}`, next: watcher.cursor });
    // False when the peer went while the log was asked: nobody else would take it out again.
    if (!this.#hub.push(peer, told)) return this.unwatch(peer, run_id);
    await this.#catchUp(tail, peer, watcher);
    this.#pace.poke();
  }

  unwatch(peer: Peer, run_id: string): void {
    const tail = this.#tails.get(run_id);
    if (tail === undefined) return;
    tail.watchers.delete(peer);
    if (tail.watchers.size === 0) this.#tails.delete(run_id);
  }

  /** How many runs the peer watches. */
  count(peer: Peer): number {
    let count = 0;
    for (const { watchers } of this.#tails.values()) if (watchers.has(peer)) count++;
    return count;
  }

  leave(peer: Peer): void {
    for (const run_id of [...this.#tails.keys()]) this.unwatch(peer, run_id);
  }

  close(): void {
    this.#unsubscribe();
    this.#pace.close();
    this.#tails.clear();
  }

  async #advance(): Promise<void> {
    for (const tail of [...this.#tails.values()]) {
      for (;;) {
        const { entries, next } = await this.#log.read(tail.run_id, tail.cursor, PAGE);
        if (entries.length === 0) break;
        const from = tail.cursor;
        tail.cursor = next;
        this.#fanOut(tail, from, entries);
        if (tail.watchers.size === 0 || entries.length < PAGE) break;
        // SQLite answers without giving way: let the sockets drain between pages.
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
  }

  #fanOut(tail: Tail, from: number, entries: LogEntry[]): void {
    const messages = messagesOf(tail.run_id, entries);
    for (const [peer, watcher] of tail.watchers) {
      if (!watcher.live) continue;
      if (watcher.cursor !== from || peer.bufferedAmount > BEHIND_BYTES) {
        watcher.live = false;
        // It ends by itself, at the latest when the peer is cut off as slow.
        this.#catchUp(tail, peer, watcher).then(undefined, () => this.#pace.poke());
        continue;
      }
      watcher.cursor = tail.cursor;
      if (!messages.every((message) => this.#hub.push(peer, message))) tail.watchers.delete(peer);
    }
  }

  /** Reads on for one watcher until it is where the tail is, or ahead of it: then #fanOut sends it back here. */
  async #catchUp(tail: Tail, peer: Peer, watcher: Watcher): Promise<void> {
    const watching = () => tail.watchers.get(peer) === watcher;
    while (watching() && watcher.cursor < tail.cursor) {
      const { entries, next } = await this.#log.read(tail.run_id, watcher.cursor, PAGE);
      if (entries.length === 0 || !watching()) break;
      for (const message of messagesOf(tail.run_id, entries)) {
        if (!await this.#hub.drained(peer) || !this.#hub.push(peer, message)) {
          this.unwatch(peer, tail.run_id);
          return;
        }
      }
      watcher.cursor = next;
    }
    // No await since the last comparison: the tail can't have moved on in between.
    watcher.live = true;
  }
}

/** The entries as messages of bounded size. */
function messagesOf(run_id: string, entries: LogEntry[]): string[] {
  const messages: string[] = [];
  let part: string[] = [];
  let size = 0;
  const flush = (next: number) => {
    messages.push(
      `{"type":"run.log","run_id":${JSON.stringify(run_id)},"entries":[${part.join(",")}],"next":${next}}`,
    );
    part = [];
    size = 0;
  };
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    part.push(text);
    size += text.length;
    if (size >= MESSAGE_CHARACTERS) flush(entry.seq);
  }
  if (part.length > 0) flush(entries[entries.length - 1].seq);
  return messages;
}
