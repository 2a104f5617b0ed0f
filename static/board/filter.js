// @ts-check
/** What part of the board is shown. The address carries it, so that it can be kept, shared and gone back to. */

import { batch, computed, effect, signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, onResync } from "./live.js";
import { needOf } from "./reduce.js";
import { columns, takeCards, toast, view } from "./store.js";
import { KIND_WORDS, PRIORITIES, STATUSES } from "./words.js";

/** @import { ReadonlySignal, Signal } from "@preact/signals" */
/** @import { Card } from "./reduce.js" */
/** @import { Columns } from "./store.js" */

/** @typedef {"status" | "kind" | "priority" | "agent" | "needs" | "trust"} Facet */
/** @typedef {{ q: string } & Record<Facet, readonly string[]>} Filter each facet: any of these; empty: all */

/** The values that a facet may have; an agent may be anybody. @type {Readonly<Record<Facet, readonly string[] | null>>} */
export const FACETS = {
  status: STATUSES,
  kind: Object.keys(KIND_WORDS),
  priority: PRIORITIES,
  agent: null,
  needs: ["question", "failed", "review"],
  trust: ["operator", "member", "agent", "external"],
};
const NAMES = /** @type {readonly Facet[]} */ (Object.keys(FACETS));

/** As long as the server takes it. */
export const MAX_QUERY = 200;
/** Between the last key and the search. */
const PAUSE_MS = 120;
/** Between a change of some text and a new search. */
const REFRESH_MS = 1000;
const MAX_FOUND = 500;
/** Of one facet, as many as the server takes. */
const MAX_VALUES = 20;

/** @type {Filter} */
const ALL = { q: "", status: [], kind: [], priority: [], agent: [], needs: [], trust: [] };

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
    fits("needs", needOf(card)) && fits("trust", card.trust) &&
    (fits("agent", card.claimed_by) || fits("agent", card.assignee)) &&
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
  // Who filters wants to see issues.
  view.value = "";
  url.searchParams.delete("view");
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

/** Follows the address, and asks the server for what is not loaded. */
export function startFilter() {
  const read = () => filter.value = filterIn(new URLSearchParams(location.search));
  read();
  addEventListener("popstate", read);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let words = "";
  /** @param {number} pause */
  const later = (pause) => {
    clearTimeout(timer);
    rest.value = null;
    if (filtering.peek()) timer = setTimeout(search, pause);
  };
  effect(() => {
    const q = filter.value.q.trim();
    if (q === "") found.value = null;
    later(q === words ? 0 : PAUSE_MS);
    words = q;
  });
  onMessages((messages) => {
    if (filter.peek().q.trim() === "") return;
    if (messages.some(({ type }) => type === "comment.added" || type === "issue.updated")) later(REFRESH_MS);
  });
  onResync(() => later(0));
}

/** Where the server has more of what is wanted; `null`: all of it is here. @type {Signal<string | null>} */
export const rest = signal(null);

/** The filter as the server takes it. @param {Filter} wanted */
function queryOf({ q, ...facets }) {
  const params = new URLSearchParams();
  for (const [name, values] of Object.entries({ q: [q.trim()], ...facets })) {
    const text = values.slice(0, MAX_VALUES).join(",");
    if (text !== "") params.set(name, text);
  }
  params.set("limit", String(MAX_FOUND));
  return `/issues?${params}`;
}

async function search() {
  const wanted = filter.peek();
  await ask(queryOf(wanted), wanted, new Set());
}

/** Loads the next page of what is wanted. */
export async function loadRest() {
  if (rest.peek() !== null) {
    await ask(/** @type {string} */ (rest.peek()), filter.peek(), found.peek() ?? new Set());
  }
}

/** @param {string} path @param {Filter} wanted @param {ReadonlySet<string>} before ids of the pages before */
async function ask(path, wanted, before) {
  try {
    const page = await api.issues(path);
    batch(() => {
      takeCards(page.cards);
      // A slow answer to an older filter tells nothing.
      if (filter.peek() !== wanted) return;
      rest.value = page.next;
      if (wanted.q.trim() !== "") found.value = new Set([...before, ...page.cards.map(({ id }) => id)]);
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // What is loaded is searched all the same, by its titles.
    if (error.status !== 0) toast(`The search failed: ${error.message}`, "bad");
  }
}
