/** Opening the store: which database, and all aggregates on it. */

import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { agentsIn } from "./agents.ts";
import { attachmentsIn } from "./attachments.ts";
import { commentsIn } from "./comments.ts";
import type { Database, Sources } from "./database.ts";
import { eventsIn } from "./events.ts";
import { feedbackIn } from "./feedback.ts";
import { issuesIn } from "./issues.ts";
import { runLogIn } from "./run_log.ts";
import { runsIn } from "./runs.ts";
import { openSqlite } from "./sqlite.ts";
import { statsIn } from "./stats.ts";
import { timeOrderedId } from "./ids.ts";
import type { Store } from "./store.ts";
import { tokensIn } from "./tokens.ts";

/** Not read by a board on SQLite: see cli/command_line.ts. */
const LATE_POSTGRES = "./postgres.ts";
const LATE_IMPORTS = "./imports.ts";
const LATE_TRANSFER = "./transfer.ts";
const imports = () => import(LATE_IMPORTS) as Promise<typeof import("./imports.ts")>;
const transfer = () => import(LATE_TRANSFER) as Promise<typeof import("./transfer.ts")>;

export interface OpenOptions {
  /** `sqlite:<path>` or `postgres://…` */
  url: string;
  clock: Clock;
  /** Default: UUIDs of version 7. */
  newId?: () => string;
  /** Uniform in [0, 1), for the jitter of back-offs. Default `Math.random`. */
  random?: () => number;
}

/**
 * Opens the database, makes it when it is not there (SQLite), and brings its schema up to date.
 * @throws NewerSchemaError when a newer version of the program wrote it; Error when it can't be reached
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const { clock } = options;
  const sources: Sources = {
    now: () => clock.now().toISOString(),
    newId: options.newId ?? (() => timeOrderedId(clock.now())),
    random: options.random ?? Math.random,
  };
  return storeOn(await openDatabase(options.url, sources), clock);
}

async function openDatabase(url: string, sources: Sources): Promise<Database> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    // Its driver costs 40 ms at start, and most starts are on SQLite.
    const { openPostgres } = await import(LATE_POSTGRES) as typeof import("./postgres.ts");
    return await openPostgres(url, sources);
  }
  const path = /^sqlite:(?<path>.+)$/s.exec(url)?.groups?.path;
  if (path !== undefined && path !== ":memory:") return await openSqlite(path, sources);
  const scheme = url.split(":")[0];
  throw new Error(
    `A database URL is sqlite:<path of a file> or postgres://<user>@<host>/<database>; this one begins with "${scheme}:"`,
  );
}

function storeOn(database: Database, clock: Clock): Store {
  const close = () => database.close();
  return {
    kind: database.kind,
    issues: issuesIn(database),
    comments: commentsIn(database),
    attachments: attachmentsIn(database),
    runs: runsIn(database, clock),
    runLog: runLogIn(database),
    events: eventsIn(database),
    agents: agentsIn(database, clock),
    tokens: tokensIn(database),
    stats: statsIn(database, clock),
    imports: {
      add: async (...args) => await (await imports()).addForeign(database, ...args),
    },
    // Loaded when it is called: no server's start needs it.
    transfer: {
      dump: async (write) => await (await transfer()).dump(database, write),
      load: async (lines, allows) => await (await transfer()).load(database, lines, allows),
    },
    feedback: feedbackIn(database),
    onCommit: (listener) => database.onCommit(listener),
    watchForeign: (listener, options) => database.watchForeign(listener, options),
    size: () => size(database),
    ping: () => database.write(ping),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function size({ read, kind }: Database): Promise<number> {
  const bytes = kind === "sqlite"
    ? sql<{ bytes: number }>`select page_count * page_size as bytes from pragma_page_count, pragma_page_size`
    : sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`;
  return (await bytes.execute(read)).rows[0].bytes;
}

/** A real write: a full disk or a read-only database shows. */
async function ping({ db, now }: Parameters<Parameters<Database["write"]>[0]>[0]): Promise<void> {
  await db.insertInto("meta").values({ key: "ping", value: now })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: now })).execute();
}
