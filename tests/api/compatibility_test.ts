/** What clients of the Go program togo-framework/autopilot send and read: its board, its scripts, programs like them. */

import assert from "node:assert/strict";
import { openSocket } from "../support/socket.ts";
import { serveTestApi } from "./live.ts";
import { openTestApi } from "./support.ts";

const ISSUE_FIELDS = [
  ...["id", "title", "body", "status", "kind", "assignee", "claimed_by", "claimed_at", "branch", "pr_url"],
  ...["result", "priority", "human_only", "created_by", "created_at", "updated_at"],
];
const COMMENT_FIELDS = ["id", "issue_id", "author", "author_kind", "body", "created_at"];
const ATTACHMENT_FIELDS = ["id", "issue_id", "name", "content_type", "size", "url", "created_at"];

function assertHas(value: unknown, fields: readonly string[]): void {
  const present = Object.keys(value as Record<string, unknown>);
  assert.deepEqual(fields.filter((field) => !present.includes(field)), []);
}

Deno.test("clients of the Go program file, read, edit, move and discuss an issue as they are used to", async () => {
  await using api = await openTestApi();
  const filed = await api.call("POST", "/issues", {
    json: {
      title: " Add a /health endpoint ",
      body: "",
      kind: "feature",
      status: "ready",
      created_by: "human",
    },
  });
  assert.equal(filed.status, 201);
  assertHas(filed.body, ISSUE_FIELDS);
  const { id, title } = filed.body as { id: string; title: string };
  assert.equal(title, "Add a /health endpoint");

  const all = await api.call("GET", "/issues?status=");
  assert.equal(all.status, 200);
  for (const issue of all.body as unknown[]) assertHas(issue, ISSUE_FIELDS);
  const detail = await api.call("GET", `/issues/${id}`);
  assertHas(detail.body, ["issue", "comments", "attachments"]);

  const edited = await api.call("PATCH", `/issues/${id}`, {
    json: { title: "Renamed", assignee: "mia", priority: "high", human_only: true },
  });
  assert.equal(edited.status, 200);
  assertHas(edited.body, ISSUE_FIELDS);
  const blocked = await api.call("POST", `/issues/${id}/status`, { json: { status: "blocked" } });
  assert.equal((blocked.body as { status: string }).status, "blocked");

  const said = await api.call("POST", `/issues/${id}/comments`, {
    json: { author: "human", author_kind: "human", body: "Use port 80" },
  });
  assert.equal(said.status, 201);
  const { comment, unblocked } = said.body as { comment: unknown; unblocked: boolean };
  assertHas(comment, COMMENT_FIELDS);
  assert.equal(unblocked, true);
  assertHas(((await api.call("GET", `/issues/${id}/comments`)).body as unknown[])[0], COMMENT_FIELDS);

  const form = new FormData();
  form.set("file", new File(["text"], "note.txt", { type: "text/plain" }));
  const attached = await api.call("POST", `/issues/${id}/attachments`, { body: form });
  assert.equal(attached.status, 201);
  assertHas(attached.body, ATTACHMENT_FIELDS);
  const { url } = attached.body as { url: string };
  assert.equal((await api.call("GET", `/${url}`)).body, "text");

  const report = await api.call("POST", "/feedback", { json: { message: "M", page: "/shop", user: "" } });
  assert.equal(report.status, 201);
  assertHas(report.body, ["ok", "id"]);
});

Deno.test("what clients leave empty is taken as left out", async () => {
  await using api = await openTestApi();
  const bare = { body: "", kind: "", status: "", assignee: "", priority: "", created_by: "" };
  const { body: issue } = await api.call("POST", "/issues", { json: { title: "T", ...bare } });
  const { kind, status, priority, created_by } = issue as Record<string, string>;
  assert.deepEqual([kind, status, priority, created_by], ["feature", "backlog", "normal", "human"]);

  await api.call("POST", "/issues/1/status", { json: { status: "blocked" } });
  const { body } = await api.call("POST", "/issues/1/comments", {
    json: { author: "", author_kind: "", body: "Go on" },
  });
  const { comment, unblocked } = body as { comment: Record<string, string>; unblocked: boolean };
  assert.deepEqual([comment.author, comment.author_kind, unblocked], ["human", "human", true]);

  const list = await api.call("GET", "/issues?status=&kind=&assignee=&q=&limit=&cursor=");
  assert.deepEqual([list.status, (list.body as unknown[]).length], [200, 1]);
});

Deno.test("a socket of a Go client gets the messages and fields from which it makes its notifications", async () => {
  await using live = await serveTestApi();
  await using socket = await openSocket(`ws://127.0.0.1:${live.port}/api/autopilot/ws`, () => "");
  await socket.waitFor(({ type }) => type === "hello");
  const send = async (method: string, path: string, body: Record<string, unknown>) => {
    const response = await fetch(`http://127.0.0.1:${live.port}/api/autopilot${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok);
    return await response.json();
  };
  const { id } = await send("POST", "/issues", { title: "T", kind: "bug", status: "blocked" });
  await send("PATCH", "/issues/1", { body: "More" });
  await send("POST", "/issues/1/comments", { body: "Go on" });
  await socket.waitFor(({ type, status }) => type === "issue.status" && status === "ready");
  const fields = ["id", "issue_id", "title", "status", "kind", "author_kind"];
  const heard = socket.messages.slice(1).map((message) => [message.type, ...fields.map((f) => message[f])]);
  assert.deepEqual(heard, [
    ["issue.created", id, id, "T", "blocked", "bug", undefined],
    ["issue.updated", id, id, "T", "blocked", "bug", undefined],
    ["comment.added", undefined, id, "T", "ready", undefined, "human"],
    ["issue.status", id, id, "T", "ready", "bug", undefined],
  ]);
});
