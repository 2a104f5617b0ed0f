// @ts-check
/** The one connection to the server: it comes back by itself and loses nothing on the way. */

/** @import { Message } from "./reduce.js" */

/** @typedef {"connecting" | "live" | "reconnecting" | "offline"} ConnectionState */
/**
 * @typedef {object} SocketHandlers
 * @property {(state: ConnectionState) => void} onState
 * @property {() => void} onResync what is shown may be out of date: load everything again
 * @property {() => void} onReplaced the server has another log than before: nothing shown can be trusted
 * @property {(messages: Message[]) => void} onMessages in order, each once, collected over one frame
 * @property {() => void} onLoggedOut the login has ended: nothing more will come
 * @property {() => void} onRefused a connection did not come about; browsers don't tell why
 * @property {() => unknown[]} subscriptions what to ask for after each connect
 */

const FIRST_DELAY_MS = 300;
const MAX_DELAY_MS = 10_000;
/** After so many failed attempts the page says "Offline" instead of "Reconnecting"; it goes on trying. */
const OFFLINE_AFTER = 4;
const FRAME_MS = 16;
/** The server ends connections so when their login ended. */
const LOGGED_OUT = 4401;

/**
 * @param {string} url `ws:` or `wss:` address
 * @param {SocketHandlers} handlers
 */
export function connect(url, handlers) {
  /** Sequence number of the last event taken in; -1 before the first connection. */
  let last = -1;
  let failures = 0;
  let closed = false;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  /** @type {Message[]} */
  let queue = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let flushing;

  function flush() {
    flushing = undefined;
    const messages = queue;
    queue = [];
    if (messages.length > 0) handlers.onMessages(messages);
  }

  /** @param {number} seq */
  function startOver(seq) {
    last = seq;
    queue = [];
    handlers.onResync();
  }

  function open() {
    retry = undefined;
    let hello = 0;
    const own = new WebSocket(last < 0 ? url : `${url}?since=${last}`);
    socket = own;
    own.onmessage = ({ data }) => {
      /** @type {Message} */
      const message = JSON.parse(data);
      if (message.type === "hello") {
        hello = message.seq ?? 0;
        failures = 0;
        handlers.onState("live");
        if (last < 0) startOver(hello);
        // A log that is shorter than what was seen is another log.
        else if (hello < last) return handlers.onReplaced();
        for (const subscription of handlers.subscriptions()) own.send(JSON.stringify(subscription));
        return;
      }
      if (message.type === "resync") return startOver(hello);
      // Live lines have a seq too, but of their own run; only events name an actor.
      if (message.seq !== undefined && message.actor_kind !== undefined) {
        if (message.seq <= last) return;
        // The log has no gaps, so a gap here means that something was lost.
        if (message.seq > last + 1) return startOver(message.seq);
        last = message.seq;
      }
      queue.push(message);
      flushing ??= setTimeout(flush, FRAME_MS);
    };
    own.onclose = ({ code }) => {
      if (socket !== own || closed) return;
      if (code === LOGGED_OUT) return handlers.onLoggedOut();
      socket = null;
      failures++;
      if (hello === 0) handlers.onRefused();
      handlers.onState(failures > OFFLINE_AFTER || !navigator.onLine ? "offline" : "reconnecting");
      const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS);
      retry = setTimeout(open, delay * (0.7 + 0.6 * Math.random()));
    };
  }

  /** Does not wait for the next attempt: the network is back, or somebody looks at the page. */
  function now() {
    if (retry === undefined) return;
    clearTimeout(retry);
    open();
  }

  function lost() {
    if (socket !== null) handlers.onState("offline");
    socket?.close();
  }

  function seen() {
    if (!document.hidden) now();
  }

  addEventListener("online", now);
  addEventListener("offline", lost);
  document.addEventListener("visibilitychange", seen);
  open();

  return {
    /** Sends when connected; a subscription made while away is sent after the next connect. @param {unknown} message */
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    retryNow: now,
    close() {
      closed = true;
      clearTimeout(retry);
      clearTimeout(flushing);
      removeEventListener("online", now);
      removeEventListener("offline", lost);
      document.removeEventListener("visibilitychange", seen);
      socket?.close();
    },
  };
}
