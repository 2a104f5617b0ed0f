// @ts-check
/** What part of the board is shown. The address carries it, so that it can be kept, shared and gone back to. */

import { batch, computed, effect, signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, onResync } from "./live.js";
import { needOf } from "./reduce.js";
import { columns, takeCards, toast } from "./store.js";
import { KIND_WORDS, PRIORITIES, STATUSES } from "./words.js";

/** @import { ReadonlySignal, Signal } from "@preact/signals" */
/** @import { Card } from "./reduce.js" */
/** @import { Columns } from "./store.js" */

/** @typedef {"status" | "kind" | "priority" | "agent" | "needs"} Facet */
/** @typedef {{ q: string } & Record<Facet, readonly string[]>} Filter each facet: any of these; empty: all */

/** The values that a facet may have; an agent may be anybody. @type {Readonly<Record<Facet, readonly string[] | null>>} */
export const FACETS = {
  status: STATUSES,
  kind: Object.keys(KIND_WORDS),
  priority: PRIORITIES,
  agent: null,
  needs: ["question", "failed", "review"],
};
const NAMES = /** @type {readonly Facet[]} */ (Object.keys(FACETS));

/** As long as the server takes it. */
export const MAX_QUERY = 200;
/** Between the last key and the search. */
const PAUSE_MS = 120;
/** Between a change of some text and a new search. */
const REFRESH_MS = 1000;
const MAX_FOUND = 500;

/** @type {Filter} */
const ALL = { q: "", status: [], kind: [], priority: [], agent: [], needs: [] };

/** @type {Signal<Filter>} */
export const filter = signal(ALL);

export const filtering = computed(() => {
  const { q, ...facets } = filter.value;
  return q.trim() !== "" || Object.values(facets).some((values) => values.length > 0);
});

/** What the server found for the query, by id; `null` while it has not answered. @type {Signal<ReadonlySet<string> | null>} */
const found = signal(null);

/** The columns as they are shown. @type {ReadonlySignal<Columns>} */
export const shownColumns = computed(() => {
  if (!filtering.value) return columns.value;
  const wanted = filter.value;
  const ids = found.value;
  const shown = { ...columns.value };
  for (const status of STATUSES) shown[status] = shown[status].filter((card) => matches(card, wanted, ids));
  return shown;
});

/**
 * @param {Card} card
 * @param {Filter} wanted
 * @param {ReadonlySet<string> | null} ids what the server found for the query
 */
export function matches(card, wanted, ids) {
  /** @param {Facet} facet @param {string | null} value */
  const fits = (facet, value) => wanted[facet].length === 0 || wanted[facet].includes(value ?? "");
  return fits("status", card.status) && fits("kind", card.kind) && fits("priority", card.priority) &&
    fits("needs", needOf(card)) && (fits("agent", card.claimed_by) || fits("agent", card.assignee)) &&
    (wanted.q.trim() === "" || (ids?.has(card.id) ?? false) || titleMatches(card, wanted.q));
}

/** Whether number or title say it, which needs no server. @param {Pick<Card, "number" | "title">} card @param {string} q */
export function titleMatches(card, q) {
  const text = plain(card.title);
  return plain(q).split(/\s+/).every((word) =>
    text.includes(word) || word.replace(/^#/, "") === String(card.number)
  );
}

/** @param {string} text */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase().trim();

/** @param {URLSearchParams} params @returns {Filter} */
export function filterIn(params) {
  const values = NAMES.map((name) => {
    const given = (params.get(name) ?? "").split(",").filter((value) => value !== "");
    return [name, given.filter((value) => FACETS[name]?.includes(value) ?? true)];
  });
  return { q: (params.get("q") ?? "").slice(0, MAX_QUERY), ...Object.fromEntries(values) };
}

/** @param {Partial<Filter>} patch */
export function setFilter(patch) {
  const next = { ...filter.peek(), ...patch };
  filter.value = next;
  const url = new URL(location.href);
  for (const [name, value] of [["q", next.q], ...NAMES.map((name) => [name, next[name].join(",")])]) {
    if (value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  // A word that is being typed is one step of the history, not one for every letter.
  const typing = Object.keys(patch).join() === "q";
  if (typing && history.state?.typing === true) history.replaceState(history.state, "", url);
  else history.pushState(typing ? { typing } : null, "", url);
}

/** @param {Facet} facet @param {string} value */
export function toggleFilter(facet, value) {
  const values = filter.peek()[facet];
  setFilter({ [facet]: values.includes(value) ? values.filter((one) => one !== value) : [...values, value] });
}

export function clearFilter() {
  setFilter(ALL);
}

/** Follows the address, and searches. */
export function startFilter() {
  const read = () => filter.value = filterIn(new URLSearchParams(location.search));
  read();
  addEventListener("popstate", read);
  const q = computed(() => filter.value.q.trim());
  const partial = computed(() => filtering.value);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {number} pause */
  const later = (pause) => {
    clearTimeout(timer);
    if (q.peek() !== "") timer = setTimeout(() => search(q.peek()), pause);
  };
  effect(() => {
    if (q.value === "") found.value = null;
    later(PAUSE_MS);
  });
  effect(() => {
    // What was accepted long ago comes in small pages; who filters wants to see through all of it.
    if (partial.value) ask(`/issues?status=done&limit=${MAX_FOUND}`);
  });
  onMessages((messages) => {
    if (messages.some(({ type }) => type === "comment.added" || type === "issue.updated")) later(REFRESH_MS);
  });
  onResync(() => later(0));
}

/** @param {string} q */
async function search(q) {
  const ids = await ask(`/issues?q=${encodeURIComponent(q)}&limit=${MAX_FOUND}`);
  // A slow answer to an older word tells nothing.
  if (ids !== null && filter.peek().q.trim() === q) found.value = ids;
}

/** @param {string} path */
async function ask(path) {
  try {
    const page = await api.issues(path);
    batch(() => takeCards(page.cards));
    return new Set(page.cards.map((card) => card.id));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // What is loaded is searched all the same, by its titles.
    if (error.status !== 0) toast(`The search failed: ${error.message}`, "bad");
    return null;
  }
}
