/** The WebSocket for commands that follow: every event once, in order, over any number of connections. */

import { API_BASE, type Client, unreachable } from "./client.ts";
import { CommandError } from "./exit.ts";

const FIRST_DELAY_MS = 300;
const MAX_DELAY_MS = 5_000;
/** A connection that does not come about in this time has failed, in milliseconds. */
const CONNECT_MS = 10_000;

/** A message of the server as it came: untrusted. */
export type Message = Record<string, unknown> & { type: string };

export interface Follower {
  /** Begin after this event; `null`: with what comes. */
  since: number | null;
  /** What to send on each connection, after the hello. */
  subscribe?: () => unknown;
  /** Takes a message; true ends the following. */
  take(message: Message): boolean | Promise<boolean>;
  /** The connection was lost, or is back. */
  onState?(connected: boolean): void;
}

/**
 * Follows until `take` says that it is enough. A lost connection comes back by itself and asks for what it missed.
 *
 * @throws {CommandError} when the first connection fails: then there is no server to wait for
 */
export async function follow(client: Client, follower: Follower): Promise<void> {
  let last = follower.since;
  let failures = 0;
  let connected_once = false;
  for (;;) {
    const ended = await oneConnection();
    if (ended === "enough") return;
    if (!connected_once) {
      // Tells a login that is missing from a server that is.
      await client.call("/me");
      throw unreachable(client.url, ended.error);
    }
    follower.onState?.(false);
    const delay = Math.min(FIRST_DELAY_MS * 2 ** failures++, MAX_DELAY_MS);
    await new Promise((resolve) => setTimeout(resolve, delay));
  }

  function oneConnection(): Promise<"enough" | { error: unknown }> {
    const { promise, resolve, reject } = Promise.withResolvers<"enough" | { error: unknown }>();
    const url = `${client.url.replace(/^http/, "ws")}${API_BASE}/ws${last === null ? "" : `?since=${last}`}`;
    const headers = new Headers();
    if (client.token !== "") headers.set("authorization", `Bearer ${client.token}`);
    const socket = new WebSocket(url, { headers });
    const late = setTimeout(() => socket.close(), CONNECT_MS);
    let queue: Promise<void> = Promise.resolve();
    let over = false;
    const end = (how: "enough" | { error: unknown }) => {
      over = true;
      clearTimeout(late);
      socket.close();
      resolve(how);
    };
    const take = async (message: Message) => {
      if (over) return;
      if (message.type === "hello") {
        clearTimeout(late);
        if (connected_once) follower.onState?.(true);
        connected_once = true;
        failures = 0;
        last ??= Number(message.seq);
        if (follower.subscribe !== undefined) socket.send(JSON.stringify(follower.subscribe()));
      } else if (message.type === "resync") {
        last = Number(message.seq);
      } else if (typeof message.actor_kind === "string") {
        // Only events name who did it; their numbers have no gap, and a replay may overlap.
        if (Number(message.seq) <= (last ?? 0)) return;
        last = Number(message.seq);
      }
      if (await follower.take(message)) end("enough");
    };
    let error: unknown = new Error("the connection was closed");
    socket.onmessage = ({ data }) => {
      queue = queue.then(() => take(parse(data))).catch((thrown) => {
        end({ error: thrown });
        reject(thrown);
      });
    };
    socket.onerror = (event) => error = new Error((event as ErrorEvent).message);
    socket.onclose = () => queue.then(() => end({ error }));
    return promise;
  }
}

function parse(data: unknown): Message {
  try {
    const message = JSON.parse(String(data));
    if (typeof message?.type === "string") return message;
  } catch {
    // Told below: both ways it is no message of Autopilot.
  }
  throw new CommandError(
    "The server sent something that is no message of Autopilot. Is AUTOPILOT_URL right?",
  );
}
