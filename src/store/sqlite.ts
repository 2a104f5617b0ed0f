/** SQLite: one connection that writes, one that reads, and group commit. */

import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { type CompiledQuery, Kysely } from "kysely";
import type { NewEvent } from "../domain/event.ts";
import type { Database, Sources, Tx } from "./database.ts";
import { nodeSqliteDialect } from "./dialect.ts";
import { insertEvents, lastSeqOf } from "./event_rows.ts";
import { Listeners } from "./listeners.ts";
import { migrate } from "./migrations/migrate.ts";
import type { Schema } from "./schema.ts";
import { type SearchEntry, writingEntries } from "./search.ts";

/** How long to wait for the writes of other processes, in milliseconds. */
const BUSY_MS = 5_000;
/** Between two attempts to begin a write while another process writes. */
const RETRY_MS = 1;
/** SQLite's code for "another connection holds the lock", without its extension. */
const SQLITE_BUSY = 5;
/** Most writes in one commit, so that a flood can't keep one transaction open for long. */
const MAX_BATCH = 256;
const POLL_MS = 100;
/** Not read at a start: see cli/command_line.ts. */
const LATE_COPY = "./kept_copy.ts";

/** Opens (or makes) the file, migrates it, and answers the database. @throws NewerSchemaError */
export async function openSqlite(path: string, sources: Sources): Promise<Database> {
  await makePrivateFile(path);
  const file = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    // synchronous = full: an acknowledged write survives a power cut.
    for (
      const pragma of ["journal_mode = wal", "synchronous = full", "foreign_keys = on", "temp_store = memory"]
    ) {
      file.exec(`pragma ${pragma}`);
    }
    const writer = new Kysely<Schema>({ dialect: nodeSqliteDialect(file) });
    await migrate(writer as Kysely<unknown>, "sqlite", {
      // Loaded when there is something to keep: hardly any start migrates.
      before: async (lacking) => {
        const { keepCopy } = await import(LATE_COPY) as typeof import("./kept_copy.ts");
        await keepCopy(path, lacking);
      },
    });
    // Reads have their own connection, so that none waits for a write under way or sees half of it.
    const readFile = new DatabaseSync(path, { timeout: BUSY_MS, readOnly: true });
    for (const pragma of ["cache_size = -32768", "mmap_size = 268435456", "temp_store = memory"]) {
      readFile.exec(`pragma ${pragma}`);
    }
    return new SqliteDatabase(file, readFile, writer, sources);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Folder 0700 and file 0600 when they don't exist yet; SQLite gives its side files the file's mode. */
async function makePrivateFile(path: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  file.close();
}

interface Job {
  work: (tx: Tx) => Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

/** What the jobs of one transaction share. */
interface Batch {
  /** Number of the last event; `null` until somebody needed it. */
  last_seq: number | null;
  /** Written once, before the commit: FTS5 writes its index at every savepoint, which is most of its cost. */
  entries: SearchEntry[];
}

class SqliteDatabase implements Database {
  readonly kind = "sqlite";
  readonly #file: DatabaseSync;
  readonly #readFile: DatabaseSync;
  readonly #writer: Kysely<Schema>;
  readonly read: Kysely<Schema>;
  readonly #sources: Sources;
  readonly #run: (sql: string) => void;
  readonly #foreignVersion: () => number;
  readonly #lastSeq: StatementSync;
  readonly #queue: Job[] = [];
  readonly #listeners = new Listeners();
  readonly #timers = new Set<ReturnType<typeof setInterval>>();
  readonly #whenIdle: (() => void)[] = [];
  #scheduled = false;
  #closed = false;

  constructor(file: DatabaseSync, readFile: DatabaseSync, writer: Kysely<Schema>, sources: Sources) {
    this.#file = file;
    this.#readFile = readFile;
    this.#writer = writer;
    this.read = new Kysely<Schema>({ dialect: nodeSqliteDialect(readFile) });
    this.#sources = sources;
    this.#run = keptPrepared(file);
    const version = file.prepare("pragma data_version");
    this.#foreignVersion = () => Number(version.get()?.data_version);
    this.#lastSeq = readFile.prepare("select seq from events order by seq desc limit 1");
  }

  /** Past Kysely: building and compiling the query anew each time costs twice what it takes to run it. */
  lastSeq(): Promise<number> {
    try {
      return Promise.resolve(Number(this.#lastSeq.get()?.seq ?? 0));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("The store is closed: nothing was written"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  /**
   * The next batch starts in a later turn of the event loop: by then the writes of all requests that arrived
   * in this turn are in the queue, and a caller that writes in a loop can't starve timers and sockets.
   */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(async () => {
      await this.#commit();
      this.#scheduled = false;
      if (this.#queue.length > 0) this.#schedule();
      else for (const call of this.#whenIdle.splice(0)) call();
    });
  }

  /** One transaction for all jobs, each in its own savepoint. Never throws: each job's promise is settled. */
  async #commit(): Promise<void> {
    const settle: (() => void)[] = [];
    const batch: Batch = { last_seq: null, entries: [] };
    try {
      await this.#begin();
    } catch (error) {
      for (const job of this.#queue.splice(0)) job.reject(error);
      return;
    }
    const jobs = this.#queue.splice(0, MAX_BATCH);
    try {
      for (const job of jobs) settle.push(await this.#attempt(job, batch));
      const on = { kind: "sqlite", db: this.#writer } as const;
      for (const query of writingEntries(on, batch.entries)) await on.db.executeQuery(query);
      this.#run("commit");
    } catch (error) {
      // Nothing of the batch is in the database: the commit failed (disk full, I/O error, busy), or SQLite
      // itself rolled everything back, so that a savepoint was gone.
      if (this.#file.isTransaction) this.#run("rollback");
      for (const job of jobs) job.reject(error);
      return;
    }
    this.#listeners.call();
    for (const call of settle) call();
  }

  /**
   * Takes the write lock; as long as another process has it, tries again. SQLite's own waiting would stop this whole
   * process, and by its ever longer pauses it loses for seconds against a process that writes all the time: here the
   * event loop goes on, and the short moment between two writes of the other is found within some milliseconds.
   */
  async #begin(): Promise<void> {
    const deadline = performance.now() + BUSY_MS;
    for (;;) {
      try {
        this.#run("pragma busy_timeout = 0");
        this.#run("begin immediate");
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() > deadline) {
          throw new Error(`Another process has kept the database locked for ${BUSY_MS / 1000} s`, {
            cause: error,
          });
        }
      } finally {
        this.#run(`pragma busy_timeout = ${BUSY_MS}`);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #attempt(job: Job, batch: Batch): Promise<() => void> {
    const db = this.#writer;
    const events: NewEvent[] = [];
    const entries: SearchEntry[] = [];
    const later: CompiledQuery[] = [];
    const tx: Tx = {
      kind: "sqlite",
      db,
      now: this.#sources.now(),
      newId: this.#sources.newId,
      random: this.#sources.random,
      later: (query) => void later.push(query),
      emit: (event) => void events.push(event),
      index: (entry) => void entries.push(entry),
      announce: () => {}, // data_version tells of every commit
    };
    this.#run("savepoint work");
    try {
      const value = await job.work(tx);
      for (const query of later) await db.executeQuery(query);
      if (events.length > 0) {
        const last = batch.last_seq ?? await lastSeqOf(tx);
        await insertEvents(tx, events, last, tx.now);
        batch.last_seq = last + events.length;
      }
      this.#run("release work");
      batch.entries.push(...entries);
      return () => job.resolve(value);
    } catch (error) {
      this.#run("rollback to work");
      this.#run("release work");
      return () => job.reject(error);
    }
  }

  onCommit(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** `data_version` as the writing connection sees it changes with the commits of others only. */
  watchForeign(listener: () => void, { poll_ms = POLL_MS }: { poll_ms?: number } = {}): () => void {
    let seen = this.#foreignVersion();
    const timer = setInterval(() => {
      const version = this.#foreignVersion();
      if (version === seen) return;
      seen = version;
      listener();
    }, poll_ms);
    this.#timers.add(timer);
    return () => {
      clearInterval(timer);
      this.#timers.delete(timer);
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#scheduled) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await this.read.destroy();
    await this.#writer.destroy();
    // Kysely closes only a connection that it has used.
    if (this.#readFile.isOpen) this.#readFile.close();
    if (this.#file.isOpen) this.#file.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

/** Runs the few statements around a transaction without preparing them each time. */
function keptPrepared(file: DatabaseSync): (sql: string) => void {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    let statement = statements.get(sql);
    if (statement === undefined) statements.set(sql, statement = file.prepare(sql));
    statement.run();
  };
}
