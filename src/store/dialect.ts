/** Kysely's SQLite dialect over `node:sqlite`. */

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { SqliteAdapter, SqliteDialect } from "kysely";

/** Distinct statements kept prepared. Lists of varying length make distinct SQL, so there must be a bound. */
const MAX_STATEMENTS = 500;

interface Prepared {
  reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): ReturnType<StatementSync["run"]>;
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>;
}

/**
 * Keeps statements prepared (preparing costs about four times what running a point select does), and starts
 * transactions with `begin immediate`: a deferred one that reads first can't be upgraded when another process
 * wrote meanwhile, and busy_timeout does not help with that.
 */
export function nodeSqliteDialect(db: DatabaseSync): SqliteDialect {
  const prepared = new Map<string, Prepared>();
  const prepare = (sql: string): Prepared => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = db.prepare(sql);
    const made: Prepared = {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...parameters.map(bindable)),
      run: (parameters) => statement.run(...parameters.map(bindable)),
      // A statement that is being iterated can't be shared.
      iterate: (parameters) => db.prepare(sql).iterate(...parameters.map(bindable)),
    };
    if (prepared.size >= MAX_STATEMENTS) {
      for (const oldest of prepared.keys()) {
        prepared.delete(oldest);
        break;
      }
    }
    prepared.set(sql, made);
    return made;
  };
  return new ImmediateDialect({
    database: {
      close: () => {
        prepared.clear();
        db.close();
      },
      prepare: (sql) => prepare(sql === "begin" ? "begin immediate" : sql),
    },
  });
}

class ImmediateDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdl();
  }
}

/** SQLite has transactional DDL; with it the migrator does everything under one `begin immediate`. */
class TransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** node:sqlite binds a Date silently as NULL and throws for booleans: neither belongs into a row here. */
function bindable(value: unknown): SQLInputValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value;
  }
  if (value === null || value instanceof Uint8Array) return value as SQLInputValue;
  throw new TypeError(`A ${typeof value} can't be a parameter of a statement: rows hold texts and numbers`);
}
