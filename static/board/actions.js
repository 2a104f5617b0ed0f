// @ts-check
/** What a person can do. Each shows its effect at once, and takes it back with a reason when the server refuses. */

import { batch } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { nextStatus, toCard } from "./reduce.js";
import { announcement, pending, setPending, takeCards, toast } from "./store.js";
import { STATUS_WORDS } from "./words.js";

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

/**
 * Moves an issue. The card goes at once; a refusal brings it back.
 *
 * @param {Pick<Card, "id" | "number" | "title" | "status">} card
 * @param {Status} to
 * @returns {Promise<boolean>} whether the server agreed
 */
export async function moveIssue(card, to) {
  if ((pending.value.get(card.id) ?? card.status) === to) return true;
  setPending(card.id, to);
  announcement.value = `#${card.number} moved to ${STATUS_WORDS[to]}`;
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
  if (issue === null) announcement.value = `#${card.number} is back in ${STATUS_WORDS[card.status]}`;
  return issue !== null;
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

/** @param {IssueDraft} draft @returns {Promise<boolean>} */
export async function createIssue(draft) {
  const issue = await attempt("The issue was not created", () => api.create(draft));
  if (issue === null) return false;
  takeCards([toCard(issue)]);
  toast(`#${issue.number} is in ${STATUS_WORDS[issue.status]}`, "good");
  return true;
}

/** @param {Issue} issue */
export async function stopIssue(issue) {
  const answer = await attempt(`#${issue.number} goes on`, () => api.stop(issue.id));
  if (answer !== null) toast(`Stopping the agent on #${issue.number}; its work is kept.`);
}

/**
 * Adds a comment; with `then`, moves the issue afterwards.
 *
 * @param {Pick<Card, "id" | "number" | "title" | "status">} issue
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
