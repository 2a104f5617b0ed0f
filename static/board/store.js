// @ts-check
/** The board's one store: signals that the views read, changed by the socket, by answers and by the person. */

import { computed, signal } from "@preact/signals";
import { columnsOf, mergeCards, needsOf } from "./reduce.js";
import { STATUSES } from "./words.js";

/** @import { ReadonlySignal, Signal } from "@preact/signals" */
/** @import { Agent } from "../../src/domain/agent.ts" */
/** @import { Status } from "../../src/domain/issue.ts" */
/** @import { RunnerState } from "./api.js" */
/** @import { Card, Cards } from "./reduce.js" */
/** @import { ConnectionState } from "./socket.js" */
/** @typedef {Record<Status, readonly Card[]>} Columns */
/** @typedef {{ word: string, run: () => void }} ToastAction */
/** @typedef {{ id: number, tone: "plain" | "good" | "bad", text: string, action: ToastAction | null }} Toast */

/** All issues that are loaded. @type {Signal<Cards>} */
export const cards = signal(new Map());

/** Moves that the server has not answered yet: issue id → where the person put it. */
/** @type {Signal<ReadonlyMap<string, Status>>} */
export const pending = signal(new Map());

/** @type {Columns | null} */
let before = null;
/** @type {ReadonlySignal<Columns>} */
export const columns = computed(() => before = columnsOf(cards.value, pending.value, before));

/** Where the rest of a column can be loaded; `null` when it is all here. @type {Signal<Record<Status, string | null>>} */
export const more = signal(
  /** @type {Record<Status, string | null>} */ (Object.fromEntries(STATUSES.map((status) => [status, null]))),
);

/** How many issues each status has, as far as not all of them are here. @type {Signal<Readonly<Record<Status, number>> | null>} */
export const totals = signal(null);

/** The card that is being dragged, and the column below it. @type {Signal<{ card: Card, over: Status | null } | null>} */
export const drag = signal(null);

/** `loading` until the first list is here; `failed` carries the reason. */
/** @type {Signal<{ state: "loading" | "ready" } | { state: "failed", reason: string }>} */
export const boot = signal({ state: "loading" });

/** @type {Signal<ConnectionState>} */
export const connection = signal("connecting");

/** When the page was last in step with the server, in milliseconds since the epoch. */
export const last_live = signal(Date.now());

/** @type {Signal<readonly Agent[] | null>} */
export const agents = signal(null);

/** The runner of this server; `null` when it is off, or not known yet. @type {Signal<RunnerState | null>} */
export const runner = signal(null);

/** @type {{ of: Columns, items: ReturnType<typeof needsOf> } | null} */
let waited = null;
/** What waits for a person; the same list while the two columns stay the same. */
export const needs = computed(() => {
  const of = columns.value;
  if (waited === null || waited.of.blocked !== of.blocked || waited.of.in_review !== of.in_review) {
    waited = { of, items: needsOf(of) };
  }
  return waited.items;
});

/** How many issues wait for a person. */
export const waiting = computed(() => needs.value.length);

/** Milliseconds since the epoch, moving on every second while an agent works, else every half minute. */
export const now = signal(Date.now());

/** @type {Map<string, Signal<{ run_id: string, text: string, cost_usd: number } | null>>} */
const lines = new Map();

/**
 * What the agent on this issue does now. Each line is a signal of its own, so that a busy agent redraws one line and
 * not the board.
 *
 * @param {string} issue_id
 */
export function activityOf(issue_id) {
  let line = lines.get(issue_id);
  if (line === undefined) lines.set(issue_id, line = signal(null));
  return line;
}

/** Which issue is open, by id or number; empty when none is. */
export const openRef = signal("");

/** What is shown in place of the columns; empty: nothing. @type {Signal<"" | "agents">} */
export const view = signal("");

/** Whether the form for a new issue is open. */
export const creating = signal(false);

/** What lies over the board. @type {Signal<"" | "palette" | "help" | "settings" | "filter">} */
export const overlay = signal("");

/** A dialog tells of its end a moment later, when something else may be open. @param {string} own */
export function closeOverlay(own) {
  if (overlay.value === own) overlay.value = "";
}

/** Takes the last own move back; `null` when there is none. @type {Signal<(() => void) | null>} */
export const undoable = signal(null);

/** Whose question is being answered beside the board, and what the box stands at. */
/** @type {Signal<{ card: Card, anchor: HTMLElement } | null>} */
export const answering = signal(null);

/** @param {Card} card @param {HTMLElement} anchor */
export function openAnswer(card, anchor) {
  answering.value = { card, anchor };
}

/** @type {Signal<readonly Toast[]>} */
export const toasts = signal([]);

/** Spoken by screen readers, not shown. */
export const announcement = signal("");

let toastId = 0;
const TOAST_MS = 6000;

/**
 * @param {string} text
 * @param {Toast["tone"]} [tone]
 * @param {ToastAction | null} [action] what can be done about it
 * @returns {number} for `dismiss`
 */
export function toast(text, tone = "plain", action = null) {
  const id = ++toastId;
  toasts.value = [...toasts.value.slice(-3), { id, tone, text, action }];
  setTimeout(() => dismiss(id), tone === "bad" || action !== null ? TOAST_MS * 2 : TOAST_MS);
  return id;
}

/** @param {number} id */
export function dismiss(id) {
  toasts.value = toasts.value.filter((item) => item.id !== id);
}

/** Takes in what the server answered. @param {readonly Card[]} news */
export function takeCards(news) {
  cards.value = mergeCards(cards.value, news);
}

/**
 * Marks a move as put but not confirmed, or (`null`) ends the mark.
 *
 * @param {string} id
 * @param {Status | null} status
 */
export function setPending(id, status) {
  const next = new Map(pending.value);
  if (status === null) next.delete(id);
  else next.set(id, status);
  pending.value = next;
}
