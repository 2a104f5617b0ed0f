/** What the migrations do, and the running of those that a database lacks. */

import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Backend } from "../schema.ts";
import { eventCredential } from "./event_credential.ts";
import { feedback } from "./feedback.ts";
import { imports } from "./imports.ts";
import { initial } from "./initial.ts";
import { lastOutcome } from "./last_outcome.ts";
import type { MigrationName } from "./names.ts";
import { refusedHosts } from "./refused_hosts.ts";
import { stays } from "./stays.ts";
import { tokens } from "./tokens.ts";
import { trust } from "./trust.ts";

const STEPS: Record<MigrationName, (db: Kysely<unknown>, kind: Backend) => Promise<void>> = {
  "0001_initial": initial,
  "0002_last_outcome": lastOutcome,
  "0003_tokens": tokens,
  "0004_event_credential": eventCredential,
  "0005_feedback": feedback,
  "0006_stays": stays,
  "0007_imports": imports,
  "0009_trust": trust,
  "0010_refused_hosts": refusedHosts,
};

/**
 * Kysely's migrator runs all pending migrations in one transaction, under an advisory lock on PostgreSQL and
 * under `begin immediate` on SQLite (dialect.ts), so a second process waits and then finds nothing to do.
 *
 * @param last stop after this one; default: the newest
 * @returns why they could not be run
 */
export async function runSteps(
  db: Kysely<unknown>,
  kind: Backend,
  last: string | undefined,
): Promise<unknown> {
  const known = Object.fromEntries(
    Object.entries(STEPS).map(([name, up]): [string, Migration] => [name, { up: (trx) => up(trx, kind) }]),
  );
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(known) } });
  const { error } = last === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(last);
  return error;
}
