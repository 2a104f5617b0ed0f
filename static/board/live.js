// @ts-check
/** Keeps the store in step with the server: first load, events, live lines, reload after a gap. */

import { batch, effect } from "@preact/signals";
import { api, ApiError, BASE, loggedOut } from "./api.js";
import { cleanValue } from "./clean.js";
import { applyMessages, movedTotals } from "./reduce.js";
import { connect } from "./socket.js";
import {
  activityOf,
  agents,
  boot,
  cards,
  columns,
  connection,
  last_live,
  more,
  now,
  runner,
  takeCards,
  totals,
} from "./store.js";
import { STATUSES } from "./words.js";

/** @import { Status } from "../../src/domain/issue.ts" */
/** @import { Message } from "./reduce.js" */

/** Rows of the first page of a column; accepted work grows without end, so it comes in small pages. */
const PAGE = { rest: 500, done: 50 };

/** So long the first load waits for the socket. */
const PATIENCE_MS = 1000;
/** Between two looks at who works, or at how many issues there are. */
const PAUSE_MS = 1000;

/** @type {Set<(messages: readonly Message[]) => void>} */
const listeners = new Set();
/** What was asked of the server on top of the events; asked again after a reconnect. @type {Map<string, () => unknown>} */
const subscriptions = new Map([["activity", /** @returns {unknown} */ () => ({ subscribe: "activity" })]]);
/** @type {Set<() => void>} */
const resyncs = new Set();

/** @type {ReturnType<typeof connect> | null} */
let socket = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let agentsSoon;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let countsSoon;
/** Counts loads, so that the answer of an overtaken one is dropped. */
let load = 0;

/** Connects and loads. Returns a function that ends it. */
export function startLive() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = connect(`${scheme}//${location.host}${BASE}/ws`, {
    onState: (state) => {
      if (connection.value === "live") last_live.value = Date.now();
      connection.value = state;
      if (state !== "live" && boot.value.state === "loading") reload();
    },
    onLoggedOut: loggedOut,
    // Should it be for the login, the answer says so; whatever else it is, the next attempt is under way.
    onRefused: () => void api.me().catch(() => {}),
    onResync: () => {
      clearTimeout(patience);
      reload();
      for (const listener of resyncs) listener();
    },
    onReplaced: () => location.reload(),
    onMessages: (messages) => takeMessages(messages.map(cleanValue)),
    subscriptions: () => [...subscriptions.values()].map((message) => message()),
  });
  // The lists are asked for when the socket stands, so that nothing falls in between; should it take long, without it.
  const patience = setTimeout(reload, PATIENCE_MS);
  const stopClock = startClock();
  return () => {
    clearTimeout(patience);
    socket?.close();
    stopClock();
  };
}

/** Does not wait for the next attempt to connect. */
export function retryNow() {
  if (boot.value.state === "failed") reload();
  socket?.retryNow();
}

/** @param {Message[]} messages */
function takeMessages(messages) {
  batch(() => {
    cards.value = applyMessages(cards.value, messages);
    for (const message of messages) {
      const issue_id = message.issue_id ?? "";
      if (message.type === "run.activity") {
        activityOf(issue_id).value = {
          run_id: message.run_id ?? "",
          text: String(message.text ?? ""),
          cost_usd: Number(message.cost_usd ?? 0),
        };
      } else if (message.type === "run.started" || message.type === "run.finished") {
        // Live lines don't wait for events: the new run's first line may be here before the news of its start.
        const line = activityOf(issue_id);
        const own = line.value?.run_id === message.run_id;
        if (own === (message.type === "run.finished")) line.value = null;
      }
    }
  });
  if (messages.some((message) => message.type === "agent.status")) {
    // Many agents change at once; one look tells of all.
    agentsSoon ??= setTimeout(loadAgents, PAUSE_MS);
  }
  if (
    totals.value !== null && messages.some(({ type }) => type === "issue.status" || type === "issue.created")
  ) {
    totals.value = movedTotals(totals.value, messages);
    // Whatever was counted twice around a load is put right.
    countsSoon ??= setTimeout(loadCounts, PAUSE_MS);
  }
  for (const listener of listeners) listener(messages);
}

/** Loads every column. Lists that did not change cost a 304 each. */
async function reload() {
  const own = ++load;
  try {
    const pages = await Promise.all(
      STATUSES.map((status) =>
        api.issues(
          `/issues?status=${status}&limit=${status === "done" ? `${PAGE.done}&order=accepted` : PAGE.rest}`,
        )
      ),
    );
    if (own !== load) return;
    batch(() => {
      takeCards(pages.flatMap((page) => page.cards));
      more.value = /** @type {Record<Status, string | null>} */ (
        Object.fromEntries(STATUSES.map((status, i) => [status, pages[i].next]))
      );
      boot.value = { state: "ready" };
      if (pages.every(({ next }) => next === null)) totals.value = null;
      else loadCounts();
    });
    loadAgents();
  } catch (error) {
    if (own !== load || !(error instanceof ApiError)) throw error;
    if (boot.value.state !== "ready") boot.value = { state: "failed", reason: error.message };
  }
}

/** Columns whose next page is on its way. @type {Set<Status>} */
const growing = new Set();

/** Loads the next page of a column. @param {Status} status */
export async function loadMore(status) {
  const next = more.value[status];
  if (next === null || growing.has(status)) return;
  growing.add(status);
  try {
    const page = await api.issues(next);
    batch(() => {
      takeCards(page.cards);
      more.value = { ...more.value, [status]: page.next };
    });
  } finally {
    growing.delete(status);
  }
}

async function loadCounts() {
  clearTimeout(countsSoon);
  countsSoon = undefined;
  try {
    totals.value = await api.counts();
  } catch (error) {
    // What is loaded is counted all the same; the next move or reconnect asks again.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Looks who works. */
export async function loadAgents() {
  clearTimeout(agentsSoon);
  agentsSoon = undefined;
  try {
    const [list, state] = await Promise.all([api.agents(), api.runner()]);
    batch(() => {
      agents.value = list;
      runner.value = state;
    });
  } catch (error) {
    // The line about agents is a nicety; the board works without it, and the next event asks again.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Calls the listener with all further messages. @param {(messages: readonly Message[]) => void} listener */
export function onMessages(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Calls the listener when what was loaded may be out of date. @param {() => void} listener */
export function onResync(listener) {
  resyncs.add(listener);
  return () => void resyncs.delete(listener);
}

/**
 * Asks for a run's transcript, from where the caller stands, now and after every reconnect.
 *
 * @param {string} run_id
 * @param {() => number} after the last entry that is here
 */
export function subscribeRun(run_id, after) {
  const key = `run:${run_id}`;
  const ask = () => ({ subscribe: key, after: after() });
  subscriptions.set(key, ask);
  socket?.send(ask());
  return () => {
    subscriptions.delete(key);
    socket?.send({ unsubscribe: key });
  };
}

/** Moves `now` on, no more often than somebody can see a difference. */
function startClock() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const tick = () => now.value = Date.now();
  const dispose = effect(() => {
    clearInterval(timer);
    timer = setInterval(tick, columns.value.in_progress.length > 0 ? 1000 : 30_000);
  });
  return () => {
    dispose();
    clearInterval(timer);
  };
}
