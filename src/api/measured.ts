/** Counts and times every answer of the application. */

import type { Metrics } from "./metrics.ts";

/** Paths whose label is known; beyond them the table of patterns is walked. */
const MAX_KNOWN = 2_000;

type Handler<Info> = (request: Request, info: Info) => Response | Promise<Response>;

/** @param routes the API's paths with their parameters: `/api/autopilot/issues/:id` */
export function measured<Info>(
  metrics: Metrics,
  routes: () => readonly string[],
  handler: Handler<Info>,
): Handler<Info> {
  const labelOf = routeLabels(routes);
  return (request, info) => {
    const started = performance.now();
    const done = (response: Response): Response => {
      const seconds = (performance.now() - started) / 1000;
      metrics.answered(request.method, labelOf(request.url), response.status, seconds);
      return response;
    };
    const answer = handler(request, info);
    return answer instanceof Response ? done(answer) : answer.then(done);
  };
}

/** From a URL to one of few labels: the path that a route was declared with, `/autopilot` for pages, else `other`. */
export function routeLabels(routes: () => readonly string[]): (url: string) => string {
  const known = new Map<string, string>();
  let patterns: { pattern: RegExp; route: string }[] | null = null;
  const find = (path: string): string => {
    patterns ??= [...new Set(routes())].map((route) => ({
      pattern: new RegExp(`^${route.replace(/:(\w+)(\{[^/]*\})?/g, "[^/]+").replaceAll(".", "\\.")}$`),
      route: route.replace(/:(\w+)(\{[^/]*\})?/g, "{$1}"),
    }));
    if (path === "/autopilot" || path.startsWith("/autopilot/")) return "/autopilot";
    return patterns.find(({ pattern }) => pattern.test(path))?.route ?? "other";
  };
  return (url) => {
    const start = url.indexOf("/", url.indexOf("://") + 3);
    const query = url.indexOf("?", start);
    const path = start === -1 ? "/" : url.slice(start, query === -1 ? undefined : query);
    let label = known.get(path);
    if (label === undefined) {
      label = find(path);
      // Paths are the client's: what is kept of them must not grow.
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(path, label);
    }
    return label;
  };
}
