// @ts-check
/** Tells of moves that others make: to screen readers, and on the desktop when the person wants it. */

import { ownMoves } from "./actions.js";
import { HOME } from "./api.js";
import { openIssue } from "./detail.js";
import { needOf } from "./reduce.js";
import { notify } from "./settings.js";
import { announcement, cards } from "./store.js";
import { needWords, STATUS_WORDS } from "./words.js";

/** @import { Status } from "../../src/domain/issue.ts" */
/** @import { Message } from "./reduce.js" */

/** Moves of so long are told together: nobody listens to twenty agents one by one. */
const PAUSE_MS = 700;
/** So many are told by name. */
const NAMED = 3;

/** @type {Message[]} */
let moves = [];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {readonly Message[]} messages */
export function tell(messages) {
  // What was done here is told where it was done.
  const news = messages.filter(({ type, id, status }) =>
    type === "issue.status" && !ownMoves.delete(`${id} ${status}`)
  );
  if (news.length === 0) return;
  for (const message of news) show(message);
  moves.push(...news);
  timer ??= setTimeout(speak, PAUSE_MS);
}

function speak() {
  timer = undefined;
  announcement.value = wordsOf(moves);
  moves = [];
}

/** @param {readonly Message[]} moves */
export function wordsOf(moves) {
  // Where an issue is in the end counts, not its way there.
  const last = [...new Map(moves.map((move) => [move.id, move])).values()];
  /** @param {Message} move */
  const to = (move) => STATUS_WORDS[/** @type {Status} */ (move.status)];
  if (last.length <= NAMED) {
    return last.map((move) => `#${move.number} ${move.title} is in ${to(move)}`).join(". ");
  }
  const counts = new Map();
  for (const move of last) counts.set(to(move), (counts.get(to(move)) ?? 0) + 1);
  return `${last.length} issues moved: ${[...counts].map(([word, n]) => `${n} to ${word}`).join(", ")}`;
}

/** A note on the desktop for what needs a person who looks elsewhere. @param {Message} message */
function show(message) {
  const card = cards.value.get(String(message.id));
  const need = card === undefined ? null : needOf(card);
  if (card === undefined || need === null || !notify.value || document.hasFocus()) return;
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const note = new Notification(`${needWords(card, need)}: #${card.number}`, {
    body: card.title,
    tag: `autopilot-${card.id}`,
    icon: `${HOME}/icon.svg`,
  });
  note.onclick = () => {
    focus();
    openIssue(card.id);
    note.close();
  };
}
