/** Writing events: the last step of every transaction that has some. */

import { type Kysely, sql } from "kysely";
import type { NewEvent } from "../domain/event.ts";
import type { Schema } from "./schema.ts";
import { storable } from "./text.ts";

/** The highest sequence number given so far, 0 when there is none. */
export async function lastSeqOf(db: Kysely<Schema>): Promise<number> {
  const row = await db.selectFrom("events").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst();
  return row?.seq ?? 0;
}

/** Inserts the events behind `last`, which stays the truth until the commit: SQLite has one writer at a time. */
export async function insertEvents(
  db: Kysely<Schema>,
  events: readonly NewEvent[],
  last: number,
  now: string,
): Promise<void> {
  const rows = events.map((event, index) => ({ seq: last + 1 + index, ...columnsOf(event, now) }));
  await db.insertInto("events").values(rows).execute();
}

function columnsOf(event: NewEvent, now: string) {
  return {
    at: now,
    type: event.type,
    issue_id: event.issue_id,
    run_id: event.run_id,
    actor_kind: event.actor.kind,
    actor: storable(event.actor.name),
    data: JSON.stringify(event.data),
  };
}

/** Where PostgreSQL tells of commits: the number of the last event, empty for a commit without events. */
export const CHANNEL = "autopilot";
/** Any fixed number; every Autopilot on the database takes the same lock. */
const EVENTS_LOCK = 4_027_118;

/**
 * PostgreSQL: inserts the events behind the last one and has their number told to others at the commit. First
 * it waits until no other transaction is between its events and its commit, and others wait for this one: so
 * the order of numbers is the order of commits, and no reader sees a number while a lower one is missing.
 */
export async function appendEvents(
  db: Kysely<Schema>,
  events: readonly NewEvent[],
  now: string,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(EVENTS_LOCK)})`.execute(db);
  // A statement of its own: it must see what the lock's previous holder committed.
  await sql`with inserted as (
      insert into events (seq, at, type, issue_id, run_id, actor_kind, actor, data)
      select (select coalesce(max(seq), 0) from events) + row_number() over (),
        at, type, issue_id, run_id, actor_kind, actor, data
      from json_to_recordset(${JSON.stringify(events.map((event) => columnsOf(event, now)))}::json)
        as event (at text, type text, issue_id text, run_id text, actor_kind text, actor text, data text)
      returning seq
    ) select pg_notify(${sql.lit(CHANNEL)}, max(seq)::text) from inserted`.execute(db);
}
