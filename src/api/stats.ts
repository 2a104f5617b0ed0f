/** Statistics: what the project achieved per day. */

import { createRoute } from "@hono/zod-openapi";
import { DAY_MS } from "../domain/stats.ts";
import type { RouteDeps } from "./env.ts";
import { StatsQuerySchema } from "./input.ts";
import { answer, fails, newRouter, UNCHANGED } from "./router.ts";
import { StatsSchema } from "./wire_stats.ts";

export function statsRoutes({ store, cached }: RouteDeps) {
  const read = createRoute({
    method: "get",
    path: "/stats",
    summary: "Per UTC day: issues done, cycle time, waiting for humans, cost, tokens; the queue over time",
    middleware: cached,
    request: { query: StatsQuerySchema },
    responses: { 200: answer(StatsSchema, "The statistics"), ...UNCHANGED, ...fails(422) },
  });
  return newRouter().openapi(read, async (c) => {
    const stats = await store.stats.read(c.req.valid("query").days);
    const midnight = Math.floor(Date.parse(stats.until) / DAY_MS + 1) * DAY_MS;
    // Without any event the same numbers belong to other days after midnight.
    c.header("expires", new Date(midnight).toUTCString());
    c.header("etag", `"${stats.until.slice(0, 10)}"`);
    return c.json(stats, 200);
  });
}
