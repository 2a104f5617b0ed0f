/** Finding, changing and moving one issue inside a write: what issues, comments and runs have in common. */

import type { Kysely, Updateable } from "kysely";
import { NotFoundError, RefusedError, StaleVersionError } from "../domain/errors.ts";
import { type Actor, cardOf } from "../domain/event.ts";
import type { Status } from "../domain/issue.ts";
import { type Action, decide } from "../domain/workflow.ts";
import type { Tx } from "./database.ts";
import { type Connection, kept } from "./kept.ts";
import { issueOf } from "./rows.ts";
import type { IssueRow, IssueTable, Schema } from "./schema.ts";

const NUMBER = /^\d{1,10}$/;

/** @throws NotFoundError */
export async function findIssue(on: Connection, ref: string): Promise<IssueRow> {
  return await byRef(on, ref, read);
}

/** The row, locked until the commit: nobody changes it between the decision and the write. @throws NotFoundError */
export async function lockIssue(tx: Tx, ref: string): Promise<IssueRow> {
  return await byRef(tx, ref, tx.kind === "postgres" ? locked : read);
}

async function byRef(on: Connection, ref: string, { byNumber, byId }: typeof read): Promise<IssueRow> {
  const [row] = NUMBER.test(ref)
    ? await byNumber(on, { number: Number(ref) })
    : ref.includes("\0")
    ? []
    : await byId(on, { id: ref.toWellFormed() });
  if (row === undefined) throw new NotFoundError("issue", ref);
  return row;
}

const selected = (db: Kysely<Schema>) => db.selectFrom("issues").selectAll();
const read = {
  byNumber: kept((db, p: { number: number }) => selected(db).where("number", "=", p.number)),
  byId: kept((db, p: { id: string }) => selected(db).where("id", "=", p.id)),
};
const locked = {
  byNumber: kept((db, p: { number: number }) => selected(db).where("number", "=", p.number).forUpdate()),
  byId: kept((db, p: { id: string }) => selected(db).where("id", "=", p.id).forUpdate()),
};

/**
 * Writes the fields if the issue still has the version that was read. The row was locked when it was read, so
 * losing means a defect or a foreign hand in the database: the whole write is undone and the caller may repeat.
 *
 * @throws StaleVersionError
 */
export async function updateIssue(
  tx: Tx,
  row: Pick<IssueRow, "id" | "version">,
  fields: Updateable<IssueTable>,
): Promise<IssueRow> {
  const updated = await tx.db.updateTable("issues")
    .set({ ...fields, version: row.version + 1, updated_at: tx.now })
    .where("id", "=", row.id).where("version", "=", row.version)
    .returningAll().executeTakeFirst();
  if (updated !== undefined) return updated;
  const { version } = await findIssue(tx, row.id);
  throw new StaleVersionError(row.version, version);
}

/** Where the workflow sends the issue. @throws RefusedError */
export function decided(
  row: Pick<IssueRow, "status" | "kind" | "human_only">,
  action: Action,
  actor: Actor,
): { to: Status; stop_run: boolean } {
  const situation = { status: row.status, kind: row.kind, human_only: row.human_only === 1 };
  const decision = decide(situation, action, actor);
  if (decision.verdict === "refuse") {
    throw new RefusedError(decision.reason, decision.code, decision.allowed);
  }
  return { to: decision.to, stop_run: decision.verdict === "stop_run" };
}

/** Writes fields together with the status that was decided, and the event that tells of the move. */
export async function moveIssue(
  tx: Tx,
  row: Pick<IssueRow, "id" | "version" | "status">,
  to: Status,
  fields: Updateable<IssueTable>,
  actor: Actor,
  run_id = "",
): Promise<IssueRow> {
  // Nobody works on an issue that waits to be handed off or to be claimed.
  const released = to === "ready" || to === "backlog" ? { claimed_by: "", claimed_at: "" } : {};
  const moved = await updateIssue(tx, row, { ...released, ...fields, status: to });
  if (moved.status !== row.status) {
    const data = { ...cardOf(issueOf(moved)), from: row.status };
    tx.emit({ type: "issue.status", issue_id: row.id, run_id, actor, data });
  }
  return moved;
}

/** What a human's "go on" changes: earlier failures no longer count, and no back-off delays the claim. */
export const FRESH_START = { failures: 0, not_before: "" } as const;

/** What a human changes who hands the issue to the agents, having seen what is written on it. */
export function handedOff({ now }: Pick<Tx, "now">) {
  return { ...FRESH_START, promoted_at: now };
}
