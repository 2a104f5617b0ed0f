// @ts-check
/** The numbers behind the charts, kept fresh while the page that shows them is open. */

import { signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, onResync } from "./live.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Stats } from "../../src/domain/stats.ts" */

/** The windows that are offered, in days. */
export const RANGES = [7, 30, 90];
const DEFAULT_DAYS = 30;
/** Between two looks: agents finish in bursts. */
const PAUSE_MS = 3000;
/** What changes a number. */
const TELLING = new Set(["issue.created", "issue.status", "run.finished"]);

/** @typedef {{ state: "loading" } | { state: "failed", reason: string } | { state: "ready", value: Stats }} Loaded */

/** @type {Signal<Loaded>} */
export const stats = signal({ state: "loading" });

/** How many days are shown; the address carries it. */
export const days = signal(DEFAULT_DAYS);

function readAddress() {
  const wanted = Number(new URLSearchParams(location.search).get("days"));
  days.value = RANGES.includes(wanted) ? wanted : DEFAULT_DAYS;
}

/** @param {number} wanted */
export function showDays(wanted) {
  const url = new URL(location.href);
  if (wanted === DEFAULT_DAYS) url.searchParams.delete("days");
  else url.searchParams.set("days", String(wanted));
  history.pushState(null, "", url);
  days.value = wanted;
}

export async function loadStats() {
  const wanted = days.peek();
  try {
    const value = await api.stats(wanted);
    // The person chose another window meanwhile.
    if (days.peek() === wanted) stats.value = { state: "ready", value };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // What is shown stays while the server is away; the reconnect loads it again.
    if (stats.peek().state !== "ready") stats.value = { state: "failed", reason: error.message };
  }
}

/** Loads, and again when something happened. Returns a function that ends it. */
export function followStats() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  const load = () => {
    clearTimeout(soon);
    soon = undefined;
    loadStats();
  };
  readAddress();
  const unsubscribe = days.subscribe(load);
  addEventListener("popstate", readAddress);
  const ends = [
    onMessages((messages) => {
      if (messages.some(({ type }) => TELLING.has(type))) soon ??= setTimeout(load, PAUSE_MS);
    }),
    onResync(load),
    unsubscribe,
    () => removeEventListener("popstate", readAddress),
    () => clearTimeout(soon),
  ];
  return () => ends.forEach((end) => end());
}
