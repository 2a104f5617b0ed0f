/** Writes a run's log in pages: few commits, nothing lost, and an agent that talks too fast waits. */

import type { Clock } from "../clock.ts";
import type { LogBody, LogEntry, SoFar } from "../domain/log_entry.ts";
import { failpoint } from "../failpoint.ts";
import type { Timers } from "./timers.ts";

/** An entry reaches the store at most this much later, so that a board can follow. */
export const FLUSH_MS = 50;
/** Most entries of one page. */
export const PAGE_ENTRIES = 500;
/** Most characters of one page, so that large entries don't pile up in one commit. */
const PAGE_CHARS = 1_000_000;
/** With so many entries waiting, the reader of the agent's output waits too. */
const HIGH_WATER = 4 * PAGE_ENTRIES;

/**
 * Most of one run: an agent in a loop must not fill the disk. Days of real work stay far below it. What is still
 * written after that, up to so many entries, is what somebody needs to understand the end.
 */
export const MAX_LOG = { entries: 200_000, chars: 32_000_000, entries_after: 1_000 } as const;
const LAST_WORDS: ReadonlySet<LogBody["type"]> = new Set(["system", "error", "result"]);

export interface TranscriptDeps {
  append(entries: LogEntry[]): Promise<void>;
  clock: Clock;
  timers: Timers;
  /** Called once when a page can't be written; from then on entries are dropped. */
  onError(error: unknown): void;
}

export class Transcript {
  readonly #deps: TranscriptDeps;
  #waiting: LogEntry[] = [];
  #seq = 0;
  #chars = 0;
  #full = false;
  /** Last words since then. */
  #after = 0;
  #cancel: (() => void) | null = null;
  #writing: Promise<void> | null = null;
  #failed = false;
  #room: (() => void)[] = [];

  constructor(deps: TranscriptDeps) {
    this.#deps = deps;
  }

  /** Takes an entry. Resolves at once, or when there is room again: await it before reading on. */
  write(body: LogBody, so_far?: SoFar): Promise<void> | void {
    if (this.#failed) return;
    const at = this.#deps.clock.now().toISOString();
    const more = so_far === undefined ? {} : { so_far };
    for (const admitted of this.#admit(body)) {
      this.#waiting.push({ seq: ++this.#seq, at, ...more, ...admitted });
    }
    if (this.#waiting.length >= PAGE_ENTRIES) this.#flush();
    else if (this.#cancel === null && this.#writing === null) {
      this.#cancel = this.#deps.timers.after(FLUSH_MS, () => this.#flush());
    }
    if (this.#waiting.length >= HIGH_WATER) return new Promise((resolve) => this.#room.push(resolve));
  }

  /** What is written of an entry: itself, nothing, or the word that the transcript is full. */
  #admit(body: LogBody): LogBody[] {
    if (!this.#full) {
      this.#chars += sizeOf(body);
      if (this.#seq < MAX_LOG.entries && this.#chars <= MAX_LOG.chars) return [body];
      this.#full = true;
      return [FULL, ...this.#admit(body)];
    }
    return LAST_WORDS.has(body.type) && this.#after++ < MAX_LOG.entries_after ? [body] : [];
  }

  /** Resolves when everything taken so far is stored, or was dropped after an error. */
  async drain(): Promise<void> {
    while (this.#writing !== null || this.#waiting.length > 0) {
      this.#flush();
      await this.#writing;
    }
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#writing !== null || this.#waiting.length === 0) return;
    this.#writing = this.#writePages().finally(() => {
      this.#writing = null;
      if (this.#waiting.length > 0) this.#cancel ??= this.#deps.timers.after(FLUSH_MS, () => this.#flush());
    });
  }

  /** Writes full pages, and one that is not full; what comes meanwhile waits for its own time. */
  async #writePages(): Promise<void> {
    do {
      const page = this.#waiting.splice(0, pageLength(this.#waiting));
      if (this.#waiting.length < HIGH_WATER) this.#makeRoom();
      try {
        await this.#deps.append(page);
        failpoint("transcript_page");
      } catch (error) {
        this.#failed = true;
        this.#waiting = [];
        this.#makeRoom();
        this.#deps.onError(error);
      }
    } while (this.#waiting.length >= PAGE_ENTRIES);
  }

  #makeRoom(): void {
    const waiters = this.#room;
    this.#room = [];
    for (const resolve of waiters) resolve();
  }
}

const FULL: LogBody = {
  type: "system",
  text: "The transcript is full: from here on only errors and results are written",
};

function pageLength(entries: readonly LogEntry[]): number {
  let chars = 0;
  let count = 0;
  for (const entry of entries) {
    chars += sizeOf(entry);
    if (count > 0 && (count >= PAGE_ENTRIES || chars > PAGE_CHARS)) break;
    count++;
  }
  return count;
}

function sizeOf(entry: LogBody): number {
  if (entry.type === "tool_call") return entry.input.length;
  return "text" in entry ? entry.text.length : 0;
}
