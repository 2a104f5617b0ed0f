/** Issues: list, file, read, edit, move, stop. */

import { createRoute, z } from "@hono/zod-openapi";
import { actorOf, trustOf } from "../domain/credential.ts";
import { withoutAgentsSecrets } from "./agent_text.ts";
import { jsonBody, MAX_JSON_BYTES, noBody } from "./body.ts";
import { UNCACHEABLE } from "./cache.ts";
import type { RouteDeps } from "./env.ts";
import { IssuePatchSchema, IssueRefSchema, ListQuerySchema, MoveSchema, NewIssueSchema } from "./input.ts";
import { issueDetail, listPage, moveAndWait, nextLink, versionOf } from "./issue_calls.ts";
import { answer, fails, newRouter, takes, UNCHANGED } from "./router.ts";
import { CountsSchema, IssueDetailSchema, IssueSchema } from "./wire.ts";

export function issueRoutes(deps: RouteDeps) {
  const { store, feed, cached } = deps;
  const json = jsonBody(MAX_JSON_BYTES);

  const list = createRoute({
    method: "get",
    path: "/issues",
    summary: "Issues, newest first unless asked otherwise; the next page is in the Link header",
    middleware: cached,
    request: { query: ListQuerySchema },
    responses: { 200: answer(z.array(IssueSchema), "The issues"), ...UNCHANGED, ...fails(422) },
  });
  const counts = createRoute({
    method: "get",
    path: "/counts",
    summary: "How many issues each status has",
    middleware: cached,
    responses: { 200: answer(CountsSchema, "By status"), ...UNCHANGED },
  });
  const create = createRoute({
    method: "post",
    path: "/issues",
    summary: "File an issue",
    middleware: json,
    request: { body: takes(NewIssueSchema) },
    responses: { 201: answer(IssueSchema, "Filed"), ...fails(400, 409, 413, 415, 422) },
  });
  const read = createRoute({
    method: "get",
    path: "/issues/{id}",
    summary: "An issue with its thread, attachments and runs",
    middleware: cached,
    request: { params: IssueRefSchema },
    responses: { 200: answer(IssueDetailSchema, "The issue"), ...UNCHANGED, ...fails(404) },
  });
  const edit = createRoute({
    method: "patch",
    path: "/issues/{id}",
    summary: "Edit an issue",
    description: "If-Match takes the issue's version, or the ETag with which it was read.",
    middleware: json,
    request: { params: IssueRefSchema, body: takes(IssuePatchSchema) },
    responses: { 200: answer(IssueSchema, "As it is now"), ...fails(400, 404, 412, 413, 415, 422) },
  });
  const move = createRoute({
    method: "post",
    path: "/issues/{id}/status",
    summary: "Move an issue; out of in_progress it stops the run first",
    description:
      "If-Match and seen_comments say what the mover was shown: it moves only when that is all there is.",
    middleware: json,
    request: { params: IssueRefSchema, body: takes(MoveSchema) },
    responses: {
      200: answer(IssueSchema, "Moved"),
      202: answer(IssueSchema, "The stop is asked for; the issue moves when its run has ended"),
      ...fails(400, 404, 409, 412, 413, 415, 422),
    },
  });
  const stop = createRoute({
    method: "post",
    path: "/issues/{id}/stop",
    summary: "Stop the run; its work stays on the branch",
    middleware: noBody(),
    request: { params: IssueRefSchema },
    responses: { 202: answer(IssueSchema, "The stop is asked for"), ...fails(404, 409, 413, 415) },
  });

  return newRouter()
    .openapi(list, async (c) => {
      const query = c.req.valid("query");
      const { issues, next } = await listPage(store.issues, query);
      if (next !== null) c.header("link", nextLink(c.req.url, next));
      return c.json(issues, 200);
    })
    .openapi(counts, async (c) => c.json(await store.issues.counts(), 200))
    .openapi(create, async (c) => {
      const input = c.req.valid("json");
      const credential = c.get("credential");
      const actor = actorOf(credential, input.created_by);
      const issue = await store.issues.create(
        withoutAgentsSecrets(deps, actor, {
          ...input,
          created_by: actor.name,
          trust: trustOf(credential, actor),
        }),
        actor,
      );
      return c.json(issue, 201, { location: `${c.req.path}/${issue.id}`, etag: `"${issue.version}"` });
    })
    .openapi(read, async (c) => {
      const detail = await issueDetail(store, c.req.valid("param").id, deps.options.base_path);
      c.header("etag", `"${detail.issue.version}"`);
      // A run under way changes facts of its own (session, commit, delivered comments) without events.
      if (detail.runs.some((run) => run.phase !== "finished")) c.header("cache-control", UNCACHEABLE);
      return c.json(detail, 200);
    })
    .openapi(edit, async (c) => {
      const if_version = versionOf(c.req.header("if-match"));
      const options = if_version === null ? {} : { if_version };
      const actor = actorOf(c.get("credential"));
      const issue = await store.issues.edit(c.req.valid("param").id, c.req.valid("json"), options, actor);
      return c.json(issue, 200, { etag: `"${issue.version}"` });
    })
    .openapi(move, async (c) => {
      const { id } = c.req.valid("param");
      const { status, seen_comments: comments } = c.req.valid("json");
      const if_version = versionOf(c.req.header("if-match")) ?? undefined;
      const { issue, stopping } = await moveAndWait({ store, feed }, id, status, {
        seen: { if_version, comments },
        actor: actorOf(c.get("credential")),
        signal: c.req.raw.signal,
      });
      return stopping ? c.json(issue, 202) : c.json(issue, 200);
    })
    .openapi(stop, async (c) => {
      const actor = actorOf(c.get("credential"));
      const issue = await store.issues.requestStop(c.req.valid("param").id, "backlog", actor);
      return c.json(issue, 202);
    });
}
