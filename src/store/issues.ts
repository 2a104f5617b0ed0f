/** Issues in the database. */

import { StaleThreadError, StaleVersionError } from "../domain/errors.ts";
import { type Actor, cardOf, type NewEvent } from "../domain/event.ts";
import { type Issue, type IssuePatch, type NewIssue, type Status, STATUSES } from "../domain/issue.ts";
import type { Database, Tx } from "./database.ts";
import { decided, findIssue, handedOff, lockIssue, moveIssue, updateIssue } from "./issue_rows.ts";
import { listIssues } from "./list.ts";
import { insertedRow, readingSide } from "./kept.ts";
import { issueOf, rankOf } from "./rows.ts";
import type { IssueRow } from "./schema.ts";
import type { Issues, Seen } from "./store.ts";
import { storable, storableFields } from "./text.ts";

export function issuesIn(database: Database): Issues {
  return {
    create: (input, actor) => database.write((tx) => createIssue(tx, storableFields(input), actor)),
    get: async (ref) => issueOf(await findIssue(readingSide(database), ref)),
    list: (filter) => listIssues(database, filter),
    edit: (ref, patch, options, actor) =>
      database.write((tx) => edit(tx, ref, storableFields(patch), options.if_version, actor)),
    move: (ref, to, actor, seen = {}) => database.write((tx) => move(tx, ref, to, actor, seen)),
    requestStop: (ref, to, actor) => database.write((tx) => requestStop(tx, ref, to, actor)),
    counts: () => counts(database),
  };
}

/** @throws RefusedError when this actor may not create an issue in that status */
export async function createIssue(tx: Tx, input: NewIssue, actor: Actor): Promise<Issue> {
  const fields = { ...input, priority: rankOf(input.priority), human_only: input.human_only ? 1 : 0 };
  const { to } = decided(fields, { type: "create", to: input.status }, actor);
  const row = await insertedRow(tx, "issues", {
    ...fields,
    status: to,
    id: tx.newId(),
    created_at: tx.now,
    updated_at: tx.now,
    promoted_at: to === "ready" ? tx.now : "",
    checks: "",
  });
  tx.index({ number: row.number, n: 0, text: `${row.title}\n${row.body}` });
  const issue = issueOf(row);
  tx.emit(issueEvent("issue.created", issue, actor));
  return issue;
}

function issueEvent(
  type: "issue.created" | "issue.updated",
  issue: Issue,
  actor: Actor,
  more: NewEvent["data"] = {},
): NewEvent {
  return { type, issue_id: issue.id, run_id: "", actor, data: { ...cardOf(issue), ...more } };
}

async function edit(
  tx: Tx,
  ref: string,
  patch: IssuePatch,
  if_version: number | undefined,
  actor: Actor,
): Promise<Issue> {
  const row = await lockIssue(tx, ref);
  if (if_version !== undefined && if_version !== row.version) {
    throw new StaleVersionError(if_version, row.version);
  }
  const { priority, human_only, ...texts } = patch;
  const wanted = {
    ...texts,
    ...(priority === undefined ? {} : { priority: rankOf(priority) }),
    ...(human_only === undefined ? {} : { human_only: human_only ? 1 : 0 }),
  };
  const changes = Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) =>
      value !== undefined && value !== row[name as keyof IssueRow]
    ),
  );
  if (Object.keys(changes).length === 0) return issueOf(row);
  const updated = await updateIssue(tx, row, changes);
  if ("title" in changes || "body" in changes) {
    tx.index({ number: row.number, n: 0, text: `${updated.title}\n${updated.body}` });
  }
  const issue = issueOf(updated);
  tx.emit(issueEvent("issue.updated", issue, actor, { change: Object.keys(changes).join(",") }));
  return issue;
}

async function move(
  tx: Tx,
  ref: string,
  to: Status,
  actor: Actor,
  seen: Seen,
): Promise<{ issue: Issue; stopping: boolean }> {
  const row = await lockIssue(tx, ref);
  await checkSeen(tx, row, seen);
  const decision = decided(row, { type: "move", to }, actor);
  if (decision.stop_run) return { issue: await recordStop(tx, row, decision.to, actor), stopping: true };
  if (decision.to === row.status) return { issue: issueOf(row), stopping: false };
  const fields = decision.to === "ready" ? handedOff(tx) : {};
  return { issue: issueOf(await moveIssue(tx, row, decision.to, fields, actor)), stopping: false };
}

/** Somebody decides on what they were shown: what changed meanwhile has to be shown first. */
async function checkSeen(tx: Tx, row: IssueRow, { if_version, comments }: Seen): Promise<void> {
  if (if_version !== undefined && if_version !== row.version) {
    throw new StaleVersionError(if_version, row.version);
  }
  if (comments === undefined) return;
  const { count } = await tx.db.selectFrom("comments").select((eb) => eb.fn.countAll<number>().as("count"))
    .where("issue_id", "=", row.id).executeTakeFirstOrThrow();
  if (Number(count) !== comments) throw new StaleThreadError(comments, Number(count));
}

async function requestStop(tx: Tx, ref: string, to: Status, actor: Actor): Promise<Issue> {
  const row = await lockIssue(tx, ref);
  return await recordStop(tx, row, decided(row, { type: "stop", to }, actor).to, actor);
}

/** Writes the request to the run; whoever supervises it, or the rescuer, honours it. The latest target wins. */
async function recordStop(tx: Tx, row: IssueRow, to: Status, actor: Actor): Promise<Issue> {
  const issue = issueOf(row);
  const run = await tx.db.selectFrom("runs").select(["id", "stop_requested_at", "stop_to"])
    .where("issue_id", "=", row.id).where("finished_at", "=", "")
    .$if(tx.kind === "postgres", (query) => query.forUpdate()).executeTakeFirst();
  if (run === undefined) {
    // A claim writes issue and run in one commit, and so does the end of a run.
    throw new Error(
      `Issue ${row.number} is in progress but has no run: the database was changed by other hands`,
    );
  }
  if (run.stop_requested_at !== "" && run.stop_to === to) return issue;
  await tx.db.updateTable("runs")
    .set({ stop_requested_at: tx.now, stop_requested_by: storable(actor.name), stop_to: to })
    .where("id", "=", run.id).where("finished_at", "=", "").execute();
  const event = issueEvent("issue.updated", issue, actor, { change: "stop_requested", stop_to: to });
  tx.emit({ ...event, run_id: run.id });
  return issue;
}

async function counts({ read }: Database): Promise<Record<Status, number>> {
  const rows = await read.selectFrom("issues").select([
    "status",
    (eb) => eb.fn.countAll<number>().as("count"),
  ])
    .groupBy("status").execute();
  const found = new Map(rows.map((row) => [row.status, row.count]));
  return Object.fromEntries(STATUSES.map((status) => [status, found.get(status) ?? 0])) as Record<
    Status,
    number
  >;
}
