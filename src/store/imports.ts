/** Issues of other trackers, taken in once. */

import type { Actor } from "../domain/event.ts";
import type { ForeignComment, ForeignIssue } from "../domain/foreign_issue.ts";
import type { Issue } from "../domain/issue.ts";
import { insertComment } from "./comments.ts";
import type { Database, Tx } from "./database.ts";
import { decided, lockIssue, moveIssue } from "./issue_rows.ts";
import { createIssue } from "./issues.ts";
import { issueOf } from "./rows.ts";
import { storable, storableFields } from "./text.ts";

export async function addForeign(
  database: Database,
  source: string,
  foreign: ForeignIssue,
  actor: Actor,
): Promise<{ issue: Issue; created: boolean; comments: number } | null> {
  return await database.write((tx) => add(tx, storable(source), foreign, actor));
}

async function add(tx: Tx, source: string, foreign: ForeignIssue, actor: Actor) {
  const known = await tx.db.selectFrom("imports").select("issue_id")
    .where("source", "=", source).where("key", "=", storable(foreign.key)).executeTakeFirst();
  const issue_id = known?.issue_id ?? await create(tx, source, foreign, actor);
  let comments = 0;
  for (const comment of foreign.comments) if (await say(tx, source, issue_id, comment, actor)) comments++;
  const created = known === undefined;
  if (created && foreign.status !== "backlog") await close(tx, issue_id, foreign.status, actor);
  if (!created && comments === 0) return null;
  return { issue: issueOf(await lockIssue(tx, issue_id)), created, comments };
}

/** In the backlog: where it goes from there the workflow decides, as for everything that is filed. */
async function create(tx: Tx, source: string, foreign: ForeignIssue, actor: Actor): Promise<string> {
  const { title, body, kind, priority, trust, created_by, created_at } = foreign;
  const fields = { title, body, kind, priority, trust, created_by, assignee: "", human_only: false };
  const { id } = await createIssue(tx, storableFields({ ...fields, status: "backlog" as const }), actor);
  if (created_at !== "") await tx.db.updateTable("issues").set({ created_at }).where("id", "=", id).execute();
  await remember(tx, source, foreign.key, id);
  return id;
}

/** False when it is here already. */
async function say(
  tx: Tx,
  source: string,
  issue_id: string,
  { key, author, trust, body, created_at }: ForeignComment,
  actor: Actor,
): Promise<boolean> {
  const known = await tx.db.selectFrom("imports").select("key")
    .where("source", "=", source).where("key", "=", storable(key)).executeTakeFirst();
  if (known !== undefined) return false;
  const issue = await lockIssue(tx, issue_id);
  const input = storableFields({ author, author_kind: "human" as const, trust, body });
  // An old word from elsewhere is no answer to an agent's question: the issue stays where it is.
  const { id } = await insertComment(tx, issue, input, { status: issue.status, actor });
  if (created_at !== "") {
    await tx.db.updateTable("comments").set({ created_at }).where("id", "=", id).execute();
  }
  await remember(tx, source, key, issue_id);
  return true;
}

async function close(tx: Tx, issue_id: string, status: ForeignIssue["status"], actor: Actor): Promise<void> {
  const row = await lockIssue(tx, issue_id);
  await moveIssue(tx, row, decided(row, { type: "move", to: status }, actor).to, {}, actor);
}

async function remember(tx: Tx, source: string, key: string, issue_id: string): Promise<void> {
  await tx.db.insertInto("imports").values({ source, key: storable(key), issue_id }).execute();
}
