// @ts-check
/** Dragging a card to another column: what mouse and touch have in common. */

import { moveIssue } from "./actions.js";
import { refusalOf } from "./reduce.js";
import { cards, drag, pending, toast } from "./store.js";
import { STATUS_WORDS } from "./words.js";

/** @import { Status } from "../../src/domain/issue.ts" */
/** @import { Card } from "./reduce.js" */

/** Where cards were let go: they glide on from there. @type {Map<string, { x: number, y: number }>} */
export const drops = new Map();

/** @param {Card} card */
export function startDrag(card) {
  const status = pending.peek().get(card.id) ?? card.status;
  drag.value = { card: { ...card, status }, over: null };
}

/** @param {Status | null} status the column under the pointer */
export function dragOver(status) {
  const now = drag.peek();
  if (now !== null && now.over !== status) drag.value = { ...now, over: status };
}

/** Ends the drag without a move. */
export function cancelDrag() {
  drag.value = null;
}

/** Puts the card where it is. @param {{ clientX: number, clientY: number }} point */
export function drop({ clientX, clientY }) {
  const now = drag.peek();
  drag.value = null;
  // Back where it was: a change of mind, also when the card has gone elsewhere under the pointer.
  if (now === null || now.over === null || now.over === now.card.status) return;
  const card = cards.peek().get(now.card.id) ?? now.card;
  const from = pending.peek().get(card.id) ?? card.status;
  const refusal = refusalOf(from, now.over);
  if (refusal !== null) {
    toast(`#${card.number} stays in ${STATUS_WORDS[from]}. ${refusal}.`, "bad");
    return;
  }
  drops.set(card.id, { x: clientX, y: clientY });
  moveIssue(card, now.over);
}

/** The card that was pressed, loaded as it is. @param {Element} element */
export function cardOf(element) {
  return cards.peek().get(element.closest("[data-issue]")?.getAttribute("data-issue") ?? "") ?? null;
}
