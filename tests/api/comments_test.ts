import assert from "node:assert/strict";
import type { Comment } from "../../src/domain/comment.ts";
import { openTestApi, type TestApi } from "./support.ts";

const comment = async (api: TestApi, json: Record<string, unknown>) => {
  const { status, body } = await api.call("POST", "/issues/1/comments", { json });
  assert.equal(status, 201);
  return body as { comment: Comment; unblocked: boolean };
};

Deno.test("POST comments adds to the thread, oldest first", async () => {
  await using api = await openTestApi();
  await api.file();
  await comment(api, { body: "one" });
  await comment(api, { body: "two", author: "mia" });
  const { body } = await api.call("GET", "/issues/1/comments");
  assert.deepEqual(
    (body as Comment[]).map(({ body, author, author_kind, trust }) => [body, author, author_kind, trust]),
    [["one", "human", "human", "operator"], ["two", "mia", "human", "operator"]],
  );
});

Deno.test("POST comments by a human on a blocked issue unblocks it, by an agent never", async () => {
  await using api = await openTestApi();
  await api.file({ status: "blocked" });
  const statusNow = async () => (await api.store.issues.get("1")).status;
  const by_agent = await comment(api, { body: "I go on", author: "bot", author_kind: "agent" });
  assert.deepEqual([by_agent.unblocked, by_agent.comment.trust, await statusNow()], [
    false,
    "agent",
    "blocked",
  ]);
  assert.equal((await comment(api, { body: "Do it" })).unblocked, true);
  assert.equal(await statusNow(), "ready");
  assert.equal((await comment(api, { body: "More" })).unblocked, false);
});
