// @ts-check
/** What a person can do. Each shows its effect at once, and takes it back with a reason when the server refuses. */

import { batch } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { MAX_FILE_BYTES, sizeWords } from "./files.js";
import { nextStatus, toCard } from "./reduce.js";
import { announcement, cards, dismiss, pending, setPending, takeCards, toast, undoable } from "./store.js";
import { STATUS_WORDS } from "./words.js";

/** @import { Attachment } from "../../src/domain/attachment.ts" */
/** @import { Issue, Status } from "../../src/domain/issue.ts" */
/** @import { IssueDraft } from "./api.js" */
/** @import { Card } from "./reduce.js" */

/**
 * Runs something that may be refused, and says so when it is.
 *
 * @template T
 * @param {string} what what could not be done, e.g. `#4 stays in Blocked`
 * @param {() => Promise<T>} work
 * @returns {Promise<T | null>} `null` when it was refused
 */
export async function attempt(what, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(`${what}: ${error.message}`, "bad");
    return null;
  }
}

/** Moves that were made here and whose news has not come yet, as `issue_id status`. @type {Set<string>} */
export const ownMoves = new Set();

/**
 * Moves an issue. The card goes at once; a refusal brings it back, and so does a change of mind. What somebody outside
 * of the project wrote is handed to the agents only after the person has been shown it as it is.
 *
 * @param {Pick<Card, "id" | "number" | "title" | "status" | "trust" | "attempts">} card
 * @param {Status} to
 * @param {{ undo?: boolean }} [options] `undo: false` for the way back
 * @returns {Promise<boolean>} whether the server agreed
 */
export async function moveIssue(card, to, { undo = true } = {}) {
  if ((pending.value.get(card.id) ?? card.status) === to) return true;
  const unread = to === "ready" && undo && card.attempts === 0 && ["external", "agent"].includes(card.trust);
  if (unread && !await askFirst(card)) return false;
  setPending(card.id, to);
  ownMoves.add(`${card.id} ${to}`);
  if (card.status === "in_progress") toast(`Stopping the agent on #${card.number}; its work is kept.`);
  const issue = await attempt(
    `#${card.number} stays in ${STATUS_WORDS[card.status]}`,
    () => api.move(card.id, to),
  );
  batch(() => {
    if (issue !== null) takeCards([toCard(issue)]);
    // A later move of the same card has its own mark.
    if (pending.value.get(card.id) === to) setPending(card.id, null);
  });
  if (issue !== null && undo) offerUndo(card, to);
  if (issue === null) ownMoves.delete(`${card.id} ${to}`);
  // The way there is told by the message that offers the way back.
  else if (!undo) announcement.value = `#${card.number} moved back to ${STATUS_WORDS[to]}`;
  return issue !== null;
}

/** @param {Pick<Card, "id" | "number" | "trust">} card */
async function askFirst(card) {
  try {
    return await (await import("./promote.js")).confirmPromotion(card);
  } catch {
    toast(`#${card.number} is not handed over: its text can't be shown. Is the server running?`, "bad");
    return false;
  }
}

/** The message that offers to take the last move back; there is one at a time. */
let offer = 0;

/**
 * @param {Pick<Card, "id" | "number" | "title" | "status" | "trust" | "attempts">} card as it was before
 * @param {Status} to where it went
 */
function offerUndo(card, to) {
  dismiss(offer);
  undoable.value = null;
  // Nobody but an agent puts an issue back to work.
  if (card.status === "in_progress") return;
  const back = () => {
    dismiss(offer);
    undoable.value = null;
    const now = cards.value.get(card.id)?.status ?? to;
    if (now !== to) {
      const why = now === "in_progress"
        ? "an agent has taken it already"
        : `it went on to ${STATUS_WORDS[now]}`;
      return toast(`#${card.number} was not moved back: ${why}`, "bad");
    }
    moveIssue({ ...card, status: to }, card.status, { undo: false });
  };
  undoable.value = back;
  offer = toast(`#${card.number} moved to ${STATUS_WORDS[to]}`, "plain", { word: "Undo", run: back });
}

/**
 * Moves an issue one column on; returns where it goes, `null` at the edge.
 *
 * @param {Card} card
 * @param {-1 | 1} step
 */
export function stepIssue(card, step) {
  const to = nextStatus(pending.value.get(card.id) ?? card.status, step);
  if (to !== null) moveIssue(card, to);
  return to;
}

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
