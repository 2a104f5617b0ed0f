/**
 * Serialised answers, valid for one sequence number of the event log: every change writes an event, so an answer
 * that was built at the log's present end is the answer. The log is asked each time, therefore changes by other
 * processes count too.
 */

import { setImmediate } from "node:timers";
import type { MiddlewareHandler } from "hono";
import type { Clock } from "../clock.ts";
import type { Events, Store } from "../store/store.ts";
import type { ApiEnv } from "./env.ts";
import { SECURITY_HEADERS } from "./headers.ts";

const encoder = new TextEncoder();

/** Answers kept, and the bytes that they may take together; a larger one is never kept. */
const MAX_ENTRIES = 64;
const MAX_BYTES = 32 << 20;
/** From this size on an answer that is asked for again is compressed, once, for clients that take it. */
const COMPRESS_BYTES = 16 << 10;

interface Answer {
  seq: number;
  /** Milliseconds since the epoch, as the handler's Expires header has it; never without one. */
  until: number;
  /** Text while it is ASCII; else its bytes, because Deno encodes such a text anew, three times slower, each time. */
  body: string | Uint8Array<ArrayBuffer>;
  etag: string;
  headers: Record<string, string>;
  /** The body compressed; made when it is first wanted. */
  gzip?: Promise<Uint8Array<ArrayBuffer>>;
}

/** Set by a handler whose answer may change without an event: it is neither kept nor answered with 304. */
export const UNCACHEABLE = "no-store";

export class AnswerCache {
  readonly #end: LogEnd;
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #answers = new Map<string, Answer>();
  /** Tells the answers of this process from those of another database that stood at the same number. */
  readonly #epoch = `e${crypto.randomUUID().slice(0, 8)}`;
  #bytes = 0;

  constructor(store: LogStore, clock: Clock) {
    this.#end = new LogEnd(store);
    this.#clock = clock;
  }

  /** The kept answer to this request; `null` when there is none that is still valid. This is the hot path. */
  find(request: Request): Promise<Response | null> | null {
    const answer = this.#answers.get(request.url);
    return answer === undefined ? null : this.#ifCurrent(request, answer);
  }

  /** Keeps what the route answers, and adds its ETag. An ETag set by the handler is the prefix of this one. */
  middleware(): MiddlewareHandler<ApiEnv> {
    return async (c, next) => {
      // Asked before the handler reads: what is built is at least as new as the number it is kept under.
      const seq = await this.#end.seq();
      await next();
      const response = c.res;
      if (response.status !== 200 || response.headers.get("cache-control") === UNCACHEABLE) return;
      const answer = await this.#answerOf(response, seq);
      if (c.req.raw.method === "GET") this.#keep(c.req.raw.url, answer);
      c.res = undefined;
      c.res = notModified(c.req.raw, answer) ?? new Response(answer.body, { headers: answer.headers });
    };
  }

  async #ifCurrent(request: Request, answer: Answer): Promise<Response | null> {
    try {
      if (await this.#end.seq() !== answer.seq || this.#clock.now().getTime() >= answer.until) return null;
    } catch {
      // The route will meet the same fault, and tells it.
      return null;
    }
    const not_modified = notModified(request, answer);
    if (not_modified !== null) return not_modified;
    if (answer.body.length >= COMPRESS_BYTES && acceptsGzip(request)) return await compressed(answer);
    return new Response(answer.body, { headers: answer.headers });
  }

  async #answerOf(response: Response, seq: number): Promise<Answer> {
    const prefix = response.headers.get("etag")?.replaceAll('"', "");
    // Weak: the same for the compressed and the plain form.
    const etag = `W/"${prefix === undefined ? "" : `${prefix}-`}${this.#epoch}-${seq}"`;
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "cache-control": "no-cache",
      vary: "accept-encoding",
      etag,
      ...SECURITY_HEADERS,
    };
    const link = response.headers.get("link");
    if (link !== null) headers.link = link;
    const expires = response.headers.get("expires");
    const until = expires === null ? Infinity : Date.parse(expires);
    const text = await response.text();
    const bytes = encoder.encode(text);
    return { seq, until, body: bytes.length === text.length ? text : bytes, etag, headers };
  }

  #keep(url: string, answer: Answer): void {
    this.#forget(url);
    if (answer.body.length > MAX_BYTES) return;
    this.#answers.set(url, answer);
    this.#bytes += answer.body.length;
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) break;
      this.#forget(oldest);
    }
  }

  #forget(url: string): void {
    const answer = this.#answers.get(url);
    if (answer === undefined) return;
    this.#answers.delete(url);
    this.#bytes -= answer.body.length;
  }
}

type LogStore = Pick<Store, "onCommit"> & { events: Pick<Events, "lastSeq"> };

/**
 * The log's present end, asked once per turn of the event loop. The requests of one turn had all arrived when it
 * began (some ten under load), so none of them could have known of a later commit elsewhere; a commit of this
 * process in between is told, and the next one asks anew.
 */
class LogEnd {
  readonly #events: Pick<Events, "lastSeq">;
  #asked: Promise<number> | null = null;

  constructor(store: LogStore) {
    this.#events = store.events;
    store.onCommit(() => this.#asked = null);
  }

  seq(): Promise<number> {
    if (this.#asked !== null) return this.#asked;
    setImmediate(() => this.#asked = null);
    return this.#asked = this.#events.lastSeq();
  }
}

function notModified(request: Request, answer: Answer): Response | null {
  const wanted = request.headers.get("if-none-match");
  if (wanted === null || !(wanted === answer.etag || matches(wanted, answer.etag))) return null;
  return new Response(null, { status: 304, headers: answer.headers });
}

/** Weak comparison with a list of entity tags (RFC 9110, 13.1.2). */
function matches(wanted: string, etag: string): boolean {
  const opaque = etag.replace(/^W\//, "");
  return wanted.split(",").some((tag) => {
    const trimmed = tag.trim().replace(/^W\//, "");
    return trimmed === opaque || trimmed === "*";
  });
}

function acceptsGzip(request: Request): boolean {
  return /(^|,)\s*gzip\s*(;\s*q=(1|0\.\d*[1-9]))?\s*(,|$)/i.test(
    request.headers.get("accept-encoding") ?? "",
  );
}

async function compressed(answer: Answer): Promise<Response> {
  answer.gzip ??= new Response(
    new Blob([answer.body]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  return new Response(await answer.gzip, { headers: { ...answer.headers, "content-encoding": "gzip" } });
}
