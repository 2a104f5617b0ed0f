/** All routes under one roof, their description, and the answers where no route fits. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import { attachmentRoutes } from "./attachments.ts";
import { commentRoutes } from "./comments.ts";
import { diffRoutes } from "./diff.ts";
import { API_BASE, type ApiEnv, type ApiOptions, type RouteDeps } from "./env.ts";
import { ApiError, errorResponse } from "./errors.ts";
import { feedbackRoutes } from "./feedback.ts";
import { healthRoutes } from "./health.ts";
import { issueRoutes } from "./issues.ts";
import { mcpRoutes } from "./mcp/mcp.ts";
import { answer, newRouter } from "./router.ts";
import { statsRoutes } from "./stats.ts";
import { ErrorSchema } from "./wire.ts";
import { activityRoutes, runRoutes } from "./runs.ts";
import { tokenRoutes } from "./tokens.ts";

/** A constant, so that a start does not read it. */
const LATE_DESCRIBE = "./access/describe_access.ts";

export const OPENAPI_PATH = `${API_BASE}/openapi.json`;

export function createRoutes(deps: RouteDeps): OpenAPIHono<ApiEnv> {
  const app = newRouter();
  app.use(async (c, next) => {
    c.set("credential", c.env.credential);
    await next();
  });
  app.route(API_BASE, issueRoutes(deps));
  app.route(API_BASE, commentRoutes(deps));
  app.route(API_BASE, attachmentRoutes(deps));
  app.route(API_BASE, runRoutes(deps));
  app.route(API_BASE, diffRoutes(deps));
  app.route(API_BASE, activityRoutes(deps));
  app.route(API_BASE, statsRoutes(deps));
  app.route(API_BASE, feedbackRoutes(deps));
  app.route(API_BASE, tokenRoutes(deps));
  app.route("/", healthRoutes(deps));
  app.route("/", mcpRoutes(deps));
  describe(app, deps.options);

  const methods = methodTable(app);
  app.notFound((c) => errorResponse(noRoute(c.req.raw.method, c.req.path, methods)));
  app.onError((error) => errorResponse(error));
  return app;
}

function describe(app: OpenAPIHono<ApiEnv>, { version, base_path, port }: ApiOptions): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: `${API_BASE}/ws`,
    summary: "WebSocket: hello, then every event; ?since=<seq> replays what was missed",
    responses: {
      101: { description: "Switching to WebSocket" },
      426: answer(ErrorSchema, "No WebSocket handshake"),
    },
  });
  app.openAPIRegistry.registerPath({
    method: "get",
    path: OPENAPI_PATH,
    summary: "This description",
    responses: { 200: { description: "OpenAPI 3.1", content: { "application/json": { schema: {} } } } },
  });
  let text: string | undefined;
  app.get(OPENAPI_PATH, async (c) => {
    if (text === undefined) {
      const { withAccess } = await import(LATE_DESCRIBE) as typeof import("./access/describe_access.ts");
      text = JSON.stringify(withAccess(
        app.getOpenAPI31Document({
          openapi: "3.1.0",
          ...base_path ? { servers: [{ url: base_path }] } : {},
          info: {
            title: "Autopilot",
            version,
            description:
              "Issues that agents implement. Errors answer {error, code}; times are ISO-8601 UTC; 500 may come " +
              "from every path.",
          },
        }),
        { port: port(), base_path },
      ));
    }
    return c.body(text, 200, { "content-type": "application/json", "cache-control": "no-cache" });
  });
}

type MethodTable = { pattern: RegExp; methods: Set<string> }[];

/** Which methods each path knows, for 405 and Allow. Middleware entries (method ALL) are none. */
function methodTable(app: OpenAPIHono<ApiEnv>): MethodTable {
  const by_path = new Map<string, Set<string>>();
  for (const { path, method } of [...app.routes, { path: `${API_BASE}/ws`, method: "GET" }]) {
    if (method === "ALL") continue;
    const key = path.replace(/:(\w+)(\{[^/]*\})?/g, "[^/]+");
    const methods = by_path.get(key) ?? new Set();
    methods.add(method);
    if (method === "GET") methods.add("HEAD");
    by_path.set(key, methods);
  }
  return [...by_path].map(([path, methods]) => ({ pattern: new RegExp(`^${path}$`), methods }));
}

function noRoute(method: string, path: string, table: MethodTable): ApiError {
  const methods = new Set(
    table.filter(({ pattern }) => pattern.test(path)).flatMap((row) => [...row.methods]),
  );
  if (methods.size === 0 || methods.has(method)) {
    return new ApiError("not_found", `Nothing exists at ${JSON.stringify(path)}`);
  }
  const allow = [...methods].sort().join(", ");
  return new ApiError("method_not_allowed", `${method} is not possible here: use ${allow}`, {
    headers: { allow },
  });
}
