/** A whole API on a real store in a temporary folder, and a client that checks every answer against its schema. */

import assert from "node:assert/strict";
import { z } from "@hono/zod-openapi";
import { type App, createApp } from "../../src/api/app.ts";
import type { ApiDeps } from "../../src/api/env.ts";
import * as wire from "../../src/api/wire.ts";
import { StatsSchema } from "../../src/api/wire_stats.ts";
import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { type Feed, startFeed } from "../../src/events/feed.ts";
import { openBlobs } from "../../src/store/blobs.ts";
import type { Claim, Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

/** The port that in-process requests pretend to use. */
const PORT = 8787;
const ORIGIN = `http://127.0.0.1:${PORT}`;
export const BASE = "/api/autopilot";

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed when it is JSON, else text. */
  body: unknown;
}

export interface CallOptions {
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  /** Address of the peer. */
  from?: string;
}

export interface TestApi extends AsyncDisposable {
  readonly app: App;
  readonly store: Store;
  readonly feed: Feed;
  /** What the app was made of. */
  readonly deps: ApiDeps;
  /** Where uploads lie. */
  readonly blobs_dir: string;
  /** Another store on the same database, as another process would have it; closed with this one. */
  readonly another: TestStore["another"];
  /** Sends a request through the app, the path being under /api/autopilot unless it begins with "//". */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Files an issue and answers it. */
  file(input?: Record<string, unknown>): Promise<Issue>;
}

export interface TestApiOptions {
  clock?: Clock;
  deps?: Partial<ApiDeps>;
  options?: Partial<ApiDeps["options"]>;
}

export async function openTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const blobs_dir = await Deno.makeTempDir({ prefix: "autopilot-blobs-" });
  const clock = options.clock ?? systemClock;
  const database = await openTestStore({ clock });
  const { store, another } = database;
  const feed = await startFeed(store, { poll_ms: 10 });
  const deps: ApiDeps = {
    store,
    feed,
    clock,
    blobs: await openBlobs(blobs_dir),
    runner: null,
    diff: null,
    assets: () => null,
    options: {
      host: "127.0.0.1",
      port: () => PORT,
      auth: false,
      origins: [],
      embed_origins: [],
      trusted_proxies: [],
      version: "0.0.0-test",
      ...options.options,
    },
    ...options.deps,
  };
  const app = createApp(deps);
  const call = async (method: string, path: string, request: CallOptions = {}): Promise<Answer> => {
    const target = path.startsWith("//") ? path.slice(1) : `${BASE}${path}`;
    const response = await app.fetch(requestOf(method, target, request), peerOf(request.from));
    const answer = await answerOf(response);
    if (method !== "HEAD" && method !== "OPTIONS") checkAnswer(method, target, answer);
    return answer;
  };
  return {
    app,
    store,
    feed,
    deps,
    blobs_dir,
    another,
    call,
    file: async (input = {}) => {
      const { status, body } = await call("POST", "/issues", { json: { title: "An issue", ...input } });
      assert.equal(status, 201, JSON.stringify(body));
      return body as Issue;
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await feed[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await Deno.remove(blobs_dir, { recursive: true });
    },
  };
}

function requestOf(method: string, target: string, { json, body, headers }: CallOptions): Request {
  const type: Record<string, string> = json === undefined ? {} : { "content-type": "application/json" };
  return new Request(`${ORIGIN}${target}`, {
    method,
    body: json === undefined ? body : JSON.stringify(json),
    headers: { host: `127.0.0.1:${PORT}`, ...type, ...headers },
  });
}

function peerOf(hostname = "127.0.0.1"): { remoteAddr: Deno.NetAddr } {
  return { remoteAddr: { transport: "tcp", hostname, port: 40_000 } };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const is_json = text !== "" && response.headers.get("content-type")?.startsWith("application/json");
  return { status: response.status, headers: response.headers, body: is_json ? JSON.parse(text) : text };
}

const ANSWERS: readonly [method: string, path: RegExp, status: number, schema: z.ZodType][] = [
  ["GET", /^\/issues$/, 200, z.array(wire.IssueSchema)],
  ["POST", /^\/issues$/, 201, wire.IssueSchema],
  ["GET", /^\/issues\/[^/]+$/, 200, wire.IssueDetailSchema],
  ["PATCH", /^\/issues\/[^/]+$/, 200, wire.IssueSchema],
  ["POST", /^\/issues\/[^/]+\/status$/, 200, wire.IssueSchema],
  ["POST", /^\/issues\/[^/]+\/status$/, 202, wire.IssueSchema],
  ["POST", /^\/issues\/[^/]+\/stop$/, 202, wire.IssueSchema],
  ["GET", /^\/issues\/[^/]+\/comments$/, 200, z.array(wire.CommentSchema)],
  ["POST", /^\/issues\/[^/]+\/comments$/, 201, wire.CommentAddedSchema],
  ["GET", /^\/issues\/[^/]+\/attachments$/, 200, z.array(wire.AttachmentSchema)],
  ["POST", /^\/issues\/[^/]+\/attachments$/, 201, wire.AttachmentSchema],
  ["GET", /^\/issues\/[^/]+\/runs$/, 200, z.array(wire.RunSchema)],
  ["GET", /^\/issues\/[^/]+\/diff$/, 200, wire.DiffSchema],
  ["GET", /^\/runs\/[^/]+$/, 200, wire.RunSchema],
  ["GET", /^\/runs\/[^/]+\/log$/, 200, wire.LogPageSchema],
  ["GET", /^\/counts$/, 200, wire.CountsSchema],
  ["GET", /^\/agents$/, 200, z.array(wire.AgentSchema)],
  ["GET", /^\/events$/, 200, wire.EventPageSchema],
  ["GET", /^\/me$/, 200, wire.MeSchema],
  ["GET", /^\/stats$/, 200, StatsSchema],
  ["GET", /^\/tokens$/, 200, z.array(wire.TokenSchema)],
  ["POST", /^\/tokens$/, 201, wire.MintedTokenSchema],
  ["DELETE", /^\/tokens\/[^/]+$/, 200, wire.TokenSchema],
  ["POST", /^\/login-links$/, 201, wire.LoginLinkSchema],
  ["POST", /^\/feedback$/, 201, wire.FeedbackFiledSchema],
  ["GET", /^\/feedback\/[^/]+$/, 200, wire.FeedbackStateSchema],
  ["PUT", /^\/feedback\/[^/]+\/screenshot$/, 200, wire.OkSchema],
];

/** Fails when a JSON answer is not exactly what its schema says: nothing missing, nothing more. */
export function checkAnswer(method: string, target: string, { status, headers, body }: Answer): void {
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  // JSON-RPC has errors of its own.
  if (target === "/mcp" && status !== 401 && status !== 403) return;
  if (status >= 400) return matchesSchema(wire.ErrorSchema, body, `${method} ${target}`);
  const path = target.split("?")[0];
  if (!path.startsWith(BASE) || status === 304 || path.includes("/uploads/")) return;
  if (path.endsWith("/openapi.json")) return;
  // The audit as lines is no one JSON value: its test reads them.
  if (headers.get("content-type") === "application/x-ndjson") return;
  const rest = path.slice(BASE.length);
  const known = ANSWERS.find(([m, p, s]) => m === method && p.test(rest) && s === status);
  assert.ok(known, `No schema is known for ${method} ${path} → ${status}`);
  matchesSchema(known[3], body, `${method} ${target}`);
}

function matchesSchema(schema: z.ZodType, body: unknown, what: string): void {
  const parsed = schema.safeParse(body);
  assert.ok(parsed.success, `${what} answered ${JSON.stringify(body)}: ${parsed.error?.message}`);
  // Parsing leaves unknown fields out: equal means that there were none.
  assert.deepEqual(parsed.data, body, what);
}

/** An agent takes the next ready issue. */
export async function claimNext(store: Store, id = "agent-1"): Promise<Claim> {
  const claim = await store.runs.claim({ id, host: "test", pid: 1 });
  assert.ok(claim, "Nothing was claimable");
  return claim;
}
