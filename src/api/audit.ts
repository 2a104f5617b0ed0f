/** The audit: the whole event log as JSON lines, with the credential of every deed. For admins. */

import type { MiddlewareHandler } from "hono";
import { may } from "../domain/credential.ts";
import { messageIn } from "../domain/event_view.ts";
import type { Events } from "../store/store.ts";
import type { ApiEnv } from "./env.ts";
import { ApiError } from "./errors.ts";

const LINES = "application/x-ndjson";
const PAGE = 500;

/** Answers a request that accepts JSON lines with all events after `after`; passes every other on. */
export function asLines(events: Pick<Events, "read">): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (c.req.header("accept") !== LINES) return await next();
    if (!may(c.get("credential"), "administer")) {
      throw new ApiError("forbidden", "The audit is for admins: ask for application/json instead");
    }
    const after = Number(/^\d{1,15}$/.exec(c.req.query("after") ?? "")?.[0] ?? 0);
    const body = ReadableStream.from(linesOf(events, after)).pipeThrough(new TextEncoderStream());
    return new Response(body, { headers: { "content-type": LINES, "cache-control": "no-store" } });
  };
}

async function* linesOf(events: Pick<Events, "read">, after: number): AsyncGenerator<string> {
  for (let last = after;;) {
    const page = await events.read(last, PAGE);
    if (page.length === 0) return;
    yield page.map((event) => `${JSON.stringify(messageIn(event, "all"))}\n`).join("");
    last = page[page.length - 1].seq;
  }
}
