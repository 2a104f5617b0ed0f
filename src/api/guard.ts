/**
 * The guard: stands in front of everything (API, WebSocket, pages, 404s) and lets nothing pass that a web page
 * of somebody else could have sent. The Host check stops DNS rebinding, the Origin check stops requests that a
 * foreign page sends on its own.
 */

import { ApiError, errorResponse } from "./errors.ts";

export interface GuardOptions {
  /** The address that the server is bound to. */
  host: string;
  /** The port that it listens on; asked late because the system may choose it. */
  port: () => number;
  /** Further names (`name` or `name:port`) under which the server is reached, e.g. behind a proxy. */
  allowed_hosts: readonly string[];
  /** Origins of other sites whose pages may write, exactly as browsers send them: `https://app.example.com`. */
  allowed_origins: readonly string[];
}

/** What a path is to the guard. `public`: it takes requests from any page. `socket`: the WebSocket. */
export type Gate = "public" | "socket" | "ordinary";

/** Answers what must not pass, `null` for what may. */
export type Guard = (request: Request, gate: Gate) => Response | null;

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const HTTP_PORT = 80;

export function createGuard(options: GuardOptions): Guard {
  const hosts = new Map<number, ReadonlySet<string>>();
  const allowed = (): ReadonlySet<string> => {
    const port = options.port();
    let names = hosts.get(port);
    if (names === undefined) hosts.set(port, names = allowedHosts(options, port));
    return names;
  };
  return (request, gate) => {
    const host = request.headers.get("host");
    if (host === null || !allowed().has(host.toLowerCase()) || !hasAuthority(request.url, host)) {
      return refuseHost(host);
    }
    if (gate === "public") return null;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return checkWrite(request, host, options.allowed_origins);
    }
    return gate === "socket" ? checkSocket(request, host, options.allowed_origins) : null;
  };
}

function allowedHosts(options: GuardOptions, port: number): ReadonlySet<string> {
  const bound = options.host.includes(":") ? `[${options.host.replace(/^\[|\]$/g, "")}]` : options.host;
  // A wildcard is where the server listens, never a name under which it is reached.
  const own = ["0.0.0.0", "[::]"].includes(bound) ? LOOPBACK_NAMES : [...LOOPBACK_NAMES, bound];
  const names = own.flatMap((name) => port === HTTP_PORT ? [name, `${name}:${port}`] : [`${name}:${port}`]);
  for (const name of options.allowed_hosts) {
    names.push(name);
    if (!/:\d+$/.test(name)) names.push(`${name}:${port}`);
  }
  return new Set(names.map((name) => name.toLowerCase()));
}

/**
 * Whether the URL's authority is the Host header, letter for letter. Deno builds the URL from the Host header,
 * but from the request line when that is in absolute form: then the two may differ, and a server must not
 * believe either. (Two Host headers never come here: Deno answers 400.)
 */
function hasAuthority(url: string, host: string): boolean {
  const start = url.indexOf("://") + 3;
  return url.startsWith(host, start) && url[start + host.length] === "/";
}

function refuseHost(host: string | null): Response {
  const found = host === null ? "no Host header" : `the host ${JSON.stringify(host)}`;
  return errorResponse(
    new ApiError(
      "wrong_host",
      `This server does not answer for ${found}: use the address it prints at its start, or add the one under ` +
        "which you reach it (http://name:port) to AUTOPILOT_ORIGINS",
    ),
  );
}

/** A browser always sends Origin with a WebSocket; without one and without a cookie it is no browser's. */
function checkSocket(request: Request, host: string, origins: readonly string[]): Response | null {
  const origin = request.headers.get("origin");
  if (origin !== null) return isAllowedOrigin(origin, host, origins) ? null : refuseOrigin(origin);
  return request.headers.has("cookie") ? refuseOrigin(null) : null;
}

function checkWrite(request: Request, host: string, origins: readonly string[]): Response | null {
  const headers = request.headers;
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin !== null) {
    // What another site's page sends needs that site on the list; the own origin never comes from there.
    const from_own_page = site === null || site === "same-origin" || site === "none";
    const ok = from_own_page ? isAllowedOrigin(origin, host, origins) : origins.includes(origin);
    return ok ? null : refuseOrigin(origin);
  }
  if (site !== null) return site === "same-origin" || site === "none" ? null : refuseOrigin(null);
  // No browser of today comes here. An old one gives itself away by a Referer.
  const referer = headers.get("referer");
  if (referer === null) return null;
  const from = originOf(referer);
  return from !== null && isAllowedOrigin(from, host, origins) ? null : refuseOrigin(from);
}

function isAllowedOrigin(origin: string, host: string, origins: readonly string[]): boolean {
  return origin === `http://${host.toLowerCase()}` || origins.includes(origin);
}

function originOf(url: string): string | null {
  return URL.parse(url)?.origin ?? null;
}

function refuseOrigin(origin: string | null): Response {
  const found = origin === null ? "an unknown page" : `a page of ${JSON.stringify(origin)}`;
  return errorResponse(
    new ApiError(
      "wrong_origin",
      `Requests from ${found} are refused: if it is yours, add its origin to AUTOPILOT_ORIGINS`,
    ),
  );
}
