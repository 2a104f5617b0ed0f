/** What an issue's branch changes. */

import { createRoute } from "@hono/zod-openapi";
import { type Diff, NO_DIFF, UnknownCommitError } from "../domain/diff.ts";
import type { RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { DiffQuerySchema, IssueRefSchema } from "./input.ts";
import { answer, fails, newRouter } from "./router.ts";
import { DiffSchema } from "./wire.ts";

export function diffRoutes({ store, diff }: RouteDeps) {
  const read = createRoute({
    method: "get",
    path: "/issues/{id}/diff",
    summary: "The branch against its base, per file",
    description:
      "While the issue has no branch, or its repository is not on this server, base and head are empty " +
      "and there are no files. The ETag is made of the two commits. 404 also when `since` is no commit of the branch.",
    request: { params: IssueRefSchema, query: DiffQuerySchema },
    responses: {
      200: answer(DiffSchema, "The changes"),
      304: { description: "The branch is where it was" },
      ...fails(404, 422),
    },
  });

  async function changesOf(ref: string, since: string | undefined): Promise<Diff> {
    const issue = await store.issues.get(ref);
    const runs = await store.runs.list(issue.id);
    const commit = runs.findLast((run) => run.commit !== "")?.commit ?? "";
    if (diff === null || (issue.branch === "" && commit === "")) return { ...NO_DIFF };
    const work = { branch: issue.branch, commit, base_commit: await store.runs.firstBase(issue.id) };
    try {
      return await diff(work, since === undefined ? {} : { since });
    } catch (error) {
      if (error instanceof UnknownCommitError) throw new ApiError("not_found", error.message);
      throw error;
    }
  }

  return newRouter().openapi(read, async (c) => {
    const changes = await changesOf(c.req.valid("param").id, c.req.valid("query").since);
    // Weak: the body may be sent compressed.
    const etag = `W/"${changes.base}-${changes.head}"`;
    const headers = { etag, "cache-control": "no-cache" };
    const known = c.req.header("if-none-match")?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    if (known?.includes(etag.slice(2))) return c.body(null, 304, headers);
    return c.json(changes, 200, headers);
  });
}
