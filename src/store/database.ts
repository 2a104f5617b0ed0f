/** What the aggregates of the store stand on: one database, SQLite or PostgreSQL, as reads and writes. */

import type { CompiledQuery, Kysely } from "kysely";
import type { NewEvent } from "../domain/event.ts";
import type { Backend, Schema } from "./schema.ts";
import type { SearchEntry } from "./search.ts";

/**
 * The handle of one write. A work must use only this handle, await every query, and wait for nothing else:
 * the other writes queue behind it.
 */
export interface Tx {
  readonly kind: Backend;
  readonly db: Kysely<Schema>;
  /** The time of this write. */
  readonly now: string;
  newId(): string;
  /** Uniform in [0, 1). */
  random(): number;
  /**
   * A statement of which the work needs no answer: it is run at the end of the work, in the same commit. It must need
   * nothing that another such statement writes, as PostgreSQL gets them all in one message.
   */
  later(query: CompiledQuery): void;
  /** Collects an event; it is inserted at the end of the work, in the same commit. */
  emit(event: NewEvent): void;
  /** Makes a text found (search.ts), in place of what was there; written in the same commit, after the work. */
  index(entry: SearchEntry): void;
  /** Has other processes told of this commit even though it has no event. */
  announce(): void;
}

export interface Database {
  readonly kind: Backend;
  /** For reads outside of a write; sees what is committed and never waits for a write under way. */
  readonly read: Kysely<Schema>;
  /** Number of the last event, 0 while there is none. Asked before nearly every answer, so it must cost next to nothing. */
  lastSeq(): Promise<number>;
  /**
   * Runs a work in a transaction and resolves after the commit. What a work throws undoes it, events
   * included, and rejects this promise alone.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  onCommit(listener: () => void): () => void;
  watchForeign(listener: () => void, options?: { poll_ms?: number }): () => void;
  close(): Promise<void>;
}

/** Where time and chance come from. */
export interface Sources {
  now(): string;
  newId(): string;
  random(): number;
}
