/**
 * Events tell by which credential something was done, and may have new types. The list of types is the code's alone
 * from here on: in the table each new one would mean to write the largest table anew on SQLite.
 */

import { type Kysely, sql } from "kysely";
import type { Backend } from "../schema.ts";
import { CHECKED } from "./initial.ts";

export async function eventCredential(db: Kysely<unknown>, kind: Backend): Promise<void> {
  for (const statement of kind === "sqlite" ? sqlite() : postgres) await sql.raw(statement).execute(db);
}

function sqlite(): string[] {
  const kinds = CHECKED.actor_kind.map((value) => `'${value}'`).join(", ");
  return [
    `create table events_with_credential (
      seq integer primary key not null,
      at text not null,
      type text not null check (type <> ''),
      issue_id text not null,
      run_id text not null,
      actor_kind text not null check (actor_kind in (${kinds})),
      actor text not null,
      credential text not null default '',
      data text not null
    ) strict`,
    `insert into events_with_credential (seq, at, type, issue_id, run_id, actor_kind, actor, data)
      select seq, at, type, issue_id, run_id, actor_kind, actor, data from events`,
    `drop table events`,
    `alter table events_with_credential rename to events`,
    `create index events_issue on events (issue_id, seq)`,
  ];
}

const postgres = [
  `alter table events add column credential text not null default ''`,
  `alter table events drop constraint events_type_check`,
  `create or replace function append_events(log json) returns void language plpgsql as $$
  declare
    last bigint;
  begin
    perform pg_advisory_xact_lock(4027118);
    select coalesce(max(seq), 0) into last from events;
    insert into events (seq, at, type, issue_id, run_id, actor_kind, actor, credential, data)
      select last + n, e->>'at', e->>'type', e->>'issue_id', e->>'run_id', e->>'actor_kind', e->>'actor',
        e->>'credential', e->>'data'
      from json_array_elements(log) with ordinality as entry (e, n);
    perform pg_notify('autopilot', (last + json_array_length(log))::text);
  end
$$`,
];
