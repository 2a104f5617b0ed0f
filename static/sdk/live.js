// @ts-check
/**
 * The connection to the board: it comes back by itself and loses nothing on the way.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").Status} Status
 */
import { parse } from "../shared/base.js";
import { reasonOf, watchPolicy } from "./why.js";

const FIRST_DELAY_MS = 300;
const MAX_DELAY_MS = 30_000;
/** Between two attempts where only a person can change something. */
const REFUSED_DELAY_MS = 60_000;
/** Between two looks at how many issues need a human. */
const COUNT_MS = 1000;
/** Messages that came together are handed on together. */
const TOGETHER_MS = 50;

/** @type {readonly State[]} */
const REFUSALS = ["login", "token", "origin", "policy", "denied"];

/**
 * @param {{ api: URL, script: string, token: string | undefined, since: () => number, onStatus: (status: Status) => void,
 * onEvents: (events: Message[]) => void, onStart: (seq: number) => void }} options `since` is the last event that was
 * seen, -1 for none; `onStart` tells from which event on it is heard, when that is not the next one
 */
export function connect({ api, script, token, since, onStatus, onEvents, onStart }) {
  /** @type {Status} */
  let status = { state: "connecting", needs: null, allowed: api.origin === location.origin ? true : null };
  let failures = 0;
  let closed = false;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let counting;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let handing;
  /** @type {Message[]} */
  let queue = [];
  const policy = watchPolicy(api);

  /** @param {Partial<Status>} change */
  function tell(change) {
    status = { ...status, ...change };
    if (!closed) onStatus(status);
  }

  /** Asks how many issues need a human, which also tells how the board thinks of this page. @returns {Promise<State>} */
  async function count() {
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    const answer = await fetch(`${api}/counts`, { headers, credentials: "same-origin", cache: "no-cache" });
    status.allowed = true;
    if (answer.status === 401) return token || api.origin !== location.origin ? "token" : "login";
    const body = await answer.json();
    if (body.code === "wrong_origin") return "token";
    // A token that may not read hears the events all the same.
    const { blocked, in_review } = body;
    tell({ needs: blocked + in_review >= 0 ? blocked + in_review : null });
    return "live";
  }

  async function open() {
    clearTimeout(again);
    again = undefined;
    /** @type {State} */
    let state;
    try {
      state = await count();
    } catch {
      state = await reasonOf(api, script, policy.refused);
      if (state === "origin") tell({ allowed: false });
    }
    if (closed || socket !== null) return;
    if (state !== "live") return fail(state);
    const last = since();
    const url = new URL(`${api}/ws${last < 0 ? "" : `?since=${last}`}`);
    url.protocol = url.protocol.replace("http", "ws");
    try {
      socket = new WebSocket(url, token ? ["autopilot", `bearer.${token}`] : []);
    } catch {
      return fail("policy");
    }
    let hello = 0;
    socket.onmessage = ({ data }) => {
      const message = parse(data, {});
      if (message.type === "hello" && message.seq >= 0) {
        hello = message.seq;
        failures = 0;
        if (since() < 0) onStart(hello);
        tell({ state: "live" });
      } else if (message.type === "resync") {
        queue = [];
        onStart(hello);
      } else if (Number.isSafeInteger(message.seq)) {
        queue.push(message);
        handing ??= setTimeout(hand, TOGETHER_MS);
      }
    };
    const own = socket;
    // What the page's policy refuses has an error and no end.
    own.onclose = own.onerror = () => {
      if (socket === own) lost();
    };
  }

  /** The connection is gone, or soon will be. */
  async function lost() {
    const gone = socket;
    socket = null;
    gone?.close();
    if (gone !== null && !closed) fail(await reasonOf(api, script, policy.refused, true));
  }

  function hand() {
    handing = undefined;
    const events = queue;
    queue = [];
    if (events.some(({ type }) => type === "issue.status" || type === "issue.created")) {
      counting ??= setTimeout(() => {
        counting = undefined;
        // Should it fail, the number is old until the next event or reconnect.
        count().catch(() => {});
      }, COUNT_MS);
    }
    onEvents(events);
  }

  /** @param {State} state */
  function fail(state) {
    if (closed) return;
    failures++;
    tell({ state });
    const delay = REFUSALS.includes(state)
      ? REFUSED_DELAY_MS
      : Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS);
    again = setTimeout(open, delay * (0.7 + 0.6 * Math.random()));
  }

  /** Does not wait for the next attempt. */
  function retry() {
    if (again !== undefined) open();
  }

  function seen() {
    if (!document.hidden) retry();
  }

  addEventListener("online", retry);
  addEventListener("offline", lost);
  document.addEventListener("visibilitychange", seen);
  open();

  return {
    retry,
    status: () => status,
    close() {
      closed = true;
      for (const timer of [again, counting, handing]) clearTimeout(timer);
      removeEventListener("online", retry);
      removeEventListener("offline", lost);
      document.removeEventListener("visibilitychange", seen);
      policy.end();
      socket?.close();
    },
  };
}
