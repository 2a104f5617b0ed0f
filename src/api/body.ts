/**
 * Reads request bodies under a cap of bytes and of time: what is too large is refused before it is buffered, and who
 * sends drop by drop is not waited for.
 */

import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./env.ts";
import { ApiError } from "./errors.ts";

export const MAX_JSON_BYTES = 1 << 20;
export const MAX_FEEDBACK_BYTES = 64 << 10;
/** What multipart/form-data may add to the file: boundaries and part headers. */
export const MULTIPART_OVERHEAD_BYTES = 64 << 10;

/** A peer that sends nothing for so long is given up, in milliseconds. */
const SILENCE_MS = 10_000;
/** A body's whole time: so many milliseconds, and more by what it may have at a rate that every line manages. */
const GRACE_MS = 10_000;
const LEAST_BYTES_PER_MS = 64;

/** Uploads that are buffered at a time: bounds the memory that they take. */
const MAX_UPLOADS = 4;

/** Reads the JSON body under the cap; the route's validator gets it as a request that is already here. */
export function jsonBody(max_bytes: number): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const request = c.req.raw;
    if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
      throw unsupported(request, "application/json");
    }
    checkHeaders(request, max_bytes);
    c.req.raw = new Request(request, { body: decode(await readAll(request.body, max_bytes)) });
    await next();
  };
}

/** For routes that take no body: what comes with one in a type that they don't know is refused. */
export function noBody(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const type = c.req.raw.headers.get("content-type");
    if (type !== null && !/^application\/json\s*(;|$)/i.test(type)) {
      throw unsupported(c.req.raw, "application/json, or no body");
    }
    checkHeaders(c.req.raw, MAX_JSON_BYTES);
    await next();
  };
}

/** Reads a multipart/form-data body under the cap, a few at a time. */
export function multipartBody(max_file_bytes: number): MiddlewareHandler<ApiEnv> {
  const max_bytes = max_file_bytes + MULTIPART_OVERHEAD_BYTES;
  const turns = new Turns(MAX_UPLOADS);
  return async (c, next) => {
    const request = c.req.raw;
    const type = request.headers.get("content-type") ?? "";
    if (!/^multipart\/form-data\s*(;|$)/i.test(type)) throw unsupported(request, "multipart/form-data");
    checkHeaders(request, max_bytes);
    await turns.take();
    try {
      c.req.raw = new Request(request, { body: await readAll(request.body, max_bytes) });
      await next();
    } finally {
      turns.give();
    }
  };
}

/** The body's bytes, refused before they are buffered when there are too many, a few bodies at a time. */
export async function bodyWithin(request: Request, max_bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  checkHeaders(request, max_bytes);
  await smallUploads.take();
  try {
    return await readAll(request.body, max_bytes);
  } finally {
    smallUploads.give();
  }
}

function checkHeaders(request: Request, max_bytes: number): void {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new ApiError(
      "unsupported_media_type",
      `Send the body unencoded, not as ${JSON.stringify(encoding)}`,
    );
  }
  if (Number(request.headers.get("content-length")) > max_bytes) throw tooLarge(max_bytes);
}

export interface Patience {
  /** Without a byte, in milliseconds. */
  silence_ms: number;
  /** For the whole body, in milliseconds. */
  in_all_ms: number;
}

function patienceFor(max_bytes: number): Patience {
  return { silence_ms: SILENCE_MS, in_all_ms: GRACE_MS + max_bytes / LEAST_BYTES_PER_MS };
}

/**
 * The body's bytes. A body without Content-Length is counted while it comes.
 *
 * @throws ApiError `too_large`, or `too_slow` when the patience is at its end: then nothing more is read
 */
export async function readAll(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  max_bytes: number,
  patience = patienceFor(max_bytes),
): Promise<Uint8Array<ArrayBuffer>> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = body.getReader();
  const deadline = performance.now() + patience.in_all_ms;
  try {
    for (;;) {
      const wait_ms = Math.min(patience.silence_ms, deadline - performance.now());
      const { done, value } = await inTime(() => reader.read(), wait_ms);
      if (done) break;
      size += value.byteLength;
      if (size > max_bytes) throw tooLarge(max_bytes);
      chunks.push(value);
    }
  } catch (error) {
    // The peer may be gone already; what counts is why nothing more is read.
    reader.cancel().catch(() => {});
    throw error;
  }
  if (chunks.length === 1) return chunks[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new ApiError(
      "malformed",
      `The body is not UTF-8: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function unsupported(request: Request, wanted: string): ApiError {
  const found = request.headers.get("content-type");
  const was = found === null ? "there is none" : `it is ${JSON.stringify(found)}`;
  return new ApiError("unsupported_media_type", `Content-Type must be ${wanted}: ${was}`);
}

async function inTime<T>(work: () => Promise<T>, wait_ms: number): Promise<T> {
  // Not left to the timer: against one who always has the next byte ready it would never come first.
  if (wait_ms <= 0) throw tooSlow();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => timer = setTimeout(() => reject(tooSlow()), wait_ms));
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(): ApiError {
  return new ApiError("too_slow", "The body did not come in time: send it without pauses", {
    // What else comes on this connection is the rest of the body: the client must open another.
    headers: { connection: "close" },
  });
}

function tooLarge(max_bytes: number): ApiError {
  return new ApiError("too_large", `The body is larger than ${max_bytes} bytes`);
}

/** Lets a number of holders in at a time; the others wait in line. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

const smallUploads = new Turns(MAX_UPLOADS);
