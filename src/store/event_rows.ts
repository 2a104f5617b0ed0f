/** Writing events: the last step of every transaction that has some. */

import { type Kysely, sql } from "kysely";
import type { NewEvent } from "../domain/event.ts";
import type { Schema } from "./schema.ts";

/** The highest sequence number given so far, 0 when there is none. */
export async function lastSeqOf(db: Kysely<Schema>): Promise<number> {
  const row = await db.selectFrom("events").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst();
  return row?.seq ?? 0;
}

/** Inserts the events behind `last`; the caller holds the lock that makes `last` the truth until the commit. */
export async function insertEvents(
  db: Kysely<Schema>,
  events: readonly NewEvent[],
  last: number,
  now: string,
): Promise<void> {
  await db.insertInto("events").values(events.map((event, index) => ({
    seq: last + 1 + index,
    at: now,
    type: event.type,
    issue_id: event.issue_id,
    run_id: event.run_id,
    actor_kind: event.actor.kind,
    actor: event.actor.name,
    data: JSON.stringify(event.data),
  }))).execute();
}

/** Any fixed number; every Autopilot on the database takes the same lock. */
const EVENTS_LOCK = 4_027_118;

/**
 * Waits until no other transaction is between its events and its commit. Held until this one commits, so the
 * order of numbers is the order of commits and no reader can see a number while a lower one is still missing.
 */
export async function lockEvents(db: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${EVENTS_LOCK}::bigint)`.execute(db);
}
