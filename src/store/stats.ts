/** What happened per day, read from the stays of issues and the ends of runs. */

import { type Kysely, type RawBuilder, sql } from "kysely";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import type { Status } from "../domain/issue.ts";
import type { Outcome } from "../domain/run.ts";
import {
  DAY_MS,
  type DayFacts,
  type Depth,
  HOUR_MS,
  type RunSum,
  type Stats,
  statsOf,
} from "../domain/stats.ts";
import type { Database } from "./database.ts";
import type { Backend, Schema } from "./schema.ts";
import type { StatsReader } from "./store.ts";

/**
 * So long after its end a day may still get a row: writes take their time before they commit, and other machines'
 * clocks differ. Later it never changes any more.
 */
const SETTLED_MS = 600_000;
/** So long are they kept: an import may write into the past of a database in use. */
const KEPT_MS = 600_000;
/** Days that one statement reads. SQLite answers at once or not at all: requests get their turn in between. */
const CHUNK_DAYS = 10;

type Source = Pick<Database, "read" | "kind">;

export function statsIn(source: Source, clock: Clock): StatsReader {
  const { read, kind } = source;
  const settled = new Map<number, DayFacts>();
  let since = 0;
  return {
    async read(days): Promise<Stats> {
      const now = clock.now().getTime();
      const today = Math.floor(now / DAY_MS);
      const first = today - days + 1;
      const facts: DayFacts[] = [];
      if (now - since > KEPT_MS) {
        settled.clear();
        since = now;
      }
      for (let day = first; day <= today;) {
        const known = settled.get(day);
        if (known !== undefined) {
          facts.push(known);
          day++;
          continue;
        }
        let end = day + 1;
        while (end <= today && end - day < CHUNK_DAYS && !settled.has(end)) end++;
        const chunk = await factsOf(source, day, end);
        facts.push(...chunk);
        for (const one of chunk) {
          if ((one.day + 1) * DAY_MS + SETTLED_MS < now) settled.set(one.day, one);
        }
        day = end;
        if (kind === "sqlite" && day <= today) await setImmediate();
      }
      return statsOf(facts, await presentDepth(read), now);
    },
  };
}

/** The statuses whose depth is told. */
const PART: Partial<Record<Status, keyof Depth>> = {
  ready: "ready",
  in_progress: "in_progress",
  blocked: "waiting",
  in_review: "waiting",
};
const TOLD = sql`('ready', 'in_progress', 'blocked', 'in_review')`;

async function presentDepth(read: Kysely<Schema>): Promise<Depth> {
  const { rows } = await sql<{ status: Status; count: number }>`
    select status, count(*) as count from issues where status in ${TOLD} group by status`.execute(read);
  const depth = { ready: 0, in_progress: 0, waiting: 0 };
  for (const { status, count } of rows) depth[PART[status]!] += Number(count);
  return depth;
}

const DAY = sql.lit(DAY_MS);

/** Numbers as one text: tens of thousands of rows cost more than all the rest. */
const listOf = (kind: Backend, value: RawBuilder<unknown>) =>
  kind === "sqlite" ? sql`group_concat(${value})` : sql`string_agg((${value})::text, ',')`;
const numbersIn = (list: string | null) => list === null ? [] : list.split(",").map(Number);

/** The days from `first` to before `end`. */
async function factsOf({ read, kind }: Source, first: number, end: number): Promise<DayFacts[]> {
  const days: DayFacts[] = [];
  for (let day = first; day < end; day++) {
    days.push({ day, done: 0, cycles: [], waits: [], runs: [], changes: new Map() });
  }
  const from = first * DAY_MS;
  const to = end * DAY_MS;
  const dayAt = (ms: number) => days[Math.floor(ms / DAY_MS) - first];

  const { rows: done } = await sql<{ day: number; done: number; lengths: string | null }>`
    select entered_ms / ${DAY} as day, count(*) as done, ${
    listOf(kind, sql`entered_ms - ready_ms`)
  } as lengths
    from stays where status = 'done' and entered_ms >= ${from} and entered_ms < ${to}
      and (left_ms is null or left_ms / ${DAY} > entered_ms / ${DAY}) group by 1`.execute(read);
  for (const { day, done: count, lengths } of done) {
    days[day - first].done = Number(count);
    days[day - first].cycles = numbersIn(lengths);
  }
  const { rows: waits } = await sql<{ day: number; lengths: string | null }>`
    select left_ms / ${DAY} as day, ${listOf(kind, sql`left_ms - entered_ms`)} as lengths
    from stays where status in ('blocked', 'in_review') and left_ms is not null
      and left_ms >= ${from} and left_ms < ${to} group by 1`.execute(read);
  for (const { day, lengths } of waits) days[day - first].waits = numbersIn(lengths);

  const hours = [from / HOUR_MS, to / HOUR_MS];
  for (const [column, sign] of [["entered_hour", 1], ["left_hour", -1]] as const) {
    const hour = sql.ref(column);
    const { rows } = await sql<{ hour: number; status: Status; count: number }>`
      select ${hour} as hour, status, count(*) as count from stays
      where status in ${TOLD} and ${hour} is not null and ${hour} >= ${hours[0]} and ${hour} < ${hours[1]}
      group by ${hour}, status`.execute(read);
    for (const { hour, status, count } of rows) {
      const { day, changes } = dayAt(hour * HOUR_MS);
      const of_day = hour - day * (DAY_MS / HOUR_MS);
      const depth = changes.get(of_day) ?? { ready: 0, in_progress: 0, waiting: 0 };
      depth[PART[status]!] += sign * Number(count);
      changes.set(of_day, depth);
    }
  }
  for (const { date, ...sum } of await runSums(read, from, to)) dayAt(Date.parse(date)).runs.push(sum);
  return days;
}

async function runSums(read: Kysely<Schema>, from: number, to: number) {
  const { rows } = await sql<Record<keyof RunSum | "date", unknown>>`
    select substr(finished_at, 1, 10) as date, agent_id, outcome, count(*) as runs, sum(cost_usd) as cost_usd,
      sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens
    from runs where finished_at >= ${new Date(from).toISOString()} and finished_at < ${
    new Date(to).toISOString()
  } group by 1, 2, 3 order by 1, 2, 3`.execute(read);
  return rows.map((row) => ({
    date: String(row.date),
    agent_id: String(row.agent_id),
    outcome: row.outcome as Outcome,
    runs: Number(row.runs),
    cost_usd: Number(row.cost_usd),
    input_tokens: Number(row.input_tokens),
    output_tokens: Number(row.output_tokens),
  }));
}
