// @ts-check
/** Pure steps from what the server says to what the board shows. */

import { HUMAN_STATUSES, PRIORITIES, STATUSES } from "./words.js";

/** @import { Issue, Status } from "../../src/domain/issue.ts" */

/**
 * What a card shows of an issue: the fields that `issue.*` events carry.
 *
 * @typedef {Pick<Issue, "id" | "number" | "title" | "status" | "kind" | "priority" | "assignee" | "human_only" | "trust"
 *   | "claimed_by" | "claimed_at" | "branch" | "pr_url" | "checks" | "outcome" | "refused_hosts" | "not_before" | "attempts"
 *   | "cost_usd" | "version" | "created_at" | "updated_at">} Card
 */
/** @typedef {ReadonlyMap<string, Card>} Cards by issue id */
/**
 * One message of the socket: an event of the log (it names its actor), or something live beside the log.
 *
 * @typedef {{ type: string, seq?: number, at?: string, issue_id?: string, run_id?: string, [field: string]: unknown }} Message
 */

const CARD_FIELDS = /** @type {const} */ ([
  "id",
  "number",
  "title",
  "status",
  "kind",
  "priority",
  "assignee",
  "human_only",
  "trust",
  "claimed_by",
  "claimed_at",
  "branch",
  "pr_url",
  "checks",
  "outcome",
  "refused_hosts",
  "not_before",
  "attempts",
  "cost_usd",
  "version",
  "created_at",
  "updated_at",
]);

/**
 * The card in an issue, or in an `issue.*` message; `null` when a field is missing, so that half a card is never shown.
 *
 * @param {Record<string, unknown>} source
 * @returns {Card | null}
 */
export function cardIn(source) {
  /** @type {Record<string, unknown>} */
  const card = {};
  for (const field of CARD_FIELDS) {
    if (source[field] === undefined) return null;
    card[field] = source[field];
  }
  return /** @type {Card} */ (card);
}

/** The card in an issue that the server answered. @param {Record<string, any>} issue @returns {Card} */
export function toCard(issue) {
  const card = cardIn(issue);
  if (card === null) {
    throw new TypeError(`The server sent an issue without all fields: ${Object.keys(issue)}`);
  }
  return card;
}

/**
 * Takes cards in. An older version never replaces a newer one, so answers and events may arrive in any order.
 *
 * @param {Cards} cards
 * @param {readonly Card[]} news
 * @returns {Cards} the same map when nothing changed
 */
export function mergeCards(cards, news) {
  /** @type {Map<string, Card> | null} */
  let next = null;
  for (const card of news) {
    const known = (next ?? cards).get(card.id);
    if (known !== undefined && known.version >= card.version) continue;
    next ??= new Map(cards);
    next.set(card.id, card);
  }
  return next ?? cards;
}

/**
 * Takes in the messages of one moment.
 *
 * @param {Cards} cards
 * @param {readonly Message[]} messages
 * @returns {Cards}
 */
export function applyMessages(cards, messages) {
  const news = messages.filter((message) => message.type.startsWith("issue.")).map(cardIn);
  return mergeCards(cards, news.filter((card) => card !== null));
}

/**
 * The counts after these messages.
 *
 * @param {Readonly<Record<Status, number>>} totals
 * @param {readonly Message[]} messages
 * @returns {Readonly<Record<Status, number>>}
 */
export function movedTotals(totals, messages) {
  const next = { ...totals };
  for (const { type, status, from } of messages) {
    if (type !== "issue.status" && type !== "issue.created") continue;
    next[/** @type {Status} */ (status)]++;
    if (type === "issue.status") next[/** @type {Status} */ (from)]--;
  }
  return next;
}

/**
 * How many issues stand in a column of which not all are loaded.
 *
 * @param {Status} status
 * @param {Readonly<Record<Status, number>>} totals as the server counts
 * @param {Cards} cards
 * @param {ReadonlyMap<string, Status>} pending moves that the server has not counted yet
 */
export function countOf(status, totals, cards, pending) {
  let count = totals[status];
  for (const [id, to] of pending) {
    const from = cards.get(id)?.status;
    if (from !== undefined && from !== to) count += Number(to === status) - Number(from === status);
  }
  return count;
}

/** @type {Readonly<Record<Status, (a: Card, b: Card) => number>>} */
const ORDER = {
  backlog: (a, b) => rank(a) - rank(b) || b.number - a.number,
  ready: (a, b) => rank(a) - rank(b) || a.number - b.number,
  in_progress: (a, b) => compare(a.claimed_at, b.claimed_at) || a.number - b.number,
  // Who waits longest for a person comes first.
  blocked: (a, b) => rank(a) - rank(b) || compare(a.updated_at, b.updated_at) || a.number - b.number,
  in_review: (a, b) => rank(a) - rank(b) || compare(a.updated_at, b.updated_at) || a.number - b.number,
  done: (a, b) => compare(b.updated_at, a.updated_at) || b.number - a.number,
};

/** @param {Card} card */
const rank = (card) => PRIORITIES.indexOf(card.priority);
/** @param {string} a @param {string} b */
const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;

/**
 * The columns in display order. A moved card that the server has not confirmed yet stands where it was put.
 *
 * @param {Cards} cards
 * @param {ReadonlyMap<string, Status>} pending issue id → where it was put
 * @param {Readonly<Record<Status, readonly Card[]>> | null} before columns that stay the same keep their identity
 * @returns {Record<Status, readonly Card[]>}
 */
export function columnsOf(cards, pending, before) {
  /** @type {Record<Status, Card[]>} */
  const columns = { backlog: [], ready: [], in_progress: [], blocked: [], in_review: [], done: [] };
  for (const card of cards.values()) columns[pending.get(card.id) ?? card.status].push(card);
  /** @type {Record<Status, readonly Card[]>} */
  const result = columns;
  for (const status of STATUSES) {
    columns[status].sort(ORDER[status]);
    if (before !== null && same(before[status], columns[status])) result[status] = before[status];
  }
  return result;
}

/** @typedef {"question" | "failed" | "review"} Need what an issue wants from a person */

/** Outcomes after which a blocked issue tells of trouble, not of a question. @type {ReadonlySet<Card["outcome"]>} */
const TROUBLE = new Set(["failed", "timed_out", "stalled", "over_budget", "no_change", "lost"]);

/**
 * What the issue wants from a person now; `null`: nothing.
 *
 * @param {Card} card
 * @returns {Need | null}
 */
export function needOf(card) {
  if (card.status === "in_review") return "review";
  if (card.status !== "blocked") return null;
  return TROUBLE.has(card.outcome) ? "failed" : "question";
}

const NEEDS = /** @type {readonly Need[]} */ (["question", "failed", "review"]);

/**
 * What waits for a person: questions first, then trouble, then reviews, each in the order of its column.
 *
 * @param {Readonly<Record<Status, readonly Card[]>>} columns
 * @returns {readonly { card: Card, need: Need }[]}
 */
export function needsOf(columns) {
  const found = [...columns.blocked, ...columns.in_review].flatMap((card) => {
    const need = needOf(card);
    return need === null ? [] : [{ card, need }];
  });
  return found.sort((a, b) => NEEDS.indexOf(a.need) - NEEDS.indexOf(b.need));
}

/** @param {readonly unknown[]} a @param {readonly unknown[]} b */
function same(a, b) {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/**
 * Why a person can't put an issue there; `null` when it may go.
 *
 * @param {Status} from
 * @param {Status} to
 */
export function refusalOf(from, to) {
  return from === to || HUMAN_STATUSES.includes(to)
    ? null
    : "Only an agent takes an issue to work: put it into Ready and the next free one does";
}

/**
 * The next column to the left or right to which a person may move an issue; `null` at the edge.
 *
 * @param {Status} from
 * @param {-1 | 1} step
 * @returns {Status | null}
 */
export function nextStatus(from, step) {
  for (let i = STATUSES.indexOf(from) + step; i >= 0 && i < STATUSES.length; i += step) {
    if (HUMAN_STATUSES.includes(STATUSES[i])) return STATUSES[i];
  }
  return null;
}
