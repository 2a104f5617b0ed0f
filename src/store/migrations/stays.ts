/**
 * How long issues stood in which status, kept by the database itself: every write of a status is in it, whoever wrote
 * it, in the same commit and without another round trip. What the statistics need in one walk of an index lies
 * scattered over the JSON of all events otherwise.
 */

import { type Kysely, sql } from "kysely";
import type { Backend } from "../schema.ts";

export async function stays(db: Kysely<unknown>, kind: Backend): Promise<void> {
  const sqlite = kind === "sqlite";
  const int = sqlite ? "integer" : "bigint";
  const statements = [
    // Milliseconds and hours since the epoch: days and lengths of time are arithmetic, and an index can be walked hour
    // by hour. An open stay has no end. `ready_ms` is when the agents first got the issue; it starts anew when the
    // issue is taken up again after it was done.
    `create table stays (
      issue_id text not null references issues (id),
      n ${int} not null,
      status text not null,
      entered_ms ${int} not null,
      entered_hour ${int} not null,
      left_ms ${int},
      left_hour ${int},
      ready_ms ${int},
      primary key (issue_id, n)
    ${sqlite ? ") strict, without rowid" : ")"}`,
    sqlite ? backfill(sqliteMs("at")) : backfill(postgresMs("at")),
    sqlite ? unknown(sqliteMs("updated_at")) : unknown(postgresMs("updated_at")),
    // Each holds all that one statement of stats.ts reads; those say the conditions literally.
    `create index stays_entered on stays (entered_hour, status) where ${DEPTH}`,
    `create index stays_left on stays (left_hour, status) where ${DEPTH} and left_hour is not null`,
    `create index stays_done on stays (entered_ms, left_ms, ready_ms) where status = 'done'`,
    `create index stays_waited on stays (left_ms, status, entered_ms)
      where status in ('blocked', 'in_review') and left_ms is not null`,
    // What a day cost, without a look at the runs themselves.
    `drop index runs_finished`,
    `create index runs_finished on runs (finished_at, agent_id, outcome, cost_usd, input_tokens, output_tokens)`,
    // Lists are walked newest first; most issues have no agent, and few come from outside.
    `create index issues_priority on issues (priority, number)`,
    `create index issues_claimed_by on issues (claimed_by, number) where claimed_by <> ''`,
    `create index issues_trust on issues (trust, number)`,
    ...(sqlite ? sqliteTriggers : postgresTriggers),
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const HOUR = 3_600_000;
const DEPTH = "status in ('ready', 'in_progress', 'blocked', 'in_review')";

const sqliteMs = (column: string) =>
  `coalesce(cast(round((julianday(${column}) - 2440587.5) * 86400000) as integer), 0)`;
const postgresMs = (column: string) => `(extract(epoch from ${column}::timestamptz) * 1000)::bigint`;

/** From the log so far. */
function backfill(ms: string): string {
  const status = ms.includes("julianday") ? "json_extract(data, '$.status')" : "data::json->>'status'";
  return `insert into stays (issue_id, n, status, entered_ms, entered_hour, left_ms, left_hour, ready_ms)
    with moves as (
      select issue_id, seq, ${status} as status, ${ms} as ms from events
      where type in ('issue.created', 'issue.status') and issue_id in (select id from issues)
    ), ordered as (
      select *, row_number() over issue as n, lag(status) over issue as before, lead(ms) over issue as left_ms
      from moves window issue as (partition by issue_id order by seq)
    ), rounds as (
      select *, sum(case when before = 'done' and status in ('backlog', 'ready') then 1 else 0 end)
        over (partition by issue_id order by seq) as round
      from ordered
    )
    select issue_id, n, status, ms, ms / ${HOUR}, left_ms, left_ms / ${HOUR}, min(case when status = 'ready' then ms end)
      over (partition by issue_id, round order by seq)
    from rounds where status is not null`;
}

/** Issues of which the log tells nothing. */
function unknown(ms: string): string {
  return `insert into stays (issue_id, n, status, entered_ms, entered_hour, ready_ms)
    select id, 1, status, ${ms}, ${ms} / ${HOUR}, case when status = 'ready' then ${ms} end from issues
    where id not in (select issue_id from stays)`;
}

const started = (ms: string) =>
  `insert into stays (issue_id, n, status, entered_ms, entered_hour, ready_ms)
    values (new.id, 1, new.status, ${ms}, ${ms} / ${HOUR}, case when new.status = 'ready' then ${ms} end);`;

const moved = (ms: string) =>
  `update stays set left_ms = ${ms}, left_hour = ${ms} / ${HOUR}
      where issue_id = new.id and left_ms is null;
    insert into stays (issue_id, n, status, entered_ms, entered_hour, ready_ms)
      select new.id, n + 1, new.status, ${ms}, ${ms} / ${HOUR}, case
        when old.status = 'done' and new.status = 'ready' then ${ms}
        when old.status = 'done' and new.status = 'backlog' then null
        when new.status = 'ready' then coalesce(ready_ms, ${ms})
        else ready_ms end
      from stays where issue_id = new.id order by n desc limit 1;`;

const sqliteTriggers = [
  `create trigger issues_started after insert on issues begin ${started(sqliteMs("new.updated_at"))} end`,
  `create trigger issues_moved after update of status on issues when new.status <> old.status begin
    ${moved(sqliteMs("new.updated_at"))} end`,
];

const postgresTriggers = [
  `create function start_stay() returns trigger language plpgsql as $$ begin
    ${started(postgresMs("new.updated_at"))} return null; end $$`,
  `create function change_stay() returns trigger language plpgsql as $$ begin
    ${moved(postgresMs("new.updated_at"))} return null; end $$`,
  `create trigger issues_started after insert on issues for each row execute function start_stay()`,
  `create trigger issues_moved after update of status on issues for each row
    when (new.status <> old.status) execute function change_stay()`,
];
