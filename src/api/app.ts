/** The application: the guard in front, then who may pass, kept answers, the WebSocket, the API and the pages. */

import type { Credential } from "../domain/credential.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { Hub } from "../events/hub.ts";
import { LOGIN_PATH, LOGOUT_PATH } from "./access/access.ts";
import { createAdmission } from "./access/admission.ts";
import { Authenticator } from "./access/auth.ts";
import { mounted, originalOf } from "./base_path.ts";
import { AnswerCache } from "./cache.ts";
import { preflight, withEmbedCors } from "./access/cors.ts";
import { API_BASE, type ApiDeps } from "./env.ts";
import { errorResponse } from "./errors.ts";
import { FEEDBACK_PATH } from "./feedback.ts";
import { FEEDBACK_CORS } from "./feedback_gate.ts";
import { createGuard, type Gate } from "./access/guard.ts";
import { secured } from "./headers.ts";
import type { Caller, Login, LoginDeps } from "./access/login.ts";
import { measured } from "./measured.ts";
import { Metrics } from "./metrics.ts";
import { type Peer, peerReader } from "./access/peer.ts";
import { underRequestId } from "./request_id.ts";
import { createRoutes } from "./routes.ts";
import { createSockets, WS_PATH } from "./ws.ts";

export type { ApiDeps, ApiOptions } from "./env.ts";

/** Not read before somebody asks: see cli/command_line.ts. */
const LATE_LOGIN = "./access/login.ts";

export interface App {
  /** For `Deno.serve`. Never throws or rejects. */
  fetch(request: Request, info: Pick<Deno.ServeHandlerInfo, "remoteAddr">): Response | Promise<Response>;
  /** Ends the WebSockets (1012, so that clients come back) and everything that follows the event log. */
  close(): Promise<void>;
}

export function createApp(deps: ApiDeps): App {
  const { store, feed, clock, options } = deps;
  const readPeer = peerReader(options.trusted_proxies);
  const guard = createGuard(options);
  const auth = new Authenticator({ tokens: store.tokens, feed, clock });
  const admit = createAdmission(auth, options);
  const cache = new AnswerCache(store, clock);
  const hub = new Hub(feed, store.events, { max_peers: options.max_sockets });
  const metrics = new Metrics(feed);
  const sockets = createSockets({ ...deps, hub, auth });
  const routes = createRoutes({ ...deps, hub, auth, metrics, cached: cache.middleware() });
  const login = lazyLogin({ tokens: store.tokens, auth, clock, options });
  const paths =
    () => [WS_PATH, ...routes.routes.flatMap(({ method, path }) => method === "ALL" ? [] : [path])];

  const route = async (request: Request, path: string, caller: Caller): Promise<Response> => {
    try {
      const { credential, address, visit } = caller;
      if (path === WS_PATH && request.method === "GET") {
        return sockets.accept(request, credential, visit.embed !== null);
      }
      if (path === LOGIN_PATH || path === LOGOUT_PATH) {
        const page = (await login())(request, path, caller);
        if (page !== null) return secured(await page, false);
      }
      const is_api = path.startsWith(API_BASE);
      const asset = is_api ? null : await deps.assets(request);
      if (asset !== null) return secured(asset, false);
      const bindings = { remote_address: address, secure: visit.secure, credential };
      return secured(await routes.fetch(request, bindings), true);
    } catch (error) {
      return secured(errorResponse(error), true);
    }
  };

  /** For who may pass: what was kept, else what the route answers. */
  const serve = (request: Request, path: string, caller: Caller): Response | Promise<Response> => {
    const kept = request.method === "GET" ? cache.find(request) : null;
    return kept === null
      ? route(request, path, caller)
      : kept.then((answer) => answer ?? route(request, path, caller));
  };

  const handle = (request: Request, peer: Peer): Response | Promise<Response> => {
    const path = pathOf(request.url);
    const gate = gateOf(path);
    const visit = guard(originalOf(request), gate, peer.https);
    if (visit instanceof Response) return secured(visit, true);
    const { embed } = visit;
    if (embed !== null && request.method === "OPTIONS") return secured(preflight(embed), true);

    const pass = (admitted: Credential | Response): Response | Promise<Response> =>
      admitted instanceof Response
        ? secured(admitted, true)
        : serve(request, path, { credential: admitted, visit, address: peer.address });
    const admitted = admit(request, path, visit);
    if (embed === null && gate !== "public") {
      return admitted instanceof Promise ? admitted.then(pass, failed) : pass(admitted);
    }
    const answer = Promise.resolve(admitted).then(pass).catch(failed);
    return answer.then((response) => embed === null ? withCors(response) : withEmbedCors(response, embed));
  };

  const app: App = {
    fetch(request, info) {
      const peer = readPeer(request, addressOf(info.remoteAddr));
      return peer.request_id === ""
        ? handle(request, peer)
        : underRequestId(peer.request_id, () => handle(request, peer));
    },
    async close() {
      metrics.close();
      auth.close();
      try {
        await sockets.close();
      } catch (error) {
        loggerOf("api").error("Closing the sockets failed: {error}", { error: messageOfError(error) });
      }
    },
  };
  return { ...app, fetch: mounted(options.base_path ?? "", measured(metrics, paths, app.fetch)) };
}

function failed(error: unknown): Response {
  return secured(errorResponse(error), true);
}

/** Loaded when somebody logs in: most starts are without. */
function lazyLogin(deps: LoginDeps): () => Promise<Login> {
  let made: Promise<Login> | null = null;
  return () =>
    made ??= (import(LATE_LOGIN) as Promise<typeof import("./access/login.ts")>).then(({ createLogin }) =>
      createLogin(deps)
    );
}

function gateOf(path: string): Gate {
  if (path === FEEDBACK_PATH || path.startsWith(`${FEEDBACK_PATH}/`)) return "public";
  return path === WS_PATH ? "socket" : "ordinary";
}

/** The path of an absolute URL; the guard has seen to it that one follows the authority. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start === -1) return "/";
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

function addressOf(address: Deno.Addr): string {
  return "hostname" in address ? address.hostname : "local";
}

function withCors(response: Response): Response {
  for (const name in FEEDBACK_CORS) response.headers.set(name, FEEDBACK_CORS[name]);
  return response;
}
