/**
 * The feed: follows the event log from a cursor and hands every event to its listeners once, in order,
 * whether this process or another one wrote it. Nothing is announced that did not commit, because the log
 * itself is read; a commit, own or foreign, is only the reason to look.
 */

import type { Event } from "../domain/event.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import type { Events, Store } from "../store/store.ts";

/** Events read, and handed on, at a time. */
const PAGE = 500;
/** After a failed read of the log; the next commit tries at once. */
const RETRY_MS = 1_000;

export interface Feed extends AsyncDisposable {
  /** Sequence number of the last event that was handed to the listeners. */
  readonly seq: number;
  /** Calls the listener with every event from now on. Returns the function that ends it. */
  subscribe(listener: (events: Event[]) => void): () => void;
  /** Calls the listener after any commit, own or foreign: also those without an event (pages of the run log). */
  onChange(listener: () => void): () => void;
  /**
   * The first event from now on that matches; `null` when none came within `timeout_ms`, when `signal` was
   * aborted, or when the feed was closed.
   */
  waitFor(match: (event: Event) => boolean, timeout_ms: number, signal?: AbortSignal): Promise<Event | null>;
}

/** What the feed needs of the store. */
export type FeedStore = Pick<Store, "onCommit" | "watchForeign"> & {
  events: Pick<Events, "lastSeq" | "read">;
};

/**
 * Starts following the log from its present end.
 * @param options.poll_ms how often another process's commits are looked for where the database can't tell
 */
export async function startFeed(store: FeedStore, options: { poll_ms?: number } = {}): Promise<Feed> {
  const feed = new LogFeed(store);
  await feed.start(options.poll_ms ?? 100);
  return feed;
}

class LogFeed implements Feed {
  seq = 0;
  readonly #store: FeedStore;
  readonly #listeners = new Set<(events: Event[]) => void>();
  readonly #changeListeners = new Set<() => void>();
  readonly #waiters = new Set<() => void>();
  readonly #closers: (() => void)[] = [];
  #pumping: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(store: FeedStore) {
    this.#store = store;
  }

  async start(poll_ms: number): Promise<void> {
    // Listening begins before the cursor is read, so that no commit falls between the two.
    let started = false;
    const changed = () => {
      if (started) this.#changed();
    };
    this.#closers.push(this.#store.onCommit(changed), this.#store.watchForeign(changed, { poll_ms }));
    this.seq = await this.#store.events.lastSeq();
    started = true;
    this.#changed();
  }

  subscribe(listener: (events: Event[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  waitFor(match: (event: Event) => boolean, timeout_ms: number, signal?: AbortSignal): Promise<Event | null> {
    return new Promise((resolve) => {
      const end = (event: Event | null) => {
        clearTimeout(timer);
        unsubscribe();
        signal?.removeEventListener("abort", aborted);
        this.#waiters.delete(aborted);
        resolve(event);
      };
      const aborted = () => end(null);
      const timer = setTimeout(aborted, timeout_ms);
      const unsubscribe = this.subscribe((events) => {
        const found = events.find(match);
        if (found !== undefined) end(found);
      });
      this.#waiters.add(aborted);
      signal?.addEventListener("abort", aborted);
      if (this.#closed || signal?.aborted) end(null);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    for (const end of [...this.#closers, ...this.#waiters]) end();
    this.#listeners.clear();
    this.#changeListeners.clear();
    await this.#pumping;
  }

  #changed(): void {
    if (this.#closed) return;
    for (const listener of [...this.#changeListeners]) callSafely(listener);
    this.#again = true;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
      // A commit between the loop's last look and here.
      if (this.#again && !this.#closed && this.#retry === undefined) this.#changed();
    });
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#drain();
      } catch (error) {
        if (this.#closed) return;
        loggerOf("events").error("The event log can't be read after {seq}: {error}", {
          seq: this.seq,
          error: messageOfError(error),
        });
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined;
          this.#changed();
        }, RETRY_MS);
        return;
      }
    }
  }

  async #drain(): Promise<void> {
    for (;;) {
      const events = await this.#store.events.read(this.seq, PAGE);
      if (events.length === 0 || this.#closed) return;
      this.seq = events[events.length - 1].seq;
      for (const listener of [...this.#listeners]) callSafely(() => listener(events));
      if (events.length < PAGE) return;
      // SQLite answers without giving way: let sockets drain between pages, or healthy clients look slow.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

/** One listener's fault must not keep the events from the others. */
function callSafely(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    loggerOf("events").error("A listener of the event feed failed: {error}", {
      error: messageOfError(error),
    });
  }
}
