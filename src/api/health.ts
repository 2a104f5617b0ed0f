/** Alive, ready, measured: at the root, for supervisors and monitoring. */

import { createRoute, z } from "@hono/zod-openapi";
import type { DiskUse } from "../domain/agent.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import type { RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { gauge, metric, sample } from "./metrics.ts";
import { answer, fails, newRouter } from "./router.ts";
import { HealthSchema, ReadySchema } from "./wire.ts";

/** The text format of Prometheus, as it names it. */
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

export function healthRoutes(deps: RouteDeps) {
  const alive = createRoute({
    method: "get",
    path: "/healthz",
    summary: "The process answers",
    responses: { 200: answer(HealthSchema, "Alive") },
  });
  const ready = createRoute({
    method: "get",
    path: "/readyz",
    summary: "The database can be written and the runner, if it is on, works",
    responses: { 200: answer(ReadySchema, "Ready"), ...fails(503) },
  });
  const metrics = createRoute({
    method: "get",
    path: "/metrics",
    summary: "Measurements in the Prometheus text format",
    responses: { 200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } } },
  });

  return newRouter()
    .openapi(alive, (c) => c.json({ status: "ok" as const, version: deps.options.version }, 200))
    .openapi(ready, async (c) => c.json(await readiness(deps), 200))
    .openapi(metrics, async (c) => c.text(await metricsText(deps), 200, { "content-type": PROMETHEUS }));
}

async function readiness({ store, runner, options }: RouteDeps) {
  try {
    await store.ping();
  } catch (error) {
    loggerOf("api").error("The database can't be written: {error}", { error: messageOfError(error) });
    throw new ApiError("not_ready", "The database can't be written; the server's log says why");
  }
  if (runner !== null && !runner.alive()) {
    throw new ApiError("not_ready", `The runner does not work: ${runner.error || "it has ended"}`);
  }
  return {
    status: "ready" as const,
    version: options.version,
    database: store.kind,
    runner: runner === null ? "off" as const : {
      sandbox: runner.sandbox,
      concurrency: runner.concurrency,
      error: runner.error,
      waits: runner.waits,
      warnings: runner.warnings,
      demo: runner.demo === true,
    },
  };
}

async function metricsText({ store, hub, feed, runner, metrics }: RouteDeps): Promise<string> {
  const [counts, active, seq, bytes] = await Promise.all([
    store.issues.counts(),
    store.runs.active(),
    store.events.lastSeq(),
    store.size(),
  ]);
  const issues = Object.entries(counts).map(([status, count]) =>
    sample("autopilot_issues", { status }, count)
  );
  return [
    ...metric("gauge", "autopilot_issues", "Issues by status; ready is the queue", issues),
    ...gauge("autopilot_runs_active", "Runs under way", active.length),
    ...gauge("autopilot_sockets", "Open WebSockets", hub.size),
    ...gauge("autopilot_event_seq", "Last event of the log", seq),
    ...gauge("autopilot_event_lag", "Events written but not sent yet", Math.max(0, seq - feed.seq)),
    ...gauge("autopilot_database_bytes", "Size of the database", bytes),
    ...diskGauges(runner?.disk),
    ...metrics.lines(),
    "",
  ].join("\n");
}

function diskGauges(disk: DiskUse | undefined): string[] {
  if (disk === undefined) return [];
  return [
    ...gauge("autopilot_workspaces", "Folders of runs", disk.workspaces),
    ...gauge("autopilot_quarantined", "Folders whose work could not be committed", disk.quarantined),
    ...gauge("autopilot_disk_bytes", "Bytes of workspaces, quarantine, agents' homes and caches", disk.bytes),
  ];
}
