/**
 * Statements whose text is built once. Kysely builds and compiles a statement anew each time it is run, which for a
 * small one costs more than running it; what every claim, request and event needs is kept here as SQL, and only its
 * values change.
 */

import {
  type Compilable,
  type CompiledQuery,
  type Insertable,
  type Kysely,
  type Selectable,
  sql,
} from "kysely";
import type { Backend, Schema } from "./schema.ts";

/** Where a statement runs: a write (`Tx`), or a database's reading side. */
export interface Connection {
  readonly kind: Backend;
  readonly db: Kysely<Schema>;
}

export function readingSide({ kind, read }: { kind: Backend; read: Kysely<Schema> }): Connection {
  return { kind, db: read };
}

/** Stands for a value while a statement is built. */
class Placeholder {
  constructor(readonly name: string) {}
}

/** Has a placeholder under every name that is asked for. */
function placeholders<P extends object>(): P {
  return new Proxy({}, { get: (_, name) => new Placeholder(String(name)) }) as P;
}

interface Kept<R> {
  query: CompiledQuery<R>;
  /** Index of each parameter whose value changes, with its name. */
  open: readonly (readonly [index: number, name: string])[];
}

function keep<R>(built: Compilable<R>): Kept<R> {
  const query = built.compile();
  const open = query.parameters.flatMap((value, index) =>
    value instanceof Placeholder ? [[index, value.name] as const] : []
  );
  return { query, open };
}

type Build<P, R> = (db: Kysely<Schema>, p: P, kind: Backend) => Compilable<R>;

/**
 * A statement that differs in nothing but values from run to run, with its values.
 * @param build called once per kind of database; it may use nothing that changes but the values of `p`, and each of
 *   these only as a value, never to decide what is built
 */
export function keptQuery<P extends object, R>(
  build: Build<P, R>,
): (on: Connection, values: P) => CompiledQuery<R> {
  const made: Partial<Record<Backend, Kept<R>>> = {};
  return (on, values) => {
    const { query, open } = made[on.kind] ??= keep(build(on.db, placeholders<P>(), on.kind));
    const parameters = [...query.parameters];
    for (const [index, name] of open) parameters[index] = (values as Record<string, unknown>)[name];
    return { ...query, parameters };
  };
}

/** The same, run at once. */
export function kept<P extends object, R>(build: Build<P, R>): (on: Connection, values: P) => Promise<R[]> {
  const query = keptQuery(build);
  return async (on, values) => (await on.db.executeQuery(query(on, values))).rows;
}

const inserts = new Map<string, CompiledQuery>();

/** Inserts rows, all with the columns of the first. Kept per set of columns and number of rows: the code has few. */
export function insertQuery<T extends keyof Schema>(
  on: Connection,
  table: T,
  rows: readonly Insertable<Schema[T]>[],
): CompiledQuery {
  return inserting(on, table, rows, false);
}

/** Inserts a row and answers it as the database has it. */
export async function insertedRow<T extends keyof Schema>(
  on: Connection,
  table: T,
  row: Insertable<Schema[T]>,
): Promise<Selectable<Schema[T]>> {
  const { rows } = await on.db.executeQuery(inserting(on, table, [row], true));
  return rows[0] as Selectable<Schema[T]>;
}

function inserting(
  on: Connection,
  table: keyof Schema,
  rows: readonly object[],
  returning: boolean,
): CompiledQuery {
  const columns = Object.keys(rows[0]);
  const key = `${on.kind} ${table} ${columns} ${rows.length} ${returning}`;
  let query = inserts.get(key);
  if (query === undefined) {
    const row = sql`(${sql.join(columns.map((name) => new Placeholder(name)))})`;
    query = sql`insert into ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))})
      values ${sql.join(rows.map(() => row))}${returning ? sql` returning *` : sql``}`.compile(on.db);
    inserts.set(key, query);
  }
  const parameters = rows.flatMap((row) => columns.map((name) => (row as Record<string, unknown>)[name]));
  return { ...query, parameters };
}
