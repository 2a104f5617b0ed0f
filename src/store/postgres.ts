/** PostgreSQL: a pool, one transaction per write, and LISTEN for the commits of others. */

// @ts-types="@types/pg"
import pg from "pg";
import { type CompiledQuery, Kysely, PostgresDialect } from "kysely";
import type { NewEvent } from "../domain/event.ts";
import { loggerOf } from "../log.ts";
import type { Database, Sources, Tx } from "./database.ts";
import { announcing, appendingEvents, lastSeqOf } from "./event_rows.ts";
import { Listeners } from "./listeners.ts";
import { migrate } from "./migrations/migrate.ts";
import { PreparingPool } from "./postgres_pool.ts";
import { joined } from "./postgres_joined.ts";
import { JoiningSocket } from "./postgres_socket.ts";
import { PostgresListener } from "./postgres_listener.ts";
import type { Schema } from "./schema.ts";
import { type SearchEntry, writingEntries } from "./search.ts";

/** Connections for writes. Commits with events follow one another, so more of them would only wait in the server. */
const WRITERS = 4;
const READERS = 6;
const CONNECT_MS = 10_000;
/** Type numbers of int8 and numeric: count(*) and bigint columns are JavaScript numbers here. */
const NUMBERS: readonly number[] = [20, 1700];

const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    NUMBERS.includes(oid) ? Number : pg.types.getTypeParser(oid, format as "text"),
};

/** Connects, migrates, and answers the database. @throws NewerSchemaError */
export async function openPostgres(url: string, sources: Sources): Promise<Database> {
  const config = {
    connectionString: url,
    application_name: "autopilot",
    connectionTimeoutMillis: CONNECT_MS,
    types,
    stream: () => new JoiningSocket(),
  };
  const own = new Set<number>();
  const pools = {
    writers: poolOf({ ...config, max: WRITERS }, own),
    readers: poolOf({ ...config, max: READERS }, own),
  };
  const writer = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: new PreparingPool(pools.writers) }),
  });
  try {
    await migrate(writer as Kysely<unknown>, "postgres");
  } catch (error) {
    await pools.writers.end();
    throw error;
  }
  return new PostgresDatabase(pools, writer, sources, new PostgresListener(config, (pid) => own.has(pid)));
}

interface Pools {
  writers: pg.Pool;
  readers: pg.Pool;
}

/** @param own receives the server processes of its connections, as long as they live */
function poolOf(config: pg.PoolConfig, own: Set<number>): pg.Pool {
  const pool = new pg.Pool(config);
  // A lost connection shows in the query that needs it, or the pool replaces it; without listeners, on the pool
  // for idle connections and on each one in use, its error would end the process.
  const onLost = ({ message }: Error) =>
    loggerOf("store").warn("A PostgreSQL connection was lost: {message}", { message });
  pool.on("error", onLost);
  pool.on("connect", (client) => {
    own.add(processIdOf(client));
    client.on("error", onLost);
  });
  pool.on("remove", (client) => void own.delete(processIdOf(client)));
  return pool;
}

/** The server process behind a connection; the type declarations leave it out. */
function processIdOf(client: unknown): number {
  return (client as { processID: number }).processID;
}

class PostgresDatabase implements Database {
  readonly kind = "postgres";
  readonly read: Kysely<Schema>;
  readonly #pools: Pools;
  readonly #writer: Kysely<Schema>;
  readonly #sources: Sources;
  readonly #listener: PostgresListener;
  readonly #commits = new Listeners();
  readonly #writes = new Set<Promise<unknown>>();
  #closed = false;

  constructor(
    pools: Pools,
    writer: Kysely<Schema>,
    sources: Sources,
    listener: PostgresListener,
  ) {
    this.#writer = writer;
    this.#pools = pools;
    this.read = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: pools.readers }) });
    this.#sources = sources;
    this.#listener = listener;
  }

  lastSeq(): Promise<number> {
    return lastSeqOf({ kind: "postgres", db: this.read });
  }

  async write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("The store is closed: nothing was written");
    const write = this.#transact(work);
    this.#writes.add(write);
    try {
      const value = await write;
      this.#commits.call();
      return value;
    } finally {
      this.#writes.delete(write);
    }
  }

  /**
   * The pool learns that the server cut its idle connections only when it uses them: as long as a transaction
   * dies of that before the work has begun, the next connection is tried.
   */
  async #transact<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let cut = 0;; cut++) {
      let begun = false;
      try {
        return await this.#writer.transaction().execute((db) => {
          begun = true;
          return this.#attempt(db, work);
        });
      } catch (error) {
        if (begun || cut > WRITERS || !wasCut(error)) throw error;
      }
    }
  }

  async #attempt<T>(db: Kysely<Schema>, work: (tx: Tx) => Promise<T>): Promise<T> {
    const events: NewEvent[] = [];
    const entries: SearchEntry[] = [];
    const later: CompiledQuery[] = [];
    let announced = false;
    const now = this.#sources.now();
    const value = await work({
      kind: "postgres",
      db,
      now,
      newId: this.#sources.newId,
      random: this.#sources.random,
      later: (query) => void later.push(query),
      emit: (event) => void events.push(event),
      index: (entry) => void entries.push(entry),
      announce: () => void (announced = true),
    });
    const on = { kind: "postgres", db } as const;
    later.push(...writingEntries(on, entries));
    // The call is the last, as others wait from it until the commit.
    const call = events.length > 0
      ? appendingEvents(on, events, now)
      : announced
      ? announcing(on, {})
      : undefined;
    for (const query of call === undefined ? later : joined(later, call)) await db.executeQuery(query);
    return value;
  }

  onCommit(listener: () => void): () => void {
    return this.#commits.add(listener);
  }

  watchForeign(listener: () => void): () => void {
    return this.#listener.add(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#writes);
    await this.#listener.close();
    await Promise.all([this.#pools.writers.end(), this.#pools.readers.end()]);
  }
}

/** Whether a connection that had been made is gone: the server ended it (class 57P), or the socket broke. */
function wasCut(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return code.startsWith("57P") || ["ECONNRESET", "EPIPE"].includes(code) ||
    /Connection terminated|not queryable/.test(error.message);
}
