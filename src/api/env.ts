/** What the routes get from the outside, and what a request carries through the router. */

import type { MiddlewareHandler } from "hono";
import type { RunnerStatus } from "../domain/agent.ts";
import type { Credential } from "../domain/credential.ts";
import type { ReadDiff } from "../domain/diff.ts";
import type { Redact } from "../domain/redact.ts";
import type { Clock } from "../clock.ts";
import type { Feed } from "../events/feed.ts";
import type { Hub } from "../events/hub.ts";
import type { Blobs } from "../store/blobs.ts";
import type { Store } from "../store/store.ts";
import type { Authenticator } from "./access/auth.ts";
import type { GuardOptions } from "./access/guard.ts";
import type { Metrics } from "./metrics.ts";

export interface ApiOptions extends GuardOptions {
  /** `/tools/autopilot`: what a proxy's site has in front of all paths of the board. Left out or empty: nothing. */
  base_path?: string;
  /** Whether requests need a credential. */
  auth: boolean;
  /** Addresses and ranges of proxies that are believed. */
  trusted_proxies: readonly string[];
  /** WebSockets at a time; left out: the hub's own limit. */
  max_sockets?: number;
  /** The program's version, as health and OpenAPI tell it. */
  version: string;
  /** Bytes that all attachments may take together; 0 or left out: no limit. */
  max_uploads_bytes?: number;
  /** Sites whose pages may file feedback; empty or left out: any. */
  feedback_origins?: readonly string[];
  /** Most feedback of one day; 0 or left out: no limit. */
  feedback_per_day?: number;
}

/** What the API is built on. */
export interface ApiDeps {
  store: Store;
  blobs: Blobs;
  feed: Feed;
  clock: Clock;
  options: ApiOptions;
  /** Takes the secrets of this process out of what agents say. Left out: those of known forms. */
  redact?: Redact;
  /** `null` while no runner works in this process. */
  runner: RunnerStatus | null;
  /** Reads an issue's changes; `null` when this process has no repository. */
  diff: ReadDiff | null;
  /** The pages and scripts: `null` for a path that is none of them. */
  assets: (request: Request) => Promise<Response | null> | Response | null;
}

/** What the routes share beyond the dependencies. */
export interface RouteDeps extends ApiDeps {
  hub: Hub;
  metrics: Metrics;
  auth: Authenticator;
  /** Keeps what the route answers until the next event. */
  cached: MiddlewareHandler<ApiEnv>;
}

export interface ApiEnv {
  Bindings: {
    /** Address of the peer, as the socket tells it. */
    remote_address: string;
    credential: Credential;
    /** The client reaches the board by HTTPS. */
    secure: boolean;
  };
  Variables: {
    /** Who the request speaks for; on the open board the operator. */
    credential: Credential;
  };
}

/** Where the API lives. */
export const API_BASE = "/api/autopilot";
