/** Comments in the database. */

import type { Comment, NewComment } from "../domain/comment.ts";
import { type Actor, cardOf } from "../domain/event.ts";
import type { Issue, Status } from "../domain/issue.ts";
import type { Database, Tx } from "./database.ts";
import { decided, findIssue, FRESH_START, lockIssue, moveIssue } from "./issue_rows.ts";
import { insertQuery, kept, readingSide } from "./kept.ts";
import { commentOf, issueOf } from "./rows.ts";
import { lockRun } from "./run_rows.ts";
import type { IssueRow } from "./schema.ts";
import type { Comments } from "./store.ts";
import { storable, storableFields } from "./text.ts";

export function commentsIn(database: Database): Comments {
  return {
    list: async (issue_id) => {
      const rows = await thread(readingSide(database), { issue_id: storable(issue_id) });
      return rows.map(commentOf);
    },
    add: (ref, input, actor) => database.write((tx) => add(tx, ref, storableFields(input), actor)),
    markDelivered: (run_id, fence, ids) => database.write((tx) => markDelivered(tx, run_id, fence, ids)),
  };
}

const thread = kept((db, { issue_id }: { issue_id: string }) =>
  db.selectFrom("comments").selectAll().where("issue_id", "=", issue_id).orderBy("n")
);

async function add(
  tx: Tx,
  ref: string,
  input: NewComment,
  actor: Actor,
): Promise<{ comment: Comment; issue: Issue; unblocked: boolean }> {
  const row = await lockIssue(tx, ref);
  const { to } = decided(row, { type: "comment" }, actor);
  const comment = await insertComment(tx, row, input, { status: to, actor });
  if (to === row.status) return { comment, issue: issueOf(row), unblocked: false };
  // No hand-off: who answers a question was not asked about what strangers wrote since the last one.
  const moved = await moveIssue(tx, row, to, FRESH_START, actor);
  return { comment, issue: issueOf(moved), unblocked: true };
}

const lastComment = kept((db, { issue_id }: { issue_id: string }) =>
  db.selectFrom("comments").select("n").where("issue_id", "=", issue_id).orderBy("n", "desc").limit(1)
);

/** Inserts a comment at the end of the thread of an issue that the caller has locked. */
export async function insertComment(
  tx: Tx,
  issue: IssueRow,
  input: NewComment,
  { status, actor, run_id = "" }: { status: Status; actor: Actor; run_id?: string },
): Promise<Comment> {
  const [last] = await lastComment(tx, { issue_id: issue.id });
  const row = {
    id: tx.newId(),
    issue_id: issue.id,
    n: (last?.n ?? 0) + 1,
    author: input.author,
    author_kind: input.author_kind,
    trust: input.trust,
    body: input.body,
    delivered_at: "",
    created_at: tx.now,
  };
  await tx.db.executeQuery(insertQuery(tx, "comments", [row]));
  tx.index({ number: issue.number, n: row.n, text: row.body });
  const { author, author_kind } = row;
  const data = { number: issue.number, title: issue.title, author, author_kind, comment_id: row.id, status };
  tx.emit({ type: "comment.added", issue_id: issue.id, run_id, actor, data });
  return commentOf(row);
}

async function markDelivered(tx: Tx, run_id: string, fence: number, ids: string[]): Promise<void> {
  const run = await lockRun(tx, run_id, fence);
  if (ids.length === 0) return;
  // A comment that was delivered already keeps its first time.
  const fresh = await tx.db.updateTable("comments").set({ delivered_at: tx.now })
    .where("id", "in", ids).where("issue_id", "=", run.issue_id).where("delivered_at", "=", "")
    .returning("id").execute();
  if (fresh.length === 0) return;
  const issue = issueOf(await findIssue(tx, run.issue_id));
  tx.emit({
    type: "issue.updated",
    issue_id: issue.id,
    run_id,
    actor: { kind: "agent", name: run.agent_id },
    data: { ...cardOf(issue), change: "delivered" },
  });
}

/**
 * Whether people of the project said something since then that no agent was told. Not what was said before: with a
 * program that can't be started, that would never be told, and the issue would run for ever.
 */
export async function hasUnheard(tx: Tx, issue_id: string, since: string): Promise<boolean> {
  const row = await tx.db.selectFrom("comments").select("id")
    .where("issue_id", "=", issue_id).where("author_kind", "=", "human")
    .where("trust", "in", ["operator", "member"])
    .where("delivered_at", "=", "").where("created_at", ">", since).limit(1).executeTakeFirst();
  return row !== undefined;
}
