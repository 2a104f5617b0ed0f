/** Comments: the thread of an issue. */

import { createRoute, z } from "@hono/zod-openapi";
import { actorOf, mayCommentOn, trustOf } from "../domain/credential.ts";
import { withoutAgentsSecrets } from "./agent_text.ts";
import { jsonBody, MAX_JSON_BYTES } from "./body.ts";
import type { RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { IssueRefSchema, NewCommentSchema } from "./input.ts";
import { answer, fails, newRouter, takes } from "./router.ts";
import { CommentAddedSchema, CommentSchema } from "./wire.ts";

export function commentRoutes(deps: RouteDeps) {
  const { store } = deps;
  const list = createRoute({
    method: "get",
    path: "/issues/{id}/comments",
    summary: "The thread, oldest first",
    request: { params: IssueRefSchema },
    responses: { 200: answer(z.array(CommentSchema), "The comments"), ...fails(404) },
  });
  const add = createRoute({
    method: "post",
    path: "/issues/{id}/comments",
    summary: "Comment; a human's comment on a blocked issue moves it to ready",
    middleware: jsonBody(MAX_JSON_BYTES),
    request: { params: IssueRefSchema, body: takes(NewCommentSchema) },
    responses: { 201: answer(CommentAddedSchema, "Added"), ...fails(400, 404, 413, 415, 422) },
  });

  return newRouter()
    .openapi(list, async (c) => {
      const issue = await store.issues.get(c.req.valid("param").id);
      return c.json(await store.comments.list(issue.id), 200);
    })
    .openapi(add, async (c) => {
      const { author, author_kind, body } = c.req.valid("json");
      const credential = c.get("credential");
      const { id } = c.req.valid("param");
      if (credential.issue_id !== "") {
        const issue = await store.issues.get(id);
        if (!mayCommentOn(credential, issue.id)) {
          throw new ApiError("forbidden", `This token is of a run of another issue than ${issue.number}`);
        }
      }
      const actor = actorOf(credential, author, author_kind);
      const input = {
        author: actor.name,
        author_kind: actor.kind === "human" ? "human" as const : "agent" as const,
        trust: trustOf(credential, actor),
        body,
      };
      const { comment, unblocked } = await store.comments.add(
        id,
        withoutAgentsSecrets(deps, actor, input),
        actor,
      );
      return c.json({ comment, unblocked }, 201);
    });
}
