/**
 * A whole board as lines of JSON, out of one database and into another, SQLite or PostgreSQL: `{"table", "row"}`, rows as
 * they are stored. Ids, numbers and the event log stay what they are.
 */

import { type Kysely, sql } from "kysely";
import { messageOfError } from "../domain/errors.ts";
import type { Database, Tx } from "./database.ts";
import { KNOWN_MIGRATIONS } from "./migrations/names.ts";
import { type SearchEntry, writingEntries } from "./search.ts";
import { storable } from "./text.ts";

/** What moves with a board, in an order in which nothing refers to what comes later, with the key of each table. */
export const MOVED: Readonly<Record<string, readonly string[]>> = {
  issues: ["number"],
  comments: ["issue_id", "n"],
  attachments: ["issue_id", "n"],
  runs: ["id"],
  run_log_pages: ["run_id", "last_seq"],
  events: ["seq"],
  stays: ["issue_id", "n"],
  imports: ["source", "key"],
};

/** Tables that the database itself fills while issues come in: what came of that makes way for the board's own rows. */
const FILLED_BY_TRIGGERS: readonly string[] = ["stays"];

/** What stays, and why. Every table is in one of the two lists: a test sees to that. */
export const NOT_MOVED: Readonly<Record<string, string>> = {
  agents: "who works where at this moment; they come back with their first sign of life",
  feedback_days: "how much visitors sent to this one server",
  feedback_reports: "what visitors may send again, to the server that gave them their receipts",
  meta: "facts about this one database",
  tokens: "credentials belong to one server: an export must not open any door",
};

/** Columns that hold JSON, and what it must be. */
const JSON_COLUMNS: Readonly<Record<string, { column: string; array: boolean }>> = {
  events: { column: "data", array: false },
  run_log_pages: { column: "entries", array: true },
};

/** Rows per statement, and text of them in characters: a page of a run's log may be large. */
const BATCH_ROWS = 200;
const BATCH_TEXT = 1 << 20;
const STORED_NAME = /^[0-9a-f]{32}$/;

/** Lines can't be taken in: nothing was. The message names the line. */
export class TransferError extends Error {
  override name = "TransferError";
}

export interface Dumped {
  /** Name of the newest migration. */
  schema: string;
  rows: Record<string, number>;
  /** Names of the attachments' files. */
  stored_names: string[];
}

type Row = Record<string, string | number | null>;
// Tables are chosen by name here; their types would be all of them at once.
type Tables = Record<string, Row>;

/** Writes the board as of one moment, whoever changes it meanwhile. */
export async function dump(
  { read, kind }: Pick<Database, "read" | "kind">,
  write: (line: string) => Promise<void>,
): Promise<Dumped> {
  return await read.connection().execute(async (connection) => {
    const db = connection as unknown as Kysely<Tables>;
    const begin = kind === "sqlite" ? "begin deferred" : "begin isolation level repeatable read read only";
    await sql.raw(begin).execute(db);
    try {
      const dumped: Dumped = { schema: KNOWN_MIGRATIONS.at(-1) ?? "", rows: {}, stored_names: [] };
      for (const [table, key] of Object.entries(MOVED)) {
        dumped.rows[table] = 0;
        for await (const row of rowsOf(db, table, key)) {
          dumped.rows[table]++;
          if (table === "attachments") dumped.stored_names.push(String(row.stored_name));
          // In one order, whichever database it is: columns that came later stand elsewhere in each.
          const sorted = Object.fromEntries(Object.entries(row).sort(([a], [b]) => a < b ? -1 : 1));
          await write(JSON.stringify({ table, row: sorted }));
        }
      }
      return dumped;
    } finally {
      await sql.raw("commit").execute(db);
    }
  });
}

async function* rowsOf(db: Kysely<Tables>, table: string, key: readonly string[]): AsyncGenerator<Row> {
  const keys = sql.join(key.map((column) => sql.ref(column)));
  let last: Row | undefined;
  for (;;) {
    const after = last === undefined
      ? sql``
      : sql`where (${keys}) > (${sql.join(key.map((column) => last![column]))})`;
    const { rows } = await sql<Row>`select * from ${sql.table(table)} ${after} order by ${keys}
      limit ${sql.lit(BATCH_ROWS)}`.execute(db);
    yield* rows;
    if (rows.length < BATCH_ROWS) return;
    last = rows.at(-1);
  }
}

/**
 * Takes a board into an empty database: all of it or, whatever happens, nothing.
 *
 * @param allows whether the archive has the file of this name
 * @throws TransferError when the database is not empty or a line is none of a board's
 */
export async function load(
  database: Pick<Database, "write">,
  lines: AsyncIterable<string>,
  allows: (stored_name: string) => boolean,
): Promise<Record<string, number>> {
  return await database.write(async (tx) => {
    const db = tx.db as unknown as Kysely<Tables>;
    await refuseUnlessEmpty(tx, db);
    const loader = new Loader(tx, db, await columnsOf(db), allows);
    for await (const line of lines) await loader.add(line);
    await loader.flush();
    if (tx.kind === "postgres") {
      await sql`select setval(pg_get_serial_sequence('issues', 'number'), max(number)) from issues
        having count(*) > 0`.execute(db);
      tx.announce();
    }
    return loader.rows;
  });
}

async function refuseUnlessEmpty(tx: Tx, db: Kysely<Tables>): Promise<void> {
  // Whoever adds events waits from here on, so none can come between the look and the rows.
  if (tx.kind === "postgres") await sql`select pg_advisory_xact_lock(4027118)`.execute(db);
  for (const table of Object.keys(MOVED)) {
    const row = await db.selectFrom(table).select(sql<number>`1`.as("found")).limit(1).executeTakeFirst();
    if (row !== undefined) {
      throw new TransferError(
        `The board is not empty: it has ${table}. Import into a new data folder, or a new database, before anything else`,
      );
    }
  }
}

async function columnsOf(db: Kysely<Tables>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const tables = await db.introspection.getTables();
  return new Map(
    tables.filter(({ name }) => name in MOVED)
      .map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]),
  );
}

class Loader {
  readonly rows: Record<string, number> = {};
  #line = 0;
  #table = "";
  #shape = "";
  #batch: Row[] = [];
  #text = 0;
  #numbers = new Map<string, number>();

  constructor(
    readonly tx: Tx,
    readonly db: Kysely<Tables>,
    readonly columns: ReadonlyMap<string, ReadonlySet<string>>,
    readonly allows: (stored_name: string) => boolean,
  ) {}

  async add(line: string): Promise<void> {
    this.#line++;
    const { table, row } = this.#parse(line);
    const shape = Object.keys(row).join();
    if (table !== this.#table || shape !== this.#shape) await this.flush();
    this.#table = table;
    this.#shape = shape;
    this.#batch.push(row);
    this.#text += line.length;
    if (this.#batch.length >= BATCH_ROWS || this.#text >= BATCH_TEXT) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const [table, batch] = [this.#table, this.#batch];
    try {
      if (FILLED_BY_TRIGGERS.includes(table) && this.rows[table] === undefined) {
        await this.db.deleteFrom(table).execute();
      }
      await this.db.insertInto(table).values(batch).execute();
      for (const query of writingEntries(this.tx, this.#entries(table, batch))) {
        await this.tx.db.executeQuery(query);
      }
    } catch (cause) {
      throw new TransferError(
        `The ${table} up to line ${this.#line} can't be taken in: ${messageOfError(cause)}`,
        { cause },
      );
    }
    this.rows[table] = (this.rows[table] ?? 0) + batch.length;
    this.#batch = [];
    this.#text = 0;
  }

  #parse(line: string): { table: string; row: Row } {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw this.#refusal("it is no JSON", cause);
    }
    if (typeof value !== "object" || value === null) throw this.#refusal("it is no row");
    const { table, row } = value as { table: unknown; row: unknown };
    const columns = typeof table === "string" ? this.columns.get(table) : undefined;
    if (typeof table !== "string" || columns === undefined || typeof row !== "object" || row === null) {
      throw this.#refusal("it is no row of a table that this version knows");
    }
    return { table, row: this.#checked(table, row as Record<string, unknown>, columns) };
  }

  #checked(table: string, row: Record<string, unknown>, columns: ReadonlySet<string>): Row {
    const checked: Row = {};
    for (const [column, value] of Object.entries(row)) {
      if (!columns.has(column)) {
        throw this.#refusal(`${table} have no ${JSON.stringify(column)} in this version`);
      }
      if (typeof value === "string") checked[column] = storable(value);
      else if (typeof value === "number" || value === null) checked[column] = value;
      else throw this.#refusal(`${column} is neither text nor number`);
    }
    const json = JSON_COLUMNS[table];
    if (json !== undefined && !holdsJson(checked[json.column], json.array)) {
      throw this.#refusal(`${json.column} holds no JSON of its kind`);
    }
    const stored_name = checked.stored_name;
    if (
      table === "attachments" && !(STORED_NAME.test(String(stored_name)) && this.allows(String(stored_name)))
    ) {
      throw this.#refusal(`the file ${JSON.stringify(stored_name)} did not come along`);
    }
    return checked;
  }

  /** Search entries are made anew: their form is each database's own. */
  #entries(table: string, batch: readonly Row[]): SearchEntry[] {
    if (table === "issues") {
      for (const row of batch) this.#numbers.set(String(row.id), Number(row.number));
      return batch.map((row) => ({ number: Number(row.number), n: 0, text: `${row.title}\n${row.body}` }));
    }
    if (table !== "comments") return [];
    return batch.map((row) => ({
      number: this.#numbers.get(String(row.issue_id)) ?? 0,
      n: Number(row.n),
      text: String(row.body),
    }));
  }

  #refusal(why: string, cause?: unknown): TransferError {
    return new TransferError(`Line ${this.#line} can't be taken in: ${why}`, { cause });
  }
}

function holdsJson(value: unknown, array: boolean): boolean {
  try {
    const parsed: unknown = JSON.parse(String(value));
    return typeof parsed === "object" && parsed !== null && Array.isArray(parsed) === array;
  } catch {
    // No JSON: the caller says so, with the line.
    return false;
  }
}
