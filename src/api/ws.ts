/** The WebSocket: events as they happen, what a reconnect missed, and the logs of watched runs. */

import { z } from "@hono/zod-openapi";
import type { Credential } from "../domain/credential.ts";
import { messageOfError, NotFoundError } from "../domain/errors.ts";
import { seesRuns, type View, viewOf } from "../domain/event_view.ts";
import { Activity } from "../events/activity.ts";
import { RunTails } from "../events/run_tails.ts";
import { loggerOf } from "../log.ts";
import type { RouteDeps } from "./env.ts";
import { originalOf } from "./base_path.ts";
import { API_BASE } from "./env.ts";
import { ApiError } from "./errors.ts";

export const WS_PATH = `${API_BASE}/ws`;

/** Longest message that a client may send, in bytes. */
const MAX_MESSAGE_BYTES = 64 << 10;
/** Messages of one client that wait to be handled. */
const MAX_WAITING = 64;
/** Runs that one client may watch at a time. */
const MAX_RUNS = 64;
/** A peer that does not answer a ping for so long is gone, in seconds. */
const IDLE_TIMEOUT_S = 30;
/** How long close() waits for the peers' close frames, in milliseconds. */
const CLOSE_WAIT_MS = 1_000;

/** Connections of which other sites' pages may have so many: the rest is kept for people. */
const MAX_EMBEDDED = 0.5;
/** Between two looks for connections whose login has expired, in milliseconds; nobody looks while none can expire. */
const SWEEP_MS = 1_000;
const PROTOCOL = "autopilot";

const CLOSE_POLICY = 1008;
/** Of the range for applications; the board leads to the login. */
const CLOSE_UNAUTHORIZED = 4401;
const CLOSE_TOO_BIG = 1009;
const CLOSE_INTERNAL = 1011;

const topic = z.string().regex(/^(activity|run:[\w-]{1,100})$/, {
  error: 'Must be "activity" or "run:<id>"',
});
const ClientMessage = z.union([
  z.strictObject({ subscribe: topic, after: z.number().int().min(0).optional() }),
  z.strictObject({ unsubscribe: topic }),
], { error: 'Must be {"subscribe": "run:<id>" or "activity", "after": n} or {"unsubscribe": …}' });
type ClientMessage = z.output<typeof ClientMessage>;

export interface Sockets {
  /** Upgrades the request. @param embedded it comes from a page of another site @throws ApiError */
  accept(request: Request, credential: Credential, embedded: boolean): Response;
  close(): Promise<void>;
}

export function createSockets(
  { store, feed, hub, auth }: Omit<RouteDeps, "cached" | "metrics">,
): Sockets {
  const tails = new RunTails(feed, store.runLog, hub);
  const activity = new Activity(feed, store, hub);
  const open = new Map<WebSocket, Credential>();
  /** Of those, the ones of pages of other sites. */
  const outside = new Set<WebSocket>();
  let all_closed = () => {};

  const handle = async (socket: WebSocket, message: ClientMessage, view: View): Promise<void> => {
    const name = "subscribe" in message ? message.subscribe : message.unsubscribe;
    if (!seesRuns(view)) {
      throw new ApiError(
        "forbidden",
        `This connection hears of issues only: ${name} needs the right to read`,
      );
    }
    const run_id = name === "activity" ? null : name.slice("run:".length);
    if (run_id === null) {
      if ("subscribe" in message) activity.watch(socket);
      else activity.leave(socket);
    } else if ("subscribe" in message) {
      await store.runs.get(run_id);
      if (tails.count(socket) >= MAX_RUNS) {
        throw new ApiError(
          "invalid",
          `At most ${MAX_RUNS} runs can be watched at once: unsubscribe from one`,
        );
      }
      await tails.watch(socket, run_id, message.after ?? null);
    } else {
      tails.unwatch(socket, run_id);
    }
    if ("unsubscribe" in message) {
      hub.push(socket, JSON.stringify({ type: "unsubscribed", unsubscribe: name }));
    }
  };

  const leave = (socket: WebSocket) => {
    hub.leave(socket);
    tails.leave(socket);
    activity.leave(socket);
  };
  /** Ends a connection that broke a rule; nothing more is sent, whenever its close frame comes. */
  const drop = (socket: WebSocket, code: number, reason: string) => {
    leave(socket);
    socket.close(code, reason);
  };
  const gone = (socket: WebSocket) => {
    leave(socket);
    open.delete(socket);
    outside.delete(socket);
    if (open.size > 0) return;
    clearInterval(sweep);
    sweep = undefined;
    all_closed();
  };

  const endWhere = (ended: (credential: Credential) => boolean) => {
    for (const [socket, credential] of open) {
      if (ended(credential)) drop(socket, CLOSE_UNAUTHORIZED, "The login has ended: log in again");
    }
  };
  auth.onEnded(endWhere);
  let sweep: ReturnType<typeof setInterval> | undefined;

  return {
    accept(request, credential, embedded) {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
        throw new ApiError("upgrade_required", "This address speaks WebSocket only", {
          headers: { upgrade: "websocket" },
        });
      }
      const since = sinceOf(new URL(request.url).searchParams.get("since"));
      // Counts those being closed too: a peer that does not read holds its memory until its connection ends.
      if (hub.full || open.size >= hub.max_peers) {
        throw new ApiError("too_many_connections", "Too many connections: try again later", {
          headers: { "retry-after": "5" },
        });
      }
      const view = viewOf(credential, embedded);
      if (!seesRuns(view) && outside.size >= hub.max_peers * MAX_EMBEDDED) {
        throw new ApiError("too_many_connections", "Too many connections from other pages: try again later", {
          headers: { "retry-after": "60" },
        });
      }
      const { socket, response } = upgrade(request);
      socket.binaryType = "arraybuffer";
      open.set(socket, credential);
      if (!seesRuns(view)) outside.add(socket);
      if (auth.expires(credential)) {
        sweep ??= setInterval(() => endWhere((one) => auth.expired(one)), SWEEP_MS);
      }
      const queue = new MessageQueue({
        handle: (message) => handle(socket, message, view),
        say: (text) => hub.push(socket, text),
        drop: (code, reason) => drop(socket, code, reason),
      });
      socket.onopen = () => {
        hub.join(socket, since, view).catch((error) => {
          loggerOf("api").error("A socket could not be served: {error}", { error: messageOfError(error) });
          drop(socket, CLOSE_INTERNAL, "The event log can't be read: reconnect with since");
        });
      };
      socket.onmessage = ({ data }) => queue.add(data);
      // May come twice; leaving is idempotent.
      socket.onclose = () => gone(socket);
      socket.onerror = () => gone(socket);
      return response;
    },
    async close() {
      clearInterval(sweep);
      tails.close();
      activity.close();
      hub.close();
      if (open.size === 0) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        all_closed = resolve;
        timer = setTimeout(resolve, CLOSE_WAIT_MS);
      });
      clearTimeout(timer);
    },
  };
}

function upgrade(request: Request): { socket: WebSocket; response: Response } {
  // Browsers want one of the protocols that they offered; the others they offer are tokens.
  const offered = request.headers.get("sec-websocket-protocol")?.split(",").map((name) => name.trim()) ?? [];
  const protocol = offered.includes(PROTOCOL) ? { protocol: PROTOCOL } : {};
  try {
    return Deno.upgradeWebSocket(originalOf(request), { idleTimeout: IDLE_TIMEOUT_S, ...protocol });
  } catch (error) {
    // A handshake without key or with a wrong version.
    throw new ApiError("malformed", `The WebSocket handshake is invalid: ${messageOfError(error)}`);
  }
}

function sinceOf(value: string | null): number | null {
  if (value === null || value === "") return null;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new ApiError("invalid", "The query is invalid: since must be the seq of an event", {
    details: [{ field: "since", message: "Must be a whole number" }],
  });
}

/** Handles a client's messages one after the other; what it can't understand it says, and goes on. */
class MessageQueue {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(
    readonly to: {
      handle: (message: ClientMessage) => Promise<void>;
      say: (text: string) => void;
      drop: (code: number, reason: string) => void;
    },
  ) {}

  add(data: unknown): void {
    // Characters and bytes differ by a factor of at most three: a bound on memory, not an exact count.
    const bytes = typeof data === "string"
      ? data.length
      : data instanceof ArrayBuffer
      ? data.byteLength
      : Infinity;
    if (bytes > MAX_MESSAGE_BYTES) return this.to.drop(CLOSE_TOO_BIG, "A message may have 64 KB");
    if (this.#waiting >= MAX_WAITING) return this.to.drop(CLOSE_POLICY, "Too many messages at once");
    this.#waiting++;
    this.#last = this.#last.then(() => this.#next(data)).finally(() => this.#waiting--);
  }

  async #next(data: unknown): Promise<void> {
    try {
      await this.to.handle(parse(data));
    } catch (error) {
      this.to.say(JSON.stringify({ type: "error", ...this.#tell(error) }));
    }
  }

  #tell(error: unknown): { error: string; code: string } {
    if (error instanceof ApiError) return { error: error.message, code: error.code };
    if (error instanceof NotFoundError) return { error: error.message, code: "not_found" };
    loggerOf("api").error("A message failed: {error}", { error: messageOfError(error) });
    return { error: "Something went wrong in the server; its log says what", code: "internal" };
  }
}

function parse(data: unknown): ClientMessage {
  if (typeof data !== "string") {
    throw new ApiError("invalid", "The message is invalid: send text, not binary");
  }
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    // The parser's words would repeat the client's text; the fact is enough.
    throw new ApiError("malformed", "The message is not JSON");
  }
  const parsed = ClientMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ApiError("invalid", `The message is invalid: ${parsed.error.issues[0].message}`);
}
