/** Reports of visitors in the database: filed once, counted per day. */

import type { Attachment } from "../domain/attachment.ts";
import type { Actor } from "../domain/event.ts";
import type { NewIssue } from "../domain/issue.ts";
import { addAttachment } from "./attachments.ts";
import type { Database, Tx } from "./database.ts";
import { createIssue } from "./issues.ts";
import type { Feedback, FeedbackFiled, NewPicture, PictureLimits, ReportKey } from "./store.ts";
import { storableFields } from "./text.ts";

/** How long a report is known by its key and takes a picture, in milliseconds: what was written offline may come late. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
/** Name in `meta` of the secret that receipts are made with. */
const SECRET = "feedback_secret";

export function feedbackIn(database: Database): Feedback {
  return {
    find: (key) => find(database.read, key),
    file: (input, key, max_per_day, actor) =>
      fileOnce(database, storableFields(input), key, max_per_day, actor),
    takePicture: (issue_id, input, limits, actor) =>
      database.write((tx) => takePicture(tx, issue_id, storableFields(input), limits, actor)),
    secret: () => database.write(secretOf),
  };
}

/** Another request filed a report under the same key at the same moment. */
class FiledMeanwhile extends Error {}

async function fileOnce(
  database: Database,
  input: NewIssue,
  key: ReportKey,
  max_per_day: number,
  actor: Actor,
): Promise<FeedbackFiled> {
  try {
    return await database.write((tx) => file(tx, input, key, max_per_day, actor));
  } catch (error) {
    if (!(error instanceof FiledMeanwhile)) throw error;
    // The loser's issue was undone with its transaction: it answers with the winner's.
    return await database.write((tx) => file(tx, input, key, max_per_day, actor));
  }
}

async function find(db: Database["read"], key: ReportKey): Promise<FeedbackFiled | null> {
  const found = await db.selectFrom("feedback_reports").selectAll()
    .where("key_hash", "=", key.hash).executeTakeFirst();
  if (found === undefined) return null;
  return found.input_hash === key.input_hash ? { done: "before", id: found.issue_id } : { done: "mismatch" };
}

async function file(
  tx: Tx,
  input: NewIssue,
  key: ReportKey,
  max_per_day: number,
  actor: Actor,
): Promise<FeedbackFiled> {
  const found = await find(tx.db, key);
  if (found !== null) return found;
  if (!await countReport(tx, max_per_day)) return { done: "full" };
  const { id } = await createIssue(tx, input, actor);
  const noted = await tx.db.insertInto("feedback_reports")
    .values({ issue_id: id, key_hash: key.hash, input_hash: key.input_hash, created_at: tx.now })
    .onConflict((conflict) => conflict.column("key_hash").doNothing()).returning("issue_id")
    .executeTakeFirst();
  if (noted === undefined) throw new FiledMeanwhile();
  await tx.db.deleteFrom("feedback_reports").where("created_at", "<", before(tx.now, KEEP_MS)).execute();
  return { done: "now", id };
}

/** Counts one report of the day (UTC); false when the day has had its share. */
async function countReport(tx: Tx, max_per_day: number): Promise<boolean> {
  const limit = max_per_day === 0 ? Number.MAX_SAFE_INTEGER : max_per_day;
  const row = await tx.db.insertInto("feedback_days").values({ day: tx.now.slice(0, 10), reports: 1 })
    .onConflict((conflict) =>
      conflict.column("day").doUpdateSet((eb) => ({ reports: eb("feedback_days.reports", "+", 1) }))
        .where("feedback_days.reports", "<", limit)
    ).returning("reports").executeTakeFirst();
  return row !== undefined;
}

async function takePicture(
  tx: Tx,
  issue_id: string,
  input: NewPicture,
  limits: PictureLimits,
  actor: Actor,
): Promise<Attachment | "none" | "taken" | "full"> {
  const known = await tx.db.selectFrom("feedback_reports").select("pictures").where("issue_id", "=", issue_id)
    .where("created_at", ">=", before(tx.now, KEEP_MS)).executeTakeFirst();
  if (known === undefined) return "none";
  // The update decides, not the look above: two requests at one moment leave one picture.
  const first = await tx.db.updateTable("feedback_reports").set({ pictures: 1 })
    .where("issue_id", "=", issue_id).where("pictures", "=", 0).returning("issue_id").executeTakeFirst();
  if (first === undefined) return "taken";
  if (!await countPicture(tx, input.size, limits)) {
    await tx.db.updateTable("feedback_reports").set({ pictures: 0 }).where("issue_id", "=", issue_id)
      .execute();
    return "full";
  }
  return await addAttachment(tx, issue_id, input, actor);
}

/** Counts the bytes of a picture on its day; false when there is no room. Two at one moment may overshoot by one. */
async function countPicture(tx: Tx, size: number, { per_day, in_all }: PictureLimits): Promise<boolean> {
  const { total } = await tx.db.selectFrom("feedback_days")
    .select((eb) => eb.fn.sum<number | string | null>("picture_bytes").as("total")).executeTakeFirstOrThrow();
  if (Number(total ?? 0) + size > in_all || size > per_day) return false;
  const row = await tx.db.insertInto("feedback_days")
    .values({ day: tx.now.slice(0, 10), reports: 0, picture_bytes: size })
    .onConflict((conflict) =>
      conflict.column("day")
        .doUpdateSet((eb) => ({ picture_bytes: eb("feedback_days.picture_bytes", "+", size) }))
        .where("feedback_days.picture_bytes", "<=", per_day - size)
    ).returning("day").executeTakeFirst();
  return row !== undefined;
}

async function secretOf(tx: Tx): Promise<string> {
  const made = Array.from(crypto.getRandomValues(new Uint8Array(32)), (n) => n.toString(16).padStart(2, "0"))
    .join("");
  await tx.db.insertInto("meta").values({ key: SECRET, value: made })
    .onConflict((conflict) => conflict.column("key").doNothing()).execute();
  const { value } = await tx.db.selectFrom("meta").select("value").where("key", "=", SECRET)
    .executeTakeFirstOrThrow();
  return value;
}

function before(now: string, ms: number): string {
  return new Date(Date.parse(now) - ms).toISOString();
}
