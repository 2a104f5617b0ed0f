/** Opening: several at once, and databases that are too new. */

import assert from "node:assert/strict";
import { Kysely, PostgresDialect } from "kysely";
// @ts-types="@types/pg"
import pg from "pg";
import { DatabaseSync } from "node:sqlite";
import { NewerSchemaError } from "../../src/store/migrations/migrate.ts";
import { nodeSqliteDialect } from "../../src/store/dialect.ts";
import { ANN, newIssue } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

/** The database under a store, by a connection of its own. */
function rawDatabase(url: string): Kysely<{ kysely_migration: { name: string; timestamp: string } }> {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  return new Kysely({
    dialect: path === undefined
      ? new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) })
      : nodeSqliteDialect(new DatabaseSync(path)),
  });
}

export function migrationSuite(backend: Backend): void {
  testOn(backend, "openStore() keeps what is there", async () => {
    await using test = await backend.open();
    const issue = await test.store.issues.create(newIssue(), ANN);
    await test.store.close();
    assert.deepEqual(await (await test.another()).issues.get(issue.id), issue);
  });

  testOn(backend, "openStore() refuses a newer schema and says so", async () => {
    await using test = await backend.open();
    const raw = rawDatabase(test.url);
    await raw.insertInto("kysely_migration").values({ name: "9999_future", timestamp: "t" }).execute();
    await assert.rejects(
      test.another(),
      (error) => error instanceof NewerSchemaError && /newer schema.*9999_future/.test(error.message),
    );
    await raw.deleteFrom("kysely_migration").where("name", "=", "9999_future").execute();
    await raw.destroy();
    await test.another();
  });
}
