/**
 * The hub: hands the feed's events to sockets. Each event is serialised once per view, however many listen. A peer that
 * does not read is cut off, never waited for: it comes back with `since` and gets what it missed.
 */

import type { Event } from "../domain/event.ts";
import { messageIn, type View } from "../domain/event_view.ts";
import type { Events } from "../store/store.ts";
import type { Feed } from "./feed.ts";

/** The part of a WebSocket that the hub uses. */
export type Peer = Pick<WebSocket, "readyState" | "bufferedAmount" | "send" | "close">;

export interface HubOptions {
  /** Sockets at a time. @default {10000} */
  max_peers?: number;
  /** Unsent bytes at which a peer counts as slow. @default {1048576} */
  max_buffered_bytes?: number;
  /** Events that a reconnect may replay; a peer further behind reads the state anew. @default {5000} */
  max_replay?: number;
}

/** Close codes (RFC 6455 and the IANA registry). */
export const CLOSE_RESTART = 1012;
export const CLOSE_TRY_AGAIN = 1013;

const OPEN = 1;
const REPLAY_PAGE = 500;
/** A replay goes on when the peer has read down to this part of what may be unsent. */
const REPLAY_LOW_WATER = 0.25;
const REPLAY_WAIT_MS = 5;
/** So long a replaying peer may take to read one page before it counts as slow. */
const REPLAY_PATIENCE_MS = 10_000;

interface Member {
  /** Last event sent. */
  cursor: number;
  /** False while it replays: the feed passes it by and the replay reads up to the feed's cursor. */
  live: boolean;
  view: View;
}

export class Hub {
  readonly #members = new Map<Peer, Member>();
  readonly #feed: Feed;
  readonly #events: Pick<Events, "read" | "firstSeq" | "lastSeq">;
  readonly max_peers: number;
  readonly #max_buffered: number;
  readonly #max_replay: number;
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(feed: Feed, events: Pick<Events, "read" | "firstSeq" | "lastSeq">, options: HubOptions = {}) {
    this.#feed = feed;
    this.#events = events;
    this.max_peers = options.max_peers ?? 10_000;
    this.#max_buffered = options.max_buffered_bytes ?? 1 << 20;
    this.#max_replay = options.max_replay ?? 5_000;
    this.#unsubscribe = feed.subscribe((events) => this.#fanOut(events));
  }

  get size(): number {
    return this.#members.size;
  }

  get full(): boolean {
    return this.#closed || this.#members.size >= this.max_peers;
  }

  /**
   * Takes an open socket in: hello, then what it missed, then everything as it happens.
   * @param since the last event that the peer saw; `null`: it wants only what comes
   */
  async join(peer: Peer, since: number | null, view: View = "work"): Promise<void> {
    const member: Member = { cursor: since ?? this.#feed.seq, live: since === null, view };
    this.#members.set(peer, member);
    if (since === null) {
      this.push(peer, JSON.stringify({ type: "hello", seq: this.#feed.seq }));
      return;
    }
    const last = Math.max(await this.#events.lastSeq(), this.#feed.seq);
    this.push(peer, JSON.stringify({ type: "hello", seq: last }));
    if (since > last || last - since > this.#max_replay || since < await this.#events.firstSeq() - 1) {
      member.cursor = last;
      this.push(peer, JSON.stringify({ type: "resync", seq: last }));
    }
    await this.#replay(peer, member);
  }

  leave(peer: Peer): void {
    this.#members.delete(peer);
  }

  /** Sends, or cuts the peer off when it does not read. False when nothing was sent. */
  push(peer: Peer, text: string): boolean {
    if (peer.readyState !== OPEN) return false;
    if (peer.bufferedAmount > this.#max_buffered) {
      this.#members.delete(peer);
      peer.close(CLOSE_TRY_AGAIN, "Too slow: reconnect with since");
      return false;
    }
    peer.send(text);
    return true;
  }

  /** Resolves when the peer has read most of what was sent; false when it is gone, or was cut off as slow. */
  async drained(peer: Peer): Promise<boolean> {
    const deadline = performance.now() + REPLAY_PATIENCE_MS;
    while (peer.readyState === OPEN && peer.bufferedAmount > this.#max_buffered * REPLAY_LOW_WATER) {
      if (performance.now() > deadline) {
        this.#members.delete(peer);
        peer.close(CLOSE_TRY_AGAIN, "Too slow: reconnect with since");
        return false;
      }
      await new Promise((resolve) => setTimeout(resolve, REPLAY_WAIT_MS));
    }
    return peer.readyState === OPEN;
  }

  /** Ends all connections so that clients come back to the next process, and tells each how far it has come. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    for (const [peer, { cursor }] of this.#members) {
      if (peer.readyState === OPEN) {
        peer.close(CLOSE_RESTART, `The server restarts: reconnect with since=${cursor}`);
      }
    }
    this.#members.clear();
  }

  async #replay(peer: Peer, member: Member): Promise<void> {
    // No await stands between the last comparison and `live`, so the feed can't slip an event in between;
    // events that the log had before the feed did are dropped by the cursor in #fanOut.
    while (member.cursor < this.#feed.seq) {
      const page = await this.#events.read(member.cursor, REPLAY_PAGE);
      if (page.length === 0) break;
      for (const event of page) {
        if (!this.push(peer, JSON.stringify(messageIn(event, member.view)))) return;
        member.cursor = event.seq;
      }
      if (!await this.drained(peer)) return;
    }
    member.live = true;
  }

  #fanOut(events: Event[]): void {
    for (const event of events) {
      const texts = new Map<View, string>();
      for (const [peer, member] of this.#members) {
        if (!member.live || event.seq <= member.cursor) continue;
        member.cursor = event.seq;
        let text = texts.get(member.view);
        if (text === undefined) texts.set(member.view, text = JSON.stringify(messageIn(event, member.view)));
        this.push(peer, text);
      }
    }
  }
}
