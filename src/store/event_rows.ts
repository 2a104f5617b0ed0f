/** Writing events: the last step of every transaction that has some. */

import { type CompiledQuery, sql } from "kysely";
import type { NewEvent } from "../domain/event.ts";
import { type Connection, insertQuery, kept, keptQuery } from "./kept.ts";
import { storable } from "./text.ts";

/** The highest sequence number given so far, 0 when there is none. */
export async function lastSeqOf(on: Connection): Promise<number> {
  const [row] = await last(on, {});
  return row?.seq ?? 0;
}

const last = kept((db) => db.selectFrom("events").select("seq").orderBy("seq", "desc").limit(1));

/** Inserts the events behind `last`, which stays the truth until the commit: SQLite has one writer at a time. */
export async function insertEvents(
  on: Connection,
  events: readonly NewEvent[],
  last: number,
  now: string,
): Promise<void> {
  const rows = events.map((event, index) => ({ seq: last + 1 + index, ...columnsOf(event, now) }));
  await on.db.executeQuery(insertQuery(on, "events", rows));
}

function columnsOf(event: NewEvent, now: string) {
  return {
    at: now,
    type: event.type,
    issue_id: event.issue_id,
    run_id: event.run_id,
    actor_kind: event.actor.kind,
    actor: storable(event.actor.name),
    credential: event.actor.credential ?? "",
    data: JSON.stringify(event.data),
  };
}

/** Where PostgreSQL tells of commits: the number of the last event, empty for a commit without events. */
export const CHANNEL = "autopilot";
/**
 * PostgreSQL: inserts the events behind the last one and has its new number told to others at the commit. From here
 * to the commit no other transaction is in the same place: see the function in the first migration.
 */
export function appendingEvents(on: Connection, events: readonly NewEvent[], now: string): CompiledQuery {
  return append(on, { log: JSON.stringify(events.map((event) => columnsOf(event, now))) });
}

const append = keptQuery<{ log: string }, unknown>((db, { log }) => ({
  compile: () => sql`select append_events(${log}::json)`.compile(db),
}));

/** PostgreSQL: has others told of a commit without events. */
export const announcing = keptQuery<object, unknown>((db) => ({
  compile: () => sql`select pg_notify(${sql.lit(CHANNEL)}, '')`.compile(db),
}));
