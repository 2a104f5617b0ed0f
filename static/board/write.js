// @ts-check
/** What a person files and writes, and the stop of an agent: loaded with the forms and the panel. */

import { attempt, moveIssue } from "./actions.js";
import { api } from "./api.js";
import { MAX_FILE_BYTES, sizeWords } from "./files.js";
import { toCard } from "./reduce.js";
import { takeCards, toast } from "./store.js";
import { STATUS_WORDS } from "./words.js";

/** @import { Attachment } from "../../src/domain/attachment.ts" */
/** @import { Issue, Status } from "../../src/domain/issue.ts" */
/** @import { IssueDraft } from "./api.js" */
/** @import { Card } from "./reduce.js" */

/**
 * Files issues one after the other, so that they get their numbers in this order.
 *
 * @param {readonly IssueDraft[]} drafts
 * @param {readonly File[]} files for the first of them
 * @returns {Promise<number>} how many were filed; the first one that was refused ends it
 */
export async function createIssues(drafts, files) {
  /** @type {Issue[]} */
  const made = [];
  for (const draft of drafts) {
    const issue = await attempt("The issue was not created", () => api.create(draft));
    if (issue === null) break;
    takeCards([toCard(issue)]);
    made.push(issue);
  }
  if (made.length > 0 && files.length > 0) await attachFiles(made[0], files);
  const [first, last] = [made[0], made[made.length - 1]];
  if (made.length === 1) toast(`#${first.number} is in ${STATUS_WORDS[first.status]}`, "good");
  if (made.length > 1) {
    toast(`#${first.number} to #${last.number} are in ${STATUS_WORDS[first.status]}`, "good");
  }
  return made.length;
}

/**
 * @param {Pick<Issue, "id" | "number">} issue
 * @param {readonly File[]} files
 * @returns {Promise<readonly Attachment[]>} what was taken
 */
export async function attachFiles(issue, files) {
  const taken = [];
  for (const file of files) {
    const what = `${file.name} is not attached to #${issue.number}`;
    if (file.size > MAX_FILE_BYTES) {
      toast(`${what}: it has ${sizeWords(file.size)}, at most ${sizeWords(MAX_FILE_BYTES)} fit`, "bad");
      continue;
    }
    const attachment = await attempt(what, () => api.attach(issue.id, file));
    if (attachment !== null) taken.push(attachment);
  }
  return taken;
}

/** @param {Pick<Card, "id" | "number">} issue */
export async function stopIssue(issue) {
  const answer = await attempt(`#${issue.number} goes on`, () => api.stop(issue.id));
  if (answer !== null) toast(`Stopping the agent on #${issue.number}; its work is kept.`);
}

/**
 * Adds a comment; with `then`, moves the issue afterwards.
 *
 * @param {Pick<Card, "id" | "number" | "title" | "status" | "trust" | "attempts">} issue
 * @param {string} body
 * @param {Status} [then]
 * @returns {Promise<boolean>} whether the comment was taken
 */
export async function sendComment(issue, body, then) {
  const answer = await attempt("Not sent", () => api.comment(issue.id, body));
  if (answer === null) return false;
  if (answer.unblocked) toast(`Answered: #${issue.number} is ready for an agent again`, "good");
  if (then !== undefined) await moveIssue(issue, then);
  return true;
}
