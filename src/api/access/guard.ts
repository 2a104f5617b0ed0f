/**
 * The guard: stands in front of everything (API, WebSocket, pages, 404s) and lets nothing pass that a web page
 * of somebody else could have sent. The Host check stops DNS rebinding, the Origin check stops requests that a
 * foreign page sends on its own.
 */

import { ApiError, errorResponse } from "../errors.ts";

export interface GuardOptions {
  /** The address that the server is bound to. */
  host: string;
  /** The port that it listens on; asked late because the system may choose it. */
  port: () => number;
  /** Origins under which this board itself is reached, beside its own address: `https://board.example.com`. */
  origins: readonly string[];
  /** Origins of other sites whose pages may ask with a token, exactly as browsers send them. */
  embed_origins: readonly string[];
}

/** What a path is to the guard. `public`: it takes requests from any page. `socket`: the WebSocket. */
export type Gate = "public" | "socket" | "ordinary";

/** What the guard knows of a request that may pass. */
export interface Visit {
  /** The origin of a page of another site, which may ask but never by a cookie; `null` for all others. */
  embed: string | null;
  /** The client reaches the board by HTTPS, as far as Host and proxy tell. */
  secure: boolean;
}

/** Answers what must not pass; what it knows of the request otherwise. @param https a trusted proxy says so */
export type Guard = (request: Request, gate: Gate, https: boolean) => Response | Visit;

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const HTTP_PORT = 80;

/** Of most requests there is nothing more to know. */
const OWN: Visit = Object.freeze({ embed: null, secure: false });
const OWN_SECURE: Visit = Object.freeze({ embed: null, secure: true });

interface Known {
  hosts: ReadonlySet<string>;
  /** Hosts of configured origins: there, only these origins are the board's own. */
  configured_hosts: ReadonlySet<string>;
  /** Those of them that are reached by HTTPS. */
  https_hosts: ReadonlySet<string>;
}

export function createGuard(options: GuardOptions): Guard {
  const by_port = new Map<number, Known>();
  const known = (): Known => {
    const port = options.port();
    let found = by_port.get(port);
    if (found === undefined) by_port.set(port, found = knownHosts(options, port));
    return found;
  };

  return (request, gate, https) => {
    const headers = request.headers;
    const host = headers.get("host");
    const { hosts, https_hosts, configured_hosts } = known();
    const name = host?.toLowerCase() ?? "";
    if (host === null || !hosts.has(name) || !hasAuthority(request.url, host)) return refuseHost(host);
    const secure = https || https_hosts.has(name);
    const own = secure ? OWN_SECURE : OWN;
    if (gate === "public") return own;

    // Where an origin is configured, the same host by another scheme is not the board.
    const own_origin = configured_hosts.has(name) ? null : `${https ? "https" : "http"}://${name}`;
    const isOwn = (from: string) => from === own_origin || options.origins.includes(from);
    const origin = headers.get("origin");
    const reads = request.method === "GET" || request.method === "HEAD";
    if (origin !== null) {
      if (options.origins.includes(origin)) return own;
      if (isOwn(origin) && (gate === "socket" || reads || fromOwnPage(headers))) return own;
      if (options.embed_origins.includes(origin)) return { embed: origin, secure };
      // What a foreign page reads it can't see, unless it is a WebSocket.
      return reads && gate !== "socket" ? own : refuseOrigin(origin);
    }
    if (gate === "socket") {
      // A browser always sends Origin with a WebSocket; without one and without a cookie it is no browser's.
      return headers.has("cookie") ? refuseOrigin(null) : own;
    }
    return reads ? own : checkUnnamed(headers, isOwn) ?? own;
  };
}

function knownHosts(options: GuardOptions, port: number): Known {
  const bound = options.host.includes(":") ? `[${options.host.replace(/^\[|\]$/g, "")}]` : options.host;
  // A wildcard is where the server listens, never a name under which it is reached.
  const own = ["0.0.0.0", "[::]"].includes(bound) ? LOOPBACK_NAMES : [...LOOPBACK_NAMES, bound];
  const names = own.flatMap((name) => port === HTTP_PORT ? [name, `${name}:${port}`] : [`${name}:${port}`]);
  const configured = options.origins.map((origin) => new URL(origin));
  const hostsOf = (urls: URL[]) =>
    urls.flatMap(({ host, port: own_port, hostname }) =>
      // A proxy may name its own port, or pass on the one that it talks to.
      own_port === "" ? [host, `${hostname}:${port}`] : [host]
    );
  const configured_hosts = new Set(hostsOf(configured).map((name) => name.toLowerCase()));
  const https = configured.filter(({ protocol }) => protocol === "https:");
  return {
    hosts: new Set([...names.map((name) => name.toLowerCase()), ...configured_hosts]),
    https_hosts: new Set(hostsOf(https).map((name) => name.toLowerCase())),
    configured_hosts,
  };
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

/** What another site's page sends names that page, whatever its Origin header says. */
function fromOwnPage(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  return site === null || site === "same-origin" || site === "none";
}

/** A write without Origin. */
function checkUnnamed(headers: Headers, isOwn: (origin: string) => boolean): Response | null {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none" ? null : refuseOrigin(null);
  // No browser of today comes here. An old one gives itself away by a Referer or a cookie; who brings a token is none.
  if (headers.has("cookie") && !headers.has("authorization")) return refuseOrigin(null);
  const referer = headers.get("referer");
  if (referer === null) return null;
  const from = originOf(referer);
  return from !== null && isOwn(from) ? null : refuseOrigin(from);
}

function originOf(url: string): string | null {
  return URL.parse(url)?.origin ?? null;
}

function refuseOrigin(origin: string | null): Response {
  const found = origin === null ? "an unknown page" : `a page of ${JSON.stringify(origin)}`;
  return errorResponse(
    new ApiError(
      "wrong_origin",
      `Requests from ${found} are refused: if the board itself is reached there, add it to AUTOPILOT_ORIGINS; if ` +
        "it is another site of yours, to AUTOPILOT_EMBED_ORIGINS",
    ),
  );
}
