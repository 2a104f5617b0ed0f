/** The database under a store, by a connection of its own. */

import { DatabaseSync } from "node:sqlite";
import { Kysely, PostgresDialect } from "kysely";
// @ts-types="@types/pg"
import pg from "pg";
import { nodeSqliteDialect } from "../../src/store/dialect.ts";
import type { Schema } from "../../src/store/schema.ts";

export interface RawSchema extends Schema {
  kysely_migration: { name: string; timestamp: string };
}

export function rawDatabase(url: string): Kysely<RawSchema> {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  return new Kysely({
    dialect: path === undefined
      ? new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) })
      : nodeSqliteDialect(new DatabaseSync(path)),
  });
}
