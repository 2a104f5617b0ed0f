/** Runs and their logs, agents, the event log, and who the caller is. */

import { createRoute, z } from "@hono/zod-openapi";
import { actorOf, type Credential, permissionsOf } from "../domain/credential.ts";
import type { Event } from "../domain/event.ts";
import { messageIn, type View, viewOf } from "../domain/event_view.ts";
import { asLines } from "./audit.ts";
import type { RouteDeps } from "./env.ts";
import { EventsQuerySchema, IssueRefSchema, LogQuerySchema, RefSchema } from "./input.ts";
import { answer, fails, newRouter } from "./router.ts";
import { AgentSchema, EventPageSchema, LogPageSchema, MeSchema, RunSchema } from "./wire.ts";

export function runRoutes({ store }: RouteDeps) {
  const list = createRoute({
    method: "get",
    path: "/issues/{id}/runs",
    summary: "The attempts at an issue, oldest first",
    request: { params: IssueRefSchema },
    responses: { 200: answer(z.array(RunSchema), "The runs"), ...fails(404) },
  });
  const read = createRoute({
    method: "get",
    path: "/runs/{id}",
    summary: "One attempt",
    request: { params: RefSchema },
    responses: { 200: answer(RunSchema, "The run"), ...fails(404) },
  });
  const log = createRoute({
    method: "get",
    path: "/runs/{id}/log",
    summary: "The agent's transcript in pages",
    request: { params: RefSchema, query: LogQuerySchema },
    responses: { 200: answer(LogPageSchema, "Entries after `after`"), ...fails(404, 422) },
  });

  return newRouter()
    .openapi(list, async (c) => {
      const issue = await store.issues.get(c.req.valid("param").id);
      return c.json(await store.runs.list(issue.id), 200);
    })
    .openapi(read, async (c) => c.json(await store.runs.get(c.req.valid("param").id), 200))
    .openapi(log, async (c) => {
      const { after, limit } = c.req.valid("query");
      const run = await store.runs.get(c.req.valid("param").id);
      return c.json(await store.runLog.read(run.id, after, limit), 200);
    });
}

export function activityRoutes({ store }: RouteDeps) {
  const agents = createRoute({
    method: "get",
    path: "/agents",
    summary: "Who works, on what, since when, last sign of life",
    responses: { 200: answer(z.array(AgentSchema), "The agents") },
  });
  const events = createRoute({
    method: "get",
    path: "/events",
    summary: "The event log in pages; for admins that accept application/x-ndjson, all of it as lines",
    middleware: asLines(store.events),
    request: { query: EventsQuerySchema },
    responses: { 200: answer(EventPageSchema, "Events after `after`"), ...fails(404, 422) },
  });
  const me = createRoute({
    method: "get",
    path: "/me",
    summary: "Who am I, what may I",
    responses: { 200: answer(MeSchema, "The caller") },
  });

  return newRouter()
    .openapi(agents, async (c) => c.json(await store.agents.list(), 200))
    .openapi(events, async (c) => {
      const { after, limit, issue } = c.req.valid("query");
      const events = issue === undefined
        ? await store.events.read(after, limit)
        : await store.events.forIssue((await store.issues.get(issue)).id, after, limit);
      const next = events.length === 0 ? after : events[events.length - 1].seq;
      const view = viewOf(c.get("credential"), false);
      return c.json({ events: events.map((event) => wireEvent(event, view)), next }, 200);
    })
    .openapi(me, (c) => c.json(meOf(c.get("credential")), 200));
}

function meOf(credential: Credential) {
  const { name, kind } = actorOf(credential);
  return {
    name,
    kind,
    scope: credential.scope,
    auth: credential.via === "open" ? "off" as const : "on" as const,
    permissions: [...permissionsOf(credential)],
  };
}

/** The flat message, typed as the schema has it. */
function wireEvent(event: Event, view: View) {
  const { type, seq, at } = event;
  const message = messageIn(event, view);
  const { issue_id, actor } = message as { issue_id: string; actor: string };
  return { ...message, type, seq, at, issue_id, actor, actor_kind: event.actor.kind };
}
