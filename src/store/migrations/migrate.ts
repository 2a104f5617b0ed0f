/** Brings a database to the newest schema, once, even when several processes start at the same moment. */

import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Backend } from "../schema.ts";
import { eventCredential } from "./event_credential.ts";
import { feedback } from "./feedback.ts";
import { imports } from "./imports.ts";
import { initial } from "./initial.ts";
import { lastOutcome } from "./last_outcome.ts";
import { tokens } from "./tokens.ts";
import { stays } from "./stays.ts";
import { trust } from "./trust.ts";

/** In order; a name is written into every database and never changes. */
const MIGRATIONS: readonly { name: string; up: (db: Kysely<unknown>, kind: Backend) => Promise<void> }[] = [
  { name: "0001_initial", up: initial },
  { name: "0002_last_outcome", up: lastOutcome },
  { name: "0003_tokens", up: tokens },
  { name: "0004_event_credential", up: eventCredential },
  { name: "0005_feedback", up: feedback },
  { name: "0006_stays", up: stays },
  { name: "0007_imports", up: imports },
  { name: "0009_trust", up: trust },
];

/** Names of all migrations, oldest first. */
export const KNOWN_MIGRATIONS: readonly string[] = MIGRATIONS.map(({ name }) => name);

export interface MigrateOptions {
  /** Called before a database that has data is changed, with the migrations that it lacks. What it throws stops them. */
  before?: (lacking: readonly string[]) => Promise<void>;
  /** Stop after this migration, as an earlier version of the program would have. Default: the newest. */
  last?: string;
}

/** The database was written by a newer version of the program. */
export class NewerSchemaError extends Error {
  override name = "NewerSchemaError";
  constructor(readonly unknown: readonly string[]) {
    super(
      `The database has a newer schema than this version of Autopilot knows (${unknown.join(", ")}). ` +
        "Start the version that wrote it, or a later one; nothing was changed",
    );
  }
}

/**
 * Kysely's migrator runs all pending migrations in one transaction, under an advisory lock on PostgreSQL and
 * under `begin immediate` on SQLite (dialect.ts), so a second process waits and then finds nothing to do.
 *
 * @throws NewerSchemaError
 */
export async function migrate(
  db: Kysely<unknown>,
  kind: Backend,
  { before, last }: MigrateOptions = {},
): Promise<void> {
  const known = Object.fromEntries(
    MIGRATIONS.map(({ name, up }): [string, Migration] => [name, { up: (trx) => up(trx, kind) }]),
  );
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(known) } });
  const had = await migrationsOf(db);
  const lacking = KNOWN_MIGRATIONS.filter((name) => !had.includes(name));
  if (had.length > 0 && lacking.length > 0) await before?.(lacking);
  const { error } = last === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(last);
  if (error === undefined) return;
  // A newer process may have migrated between the look and the lock: then that is the reason to tell.
  await migrationsOf(db);
  throw new Error("The database could not be brought to the newest schema", { cause: error });
}

/** The migrations that a database has had, none when it is empty. @throws NewerSchemaError */
async function migrationsOf(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === "kysely_migration")) return [];
  const rows = await (db as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom("kysely_migration").select("name").orderBy("name").execute();
  const names = rows.map((row) => row.name);
  const unknown = names.filter((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
  return names;
}
