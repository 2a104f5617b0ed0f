/** `/mcp`: the board as tools for coding agents, over streamable HTTP. What is behind it is loaded by the first request. */

import { jsonBody, MAX_JSON_BYTES } from "../body.ts";
import type { RouteDeps } from "../env.ts";
import type { McpAnswer } from "./server.ts";
import { newRouter } from "../router.ts";

export const MCP_PATH = "/mcp";

// By a constant: what stands in import() itself is read at the start.
const LATE_SERVER = "./server.ts";

/** The protocol has errors of its own. */
const JSON_RPC = { content: { "application/json": { schema: {} } } };

export function mcpRoutes(deps: RouteDeps) {
  const routes = newRouter();
  routes.openAPIRegistry.registerPath({
    method: "post",
    path: MCP_PATH,
    summary: "Model Context Protocol: the board as tools, by JSON-RPC; without sessions",
    request: { body: { required: true, content: { "application/json": { schema: { type: "object" } } } } },
    responses: {
      200: {
        description: "The answer, as JSON or as a stream of events",
        content: { "application/json": { schema: {} }, "text/event-stream": { schema: {} } },
      },
      202: { description: "A notification was taken" },
      400: { description: "No request of the protocol: an error of JSON-RPC", ...JSON_RPC },
      404: { description: "A method that does not exist: an error of JSON-RPC", ...JSON_RPC },
      406: { description: "The client takes no stream of events: an error of JSON-RPC", ...JSON_RPC },
      413: { description: "The body is too large", ...JSON_RPC },
      415: { description: "Another content type is needed", ...JSON_RPC },
    },
  });
  let made: Promise<McpAnswer> | null = null;
  routes.post(MCP_PATH, jsonBody(MAX_JSON_BYTES), async (c) => {
    made ??= (import(LATE_SERVER) as Promise<typeof import("./server.ts")>).then(({ createMcp }) =>
      createMcp(deps)
    );
    return await (await made)(c.req.raw, c.get("credential"));
  });
  return routes;
}
