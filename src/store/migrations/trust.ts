/**
 * When a human last handed an issue to the agents, so that what strangers wrote later waits for the next time; and the
 * hosts that a run's tools were refused.
 */

import { type Kysely, sql } from "kysely";

export async function trust(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table issues add column promoted_at text not null default ''`).execute(db);
  await sql.raw(
    `update issues set promoted_at = updated_at where status in ('ready', 'in_progress', 'blocked', 'in_review')`,
  ).execute(db);
  await sql.raw(`alter table runs add column refused_hosts text not null default ''`).execute(db);
}
