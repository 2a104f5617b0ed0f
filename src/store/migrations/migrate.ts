/** Brings a database to the newest schema, once, even when several processes start at the same moment. */

import { type Kysely, sql } from "kysely";
import type { Backend } from "../schema.ts";
import { KNOWN_MIGRATIONS } from "./names.ts";

/** Not read by a start that finds everything done: see cli/command_line.ts. */
const LATE_STEPS = "./steps.ts";

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

/** @throws NewerSchemaError */
export async function migrate(
  db: Kysely<unknown>,
  kind: Backend,
  { before, last }: MigrateOptions = {},
): Promise<void> {
  const had = await migrationsOf(db, kind);
  const lacking = KNOWN_MIGRATIONS.filter((name) => !had.includes(name));
  if (lacking.length === 0) return;
  if (had.length > 0) await before?.(lacking);
  const { runSteps } = await import(LATE_STEPS) as typeof import("./steps.ts");
  const error = await runSteps(db, kind, last);
  if (error === undefined) return;
  // A newer process may have migrated between the look and the lock: then that is the reason to tell.
  await migrationsOf(db, kind);
  throw new Error("The database could not be brought to the newest schema", { cause: error });
}

/** The migrations that a database has had, none when it is empty. @throws NewerSchemaError */
async function migrationsOf(db: Kysely<unknown>, kind: Backend): Promise<string[]> {
  const table = kind === "sqlite"
    ? sql<{ name: string | null }>`select name from sqlite_master where name = 'kysely_migration'`
    : sql<{ name: string | null }>`select to_regclass('kysely_migration')::text as name`;
  if (((await table.execute(db)).rows[0]?.name ?? null) === null) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const names = rows.map((row) => row.name);
  const unknown = names.filter((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
  return names;
}
