/** Lists of issues: newest or last accepted first, filtered, always along an index. */

import { type RawBuilder, sql } from "kysely";
import { TROUBLE } from "../domain/attention.ts";
import type { Need } from "../domain/attention.ts";
import type { Issue } from "../domain/issue.ts";
import type { Database } from "./database.ts";
import { issueOf, rankOf } from "./rows.ts";
import type { IssueRow } from "./schema.ts";
import { matchOf } from "./search.ts";
import type { ListFilter } from "./store.ts";
import { storable } from "./text.ts";

type Condition = RawBuilder<boolean>;

export async function listIssues(database: Database, filter: ListFilter): Promise<Issue[]> {
  if (filter.order === "accepted") return await lastAccepted(database, filter);
  const q = filter.q?.trim() ?? "";
  if (q === "") {
    return await newest(
      filter.limit,
      walksOf(filter).map((where) => walk(database, filter, where)),
    );
  }
  const where = conditionsOf(filter);
  const number = /^#?(\d{1,10})$/.exec(q)?.[1];
  return await newest(filter.limit, [
    // After a # the number is no word.
    ...(number !== undefined && q.startsWith("#") ? [] : [search(database, q, filter, where)]),
    ...(number === undefined
      ? []
      : [walk(database, filter, [...where, sql`issues.number = ${Number(number)}`])]),
  ]);
}

/** Several lists, each newest first and each as long as the whole may become, as one. */
async function newest(limit: number, lists: Promise<Issue[]>[]): Promise<Issue[]> {
  const [first, ...others] = await Promise.all(lists);
  if (others.length === 0) return first;
  const found = [...first, ...others.flat()].sort((a, b) => b.number - a.number);
  return found.filter((issue, i) => issue.number !== found[i - 1]?.number).slice(0, limit);
}

/** Says literally what the partial index needs to hear. */
function isName(column: "assignee" | "claimed_by", name: string): Condition {
  const value = storable(name);
  const ref = sql.ref(`issues.${column}`);
  return value === "" ? sql`${ref} = ''` : sql`${ref} = ${value} and ${ref} <> ''`;
}

/** One condition per value, each of which an index can be walked along in the order of the list. */
type Splits = Condition[];

const NEED: Record<Need, Condition> = {
  review: sql`issues.status = 'in_review'`,
  question: sql`issues.status = 'blocked' and issues.outcome not in (${sql.join([...TROUBLE])})`,
  failed: sql`issues.status = 'blocked' and issues.outcome in (${sql.join([...TROUBLE])})`,
};

/** The filters by what they ask for, the ones that leave least first. */
function splitsOf(filter: ListFilter): Splits[] {
  const { agent, assignee, needs, status, trust, kind, priority } = filter;
  const one = (column: string, value: string | number): Condition =>
    sql`${sql.ref(`issues.${column}`)} = ${value}`;
  return [
    some(agent).flatMap((name) => [isName("claimed_by", name), isName("assignee", name)]),
    some(assignee).map((name) => isName("assignee", name)),
    some(needs).map((need) => NEED[need]),
    some(status).map((value) => one("status", value)),
    some(trust).map((value) => one("trust", value)),
    some(kind).map((value) => one("kind", value)),
    some(priority).map((value) => one("priority", rankOf(value))),
  ].filter((splits) => splits.length > 0);
}

function some<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}

const either = (splits: Splits): Condition => sql`(${sql.join(splits, sql` or `)})`;

function conditionsOf(filter: ListFilter): Condition[] {
  return splitsOf(filter).map(either);
}

/** The conditions of each walk: no index serves several values at once in the order of the list. */
function walksOf(filter: ListFilter): Condition[][] {
  const [first, ...others] = splitsOf(filter);
  return first === undefined ? [[]] : first.map((split) => [split, ...others.map(either)]);
}

async function walk({ read }: Database, filter: ListFilter, where: Condition[]): Promise<Issue[]> {
  let query = read.selectFrom("issues").selectAll().orderBy("number", "desc").limit(filter.limit);
  for (const condition of where) query = query.where(condition);
  if (filter.before !== undefined) query = query.where("number", "<", filter.before);
  return (await query.execute()).map(issueOf);
}

/** What is done now stands in its last stay, when it was accepted; the condition is the partial index's. */
const IS_DONE: Condition = sql`stays.status = 'done'`;

async function lastAccepted({ read }: Database, filter: ListFilter): Promise<Issue[]> {
  const conditions: Condition[] = [
    IS_DONE,
    sql`stays.left_ms is null`,
    ...conditionsOf({ ...filter, status: undefined }),
  ];
  if (filter.before !== undefined) {
    const last = await read.selectFrom("stays").innerJoin("issues", "issues.id", "stays.issue_id")
      .select(["stays.entered_ms", "stays.issue_id"])
      .where("issues.number", "=", filter.before).where(IS_DONE).orderBy("stays.n", "desc").limit(1)
      .executeTakeFirst();
    if (last === undefined) return [];
    // Taken up again meanwhile, it still tells where its page ended. The first half is what the index is walked by.
    conditions.push(sql`stays.entered_ms <= ${last.entered_ms}
      and not (stays.entered_ms = ${last.entered_ms} and stays.issue_id >= ${last.issue_id})`);
  }
  // For SQLite a cross join is an order, too: it walks the stays, whatever else is asked of the issues.
  let query = read.selectFrom("stays").crossJoin("issues").selectAll("issues")
    .whereRef("issues.id", "=", "stays.issue_id")
    .orderBy("stays.entered_ms", "desc").orderBy("stays.issue_id", "desc").limit(filter.limit);
  for (const condition of conditions) query = query.where(condition);
  return (await query.execute()).map(issueOf);
}

/** An issue matches once per entry, entries of one issue adjacent: pages are read until enough issues are found. */
async function search(
  { read, kind }: Database,
  q: string,
  filter: ListFilter,
  where: Condition[],
): Promise<Issue[]> {
  const found: Issue[] = [];
  let before = filter.before;
  while (found.length < filter.limit) {
    const match = matchOf(kind, q, before);
    if (match === null) return [];
    const wanted = filter.limit - found.length;
    const { rows } = await sql<IssueRow>`select issues.* from ${match.join}
      where ${sql.join([match.where, ...where], sql` and `)} order by ${match.order} limit ${wanted}`.execute(
      read,
    );
    for (const row of rows) if (found.at(-1)?.number !== row.number) found.push(issueOf(row));
    if (rows.length < wanted) break;
    before = found.at(-1)!.number;
  }
  return found;
}
