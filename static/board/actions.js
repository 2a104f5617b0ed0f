// @ts-check
/** What a person can do. Each shows its effect at once, and takes it back with a reason when the server refuses. */

import { batch } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { nextStatus, toCard } from "./reduce.js";
import { announcement, cards, dismiss, pending, setPending, takeCards, toast, undoable } from "./store.js";
import { STATUS_WORDS } from "./words.js";

/** @import { Issue, Status } from "../../src/domain/issue.ts" */
/** @import { Card } from "./reduce.js" */
/** @typedef {Pick<Card, "id" | "number" | "title" | "status" | "trust" | "attempts">} Movable */

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

/** Issue id → its last move that was begun. @type {Map<string, Promise<void>>} */
const turns = new Map();

/**
 * Moves an issue. The card goes at once; a refusal brings it back, and so does a change of mind. Moves of one issue are
 * sent one after the other, so that it ends where it was put last; one that is overtaken before it was sent is left out.
 * What somebody outside of the project wrote is handed to the agents only after the person has been shown it as it is.
 *
 * @param {Movable} card
 * @param {Status} to
 * @param {{ undo?: boolean }} [options] `undo: false` for the way back
 * @returns {Promise<void>} ends when the server has agreed or refused
 */
export async function moveIssue(card, to, { undo = true } = {}) {
  const { id } = card;
  if ((pending.value.get(id) ?? card.status) === to) return;
  const foreign = to === "ready" && undo && card.attempts === 0 && ["external", "agent"].includes(card.trust);
  // Of most issues there is nothing to show, so they go at once.
  if (!foreign) setPending(id, to);
  const turn = Promise.allSettled([turns.get(id)]).then(async () => {
    if (!foreign && pending.value.get(id) !== to) return;
    const status = cards.value.get(id)?.status ?? card.status;
    const issue = status === to ? null : await sendMove({ ...card, status }, to, undo, foreign);
    batch(() => {
      if (issue !== null) takeCards([toCard(issue)]);
      // A later move of the same card has its own mark.
      if (pending.value.get(id) === to) setPending(id, null);
    });
    if (issue === null) return;
    if (undo) offerUndo({ ...card, status }, to);
    // The way there is told by the message that offers the way back.
    else announcement.value = `#${card.number} moved back to ${STATUS_WORDS[to]}`;
  });
  turns.set(id, turn);
  await turn;
  if (turns.get(id) === turn) turns.delete(id);
}

/**
 * @param {Movable} card
 * @param {Status} to
 * @param {boolean} ask whether a person is to be asked where that is due
 * @param {boolean} foreign its own text is to be shown, not only what strangers said to it
 * @returns {Promise<Issue | null>} `null`: it stays, and the person knows why, or has put it elsewhere meanwhile
 */
async function sendMove(card, to, ask, foreign) {
  const seen = ask && to === "ready" ? await askFirst(card, foreign) : {};
  // Asking takes a moment, in which it may have been put elsewhere.
  if (seen === null || (!foreign && pending.value.get(card.id) !== to)) return null;
  setPending(card.id, to);
  ownMoves.add(`${card.id} ${to}`);
  if (card.status === "in_progress") toast(`Stopping the agent on #${card.number}; its work is kept.`);
  const issue = await attempt(
    `#${card.number} stays in ${STATUS_WORDS[card.status]}`,
    () => api.move(card.id, to, seen),
  );
  if (issue === null) ownMoves.delete(`${card.id} ${to}`);
  return issue;
}

/**
 * @param {Pick<Card, "id" | "number" | "status" | "trust">} card
 * @param {boolean} foreign its own text is to be shown, not only what strangers said to it
 */
async function askFirst(card, foreign) {
  try {
    return await (await import("./promote.js")).confirmPromotion(card, foreign);
  } catch (error) {
    // A part of the page that can't be loaded has no message for people.
    const why = error instanceof ApiError ? error.message : "The server can't be reached. Is it running?";
    toast(`#${card.number} stays in ${STATUS_WORDS[card.status]}: ${why}`, "bad");
    return null;
  }
}

/** The message that offers to take the last move back; there is one at a time. */
let offer = 0;

/**
 * @param {Movable} card as it was before
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
