/** Attachments in the database; their bytes are in blobs.ts. */

import type { Attachment } from "../domain/attachment.ts";
import { NotFoundError } from "../domain/errors.ts";
import { type Actor, cardOf } from "../domain/event.ts";
import type { Database, Tx } from "./database.ts";
import { lockIssue } from "./issue_rows.ts";
import { attachmentOf, issueOf } from "./rows.ts";
import type { Attachments } from "./store.ts";
import { storable, storableFields } from "./text.ts";

export function attachmentsIn(database: Database): Attachments {
  return {
    add: (ref, input, actor) => database.write((tx) => addAttachment(tx, ref, storableFields(input), actor)),
    list: async (issue_id) => {
      const rows = await database.read.selectFrom("attachments").selectAll()
        .where("issue_id", "=", storable(issue_id)).orderBy("n").execute();
      return rows.map(attachmentOf);
    },
    get: async (id) => {
      const row = await database.read.selectFrom("attachments").selectAll()
        .where("id", "=", storable(id)).executeTakeFirst();
      if (row === undefined) throw new NotFoundError("attachment", id);
      return { ...attachmentOf(row), stored_name: row.stored_name };
    },
    totalBytes: async () => {
      const { total } = await database.read.selectFrom("attachments")
        .select((eb) => eb.fn.sum<number | string | null>("size").as("total")).executeTakeFirstOrThrow();
      // PostgreSQL answers a sum of bigint as numeric, which comes as text.
      return Number(total ?? 0);
    },
  };
}

/** Notes a file whose bytes are stored already. @throws NotFoundError */
export async function addAttachment(
  tx: Tx,
  ref: string,
  input: { name: string; content_type: string; size: number; stored_name: string },
  actor: Actor,
): Promise<Attachment> {
  const issue = await lockIssue(tx, ref);
  const last = await tx.db.selectFrom("attachments").select("n").where("issue_id", "=", issue.id)
    .orderBy("n", "desc").limit(1).executeTakeFirst();
  const row = { id: tx.newId(), issue_id: issue.id, n: (last?.n ?? 0) + 1, ...input, created_at: tx.now };
  await tx.db.insertInto("attachments").values(row).execute();
  const data = { ...cardOf(issueOf(issue)), change: "attachment", name: row.name };
  tx.emit({ type: "issue.updated", issue_id: issue.id, run_id: "", actor, data });
  return attachmentOf(row);
}
