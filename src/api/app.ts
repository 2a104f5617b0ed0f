/** The application: the guard in front, then kept answers, the WebSocket, the API and the pages. */

import { OPEN_OPERATOR } from "../domain/credential.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { Hub } from "../events/hub.ts";
import { AnswerCache } from "./cache.ts";
import { API_BASE, type ApiDeps } from "./env.ts";
import { errorResponse } from "./errors.ts";
import { FEEDBACK_PATH } from "./feedback.ts";
import { FEEDBACK_CORS } from "./feedback_gate.ts";
import { createGuard, type Gate } from "./guard.ts";
import { secured } from "./headers.ts";
import { measured } from "./measured.ts";
import { Metrics } from "./metrics.ts";
import { createRoutes } from "./routes.ts";
import { createSockets, WS_PATH } from "./ws.ts";

export type { ApiDeps, ApiOptions } from "./env.ts";

export interface App {
  /** For `Deno.serve`. Never throws or rejects. */
  fetch(request: Request, info: Pick<Deno.ServeHandlerInfo, "remoteAddr">): Response | Promise<Response>;
  /** Ends the WebSockets (1012, so that clients come back) and everything that follows the event log. */
  close(): Promise<void>;
}

export function createApp(deps: ApiDeps): App {
  const guard = createGuard(deps.options);
  const cache = new AnswerCache(deps.store, deps.clock);
  const hub = new Hub(deps.feed, deps.store.events);
  const sockets = createSockets({ ...deps, hub });
  const metrics = new Metrics(deps.feed);
  const routes = createRoutes({ ...deps, hub, metrics, cached: cache.middleware() });
  const paths =
    () => [WS_PATH, ...routes.routes.flatMap(({ method, path }) => method === "ALL" ? [] : [path])];

  const route = async (request: Request, path: string, remote_address: string): Promise<Response> => {
    try {
      if (path === WS_PATH && request.method === "GET") return sockets.accept(request);
      const is_api = path.startsWith(API_BASE);
      const asset = is_api ? null : await deps.assets(request);
      if (asset !== null) return secured(asset, false);
      return secured(await routes.fetch(request, { remote_address, credential: OPEN_OPERATOR }), true);
    } catch (error) {
      return secured(errorResponse(error), true);
    }
  };

  const app: App = {
    fetch(request, info) {
      const path = pathOf(request.url);
      const gate = gateOf(path);
      const refused = guard(request, gate);
      if (refused !== null) return secured(refused, true);
      const go = () => route(request, path, addressOf(info.remoteAddr));
      const kept = request.method === "GET" ? cache.find(request) : null;
      if (kept !== null) return kept.then((answer) => answer ?? go());
      return gate === "public" ? go().then(withCors) : go();
    },
    async close() {
      metrics.close();
      try {
        await sockets.close();
      } catch (error) {
        loggerOf("api").error("Closing the sockets failed: {error}", { error: messageOfError(error) });
      }
    },
  };
  return { ...app, fetch: measured(metrics, paths, app.fetch) };
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
