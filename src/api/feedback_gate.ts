/** Who may report: which pages, how often, and what only a machine fills in. */

import type { MiddlewareHandler } from "hono";
import type { Clock } from "../clock.ts";
import type { ApiEnv } from "./env.ts";
import { ApiError } from "./errors.ts";
import { AddressLimiter } from "./limits.ts";

/** Reports of one address in a minute; product promise: at least 12. */
const REPORTS_PER_ADDRESS = 20;
/** Reports under one publishable key in a minute: a site has many visitors. */
const REPORTS_PER_KEY = 120;
/** Reports of all addresses in a minute. */
const REPORTS_IN_ALL = 300;
/** Requests of one address in a minute, whatever they ask: refused ones, states of reports, pictures. */
const REQUESTS_PER_ADDRESS = 240;
const REQUESTS_IN_ALL = 6_000;

/** Nobody writes a message in less; the widget waits as long. In milliseconds. */
const LEAST_MS = 500;

/** Any page may send a report and read the answer; never with the visitor's credentials. */
export const FEEDBACK_CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, PUT",
  "access-control-allow-headers": "content-type, idempotency-key, authorization",
  "access-control-expose-headers": "retry-after",
  "access-control-max-age": "600",
};

export interface FeedbackGate {
  /** In front of every route: the request's origin, and the address's number of requests. */
  readonly middleware: MiddlewareHandler<ApiEnv>;
  /** Counts one report. @throws ApiError when there are too many */
  takeReport(address: string, key_id: string): Promise<void>;
}

export interface GateOrigins {
  /** Sites that may report; empty: any. */
  feedback: readonly string[];
  /** Further origins of the board itself, which may always. */
  own: readonly string[];
}

/** Which origins a key is bound to is admission's matter. */
export function createFeedbackGate(clock: Clock, origins: GateOrigins): FeedbackGate {
  const requests = new AddressLimiter(clock, { each: REQUESTS_PER_ADDRESS, in_all: REQUESTS_IN_ALL });
  const reports = new AddressLimiter(clock, { each: REPORTS_PER_ADDRESS, in_all: REPORTS_IN_ALL });
  const keys = new AddressLimiter(clock, { each: REPORTS_PER_KEY, in_all: REPORTS_IN_ALL });
  return {
    middleware: async (c, next) => {
      refuseLate(await requests.take(c.env.remote_address), "requests");
      if (origins.feedback.length > 0) checkOrigin(c.req.raw, [...origins.feedback, ...origins.own]);
      await next();
    },
    takeReport: async (address, key_id) => {
      refuseLate(await reports.take(address), "reports");
      if (key_id !== "") refuseLate(await keys.take(key_id), "reports");
    },
  };
}

function refuseLate(wait_s: number, what: string): void {
  if (wait_s === 0) return;
  throw new ApiError("too_many_requests", `Too many ${what} from here: try again in ${wait_s} s`, {
    headers: { "retry-after": String(wait_s) },
  });
}

/** The board's own pages may always: they are where Host says, and the guard has checked that. */
function checkOrigin(request: Request, allowed: readonly string[]): void {
  const origin = request.headers.get("origin");
  if (origin === null && request.headers.get("sec-fetch-site") === "same-origin") return;
  if (origin !== null && (allowed.includes(origin) || origin === new URL(request.url).origin)) return;
  const found = origin === null ? "a page that is not named" : JSON.stringify(origin);
  throw new ApiError(
    "wrong_origin",
    `Reports from ${found} are refused: if it is yours, add its origin to AUTOPILOT_FEEDBACK_ORIGINS`,
  );
}

/** @throws ApiError for what a person in front of the dialog can't send */
export function refuseMachine({ website, elapsed_ms }: { website: string; elapsed_ms?: number }): void {
  if (website === "" && (elapsed_ms === undefined || elapsed_ms >= LEAST_MS)) return;
  throw new ApiError("automated", "This looks like it was filled in by a program: nothing was filed");
}
