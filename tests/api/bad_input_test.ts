import assert from "node:assert/strict";
import fc from "fast-check";
import { type CallOptions, openTestApi, type TestApi } from "./support.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Everything that a write could change. */
async function stateOf({ store, blobs_dir }: TestApi) {
  const files: string[] = [];
  for await (const file of Deno.readDir(blobs_dir)) files.push(file.name);
  return { seq: await store.events.lastSeq(), issues: await store.issues.list({ limit: 100 }), files };
}

/** A request that must be refused with this status and code, and change nothing. */
type Bad = [what: string, status: number, code: string, method: string, path: string, options?: CallOptions];

const MANY = "x".repeat(10 << 20);
const BAD: readonly Bad[] = [
  ["malformed JSON", 400, "malformed", "POST", "/issues", { body: '{"title":', headers: JSON_TYPE }],
  ["no JSON at all", 400, "malformed", "POST", "/issues", { body: "", headers: JSON_TYPE }],
  ["not UTF-8", 400, "malformed", "POST", "/issues", {
    body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    headers: JSON_TYPE,
  }],
  ["null body", 422, "invalid", "POST", "/issues", { json: null }],
  ["array body", 422, "invalid", "POST", "/issues", { json: [{ title: "T" }] }],
  ["string body", 422, "invalid", "POST", "/issues", { json: "title" }],
  ["no title", 422, "invalid", "POST", "/issues", { json: {} }],
  ["blank title", 422, "invalid", "POST", "/issues", { json: { title: " \n" } }],
  ["title of the wrong type", 422, "invalid", "POST", "/issues", { json: { title: 7 } }],
  ["null title", 422, "invalid", "POST", "/issues", { json: { title: null } }],
  ["long title", 422, "invalid", "POST", "/issues", { json: { title: "x".repeat(301) } }],
  ["100 KB title", 422, "invalid", "POST", "/issues", { json: { title: "x".repeat(100_000) } }],
  ["10 MB title", 413, "too_large", "POST", "/issues", { json: { title: MANY } }],
  ["NUL in a title", 422, "invalid", "POST", "/issues", { json: { title: "a\0b" } }],
  ["lone surrogate", 422, "invalid", "POST", "/issues", {
    body: '{"title":"\\ud800"}',
    headers: JSON_TYPE,
  }],
  ["long body", 422, "invalid", "POST", "/issues", { json: { title: "T", body: "x".repeat(200_001) } }],
  ["unknown status", 422, "invalid", "POST", "/issues", { json: { title: "T", status: "todo" } }],
  ["unknown kind", 422, "invalid", "POST", "/issues", { json: { title: "T", kind: "epic" } }],
  ["unknown priority", 422, "invalid", "POST", "/issues", { json: { title: "T", priority: 1e400 } }],
  ["human_only as text", 422, "invalid", "POST", "/issues", { json: { title: "T", human_only: "no" } }],
  ["form", 415, "unsupported_media_type", "POST", "/issues", { body: new URLSearchParams({ title: "T" }) }],
  ["text/plain", 415, "unsupported_media_type", "POST", "/issues", { body: '{"title":"T"}' }],
  ["JSON lookalike type", 415, "unsupported_media_type", "POST", "/issues", {
    body: '{"title":"T"}',
    headers: { "content-type": "text/plain; application/json" },
  }],
  ["no content type", 415, "unsupported_media_type", "POST", "/issues"],
  ["encoded body", 415, "unsupported_media_type", "POST", "/issues", {
    json: { title: "T" },
    headers: { "content-encoding": "gzip" },
  }],
  ["unknown issue", 404, "not_found", "GET", "/issues/none"],
  ["unknown number", 404, "not_found", "GET", "/issues/99"],
  ["huge number", 404, "not_found", "GET", `/issues/${"9".repeat(50)}`],
  ["NUL in an id", 404, "not_found", "GET", "/issues/%00"],
  ["broken escape in an id", 404, "not_found", "GET", "/issues/%ff%"],
  ["traversal in an id", 404, "not_found", "GET", "/issues/..%2f..%2fetc"],
  ["PATCH of an unknown issue", 404, "not_found", "PATCH", "/issues/none", { json: { title: "T" } }],
  ["PATCH of the status", 422, "invalid", "PATCH", "/issues/1", { json: { status: "done" } }],
  ["PATCH with null", 422, "invalid", "PATCH", "/issues/1", { json: { title: null } }],
  ["PATCH with a stale version", 412, "stale_version", "PATCH", "/issues/1", {
    json: { title: "T" },
    headers: { "if-match": '"7"' },
  }],
  ["move to an unknown status", 422, "invalid", "POST", "/issues/1/status", { json: { status: "todo" } }],
  ["move to nowhere", 422, "invalid", "POST", "/issues/1/status", { json: { status: "" } }],
  ["move of an unknown issue", 404, "not_found", "POST", "/issues/none/status", { json: { status: "done" } }],
  ["move to in_progress", 409, "only_a_claim", "POST", "/issues/1/status", {
    json: { status: "in_progress" },
  }],
  ["stop without a run", 409, "not_running", "POST", "/issues/1/stop"],
  ["stop with a form", 415, "unsupported_media_type", "POST", "/issues/1/stop", {
    body: new URLSearchParams({ a: "b" }),
  }],
  ["stop of an unknown issue", 404, "not_found", "POST", "/issues/none/stop"],
  ["empty comment", 422, "invalid", "POST", "/issues/1/comments", { json: { body: "" } }],
  ["comment without body", 422, "invalid", "POST", "/issues/1/comments", { json: { author: "me" } }],
  ["comment as the system", 422, "invalid", "POST", "/issues/1/comments", {
    json: { body: "b", author_kind: "system" },
  }],
  ["long author", 422, "invalid", "POST", "/issues/1/comments", {
    json: { body: "b", author: MANY.slice(0, 121) },
  }],
  ["comment on an unknown issue", 404, "not_found", "POST", "/issues/none/comments", { json: { body: "b" } }],
  ["comments of an unknown issue", 404, "not_found", "GET", "/issues/none/comments"],
  ["unknown filter value", 422, "invalid", "GET", "/issues?status=todo"],
  ["one unknown status in a list", 422, "invalid", "GET", "/issues?status=ready,todo"],
  ["a filter given twice", 422, "invalid", "GET", "/issues?kind=bug&kind=chore"],
  ["limit 0", 422, "invalid", "GET", "/issues?limit=0"],
  ["limit 501", 422, "invalid", "GET", "/issues?limit=501"],
  ["limit that is no number", 422, "invalid", "GET", "/issues?limit=1e2"],
  ["foreign cursor", 422, "invalid", "GET", "/issues?cursor=abc"],
  ["NUL in a search", 422, "invalid", "GET", "/issues?q=a%00b"],
  ["events after nothing", 422, "invalid", "GET", "/events?after=-1"],
  ["events after a fraction", 422, "invalid", "GET", "/events?after=1.5"],
  ["unknown run", 404, "not_found", "GET", "/runs/none"],
  ["log of an unknown run", 404, "not_found", "GET", "/runs/none/log"],
  ["runs of an unknown issue", 404, "not_found", "GET", "/issues/none/runs"],
  ["unknown upload", 404, "not_found", "GET", "/uploads/none"],
  ["traversal in an upload", 404, "not_found", "GET", "/uploads/..%2f..%2fautopilot.db"],
  ["upload as JSON", 415, "unsupported_media_type", "POST", "/issues/1/attachments", { json: {} }],
  ["upload without a file", 422, "invalid", "POST", "/issues/1/attachments", {
    body: formOf({ other: "x" }),
  }],
  ["upload of a text field", 422, "invalid", "POST", "/issues/1/attachments", {
    body: formOf({ file: "x" }),
  }],
  ["multipart without parts", 422, "invalid", "POST", "/issues/1/attachments", {
    body: "--b\r\nnonsense",
    headers: { "content-type": "multipart/form-data; boundary=b" },
  }],
  ["multipart without a boundary", 400, "malformed", "POST", "/issues/1/attachments", {
    body: "nonsense",
    headers: { "content-type": "multipart/form-data" },
  }],
  ["upload to an unknown issue", 404, "not_found", "POST", "/issues/none/attachments", {
    body: formOf({ file: new File(["x"], "x.txt") }),
  }],
  ["upload that is too large", 413, "too_large", "POST", "/issues/1/attachments", {
    body: formOf({ file: new File([new Uint8Array(26 << 20)], "x.bin") }),
  }],
  ["feedback without message", 422, "invalid", "POST", "/feedback", { json: { page: "/" } }],
  ["feedback of 65 KB", 413, "too_large", "POST", "/feedback", {
    json: { message: MANY.slice(0, 65 << 10) },
  }],
  ["unknown route", 404, "not_found", "GET", "/nothing"],
  ["unknown page", 404, "not_found", "GET", "//nothing"],
  ["unknown method", 405, "method_not_allowed", "DELETE", "/issues/1"],
  ["PUT on a list", 405, "method_not_allowed", "PUT", "/issues", { json: { title: "T" } }],
  ["GET on a command", 405, "method_not_allowed", "GET", "/issues/1/stop"],
  ["POST on the socket", 405, "method_not_allowed", "POST", "/ws"],
  ["GET on the socket", 426, "upgrade_required", "GET", "/ws"],
  ["preflight elsewhere", 405, "method_not_allowed", "OPTIONS", "/issues"],
];

function formOf(fields: Record<string, string | File>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

Deno.test("every kind of bad input gets its error, never a 500, and changes nothing", async (t) => {
  await using api = await openTestApi();
  await api.file();
  const before = await stateOf(api);
  for (const [what, status, code, method, path, options] of BAD) {
    await t.step(what, async () => {
      const answer = await api.call(method, path, options);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      if (method !== "OPTIONS") assert.equal((answer.body as { code: string }).code, code);
      assert.deepEqual(await stateOf(api), before);
      assert.equal(answer.headers.has("access-control-allow-origin"), path === "/feedback");
    });
  }
});

Deno.test("422 says in details which fields are wrong; 405 says in Allow what is possible", async () => {
  await using api = await openTestApi();
  const { body } = await api.call("POST", "/issues", { json: { title: "", kind: "epic" } });
  const { error, details } = body as { error: string; details: { field: string; message: string }[] };
  assert.deepEqual(details.map(({ field }) => field), ["title", "kind"]);
  assert.match(error, /title/);
  const refused = await api.call("DELETE", "/issues");
  assert.equal(refused.headers.get("allow"), "GET, HEAD, POST");
});

Deno.test("an unexpected error is a 500 that tells nothing of the inside", async () => {
  await using api = await openTestApi();
  const broken = { ...api.store.agents, list: () => Promise.reject(new Error("secret path /home/x")) };
  const store = Object.create(api.store, { agents: { value: broken } });
  await using failing = await openTestApi({ deps: { store } });
  const { status, body } = await failing.call("GET", "/agents");
  assert.equal(status, 500);
  assert.equal((body as { code: string }).code, "internal");
  assert.doesNotMatch(JSON.stringify(body), /secret|root/);
});

Deno.test("no JSON value, whatever its form, makes a write answer 5xx or touch another issue", async () => {
  await using api = await openTestApi();
  await api.file({ title: "Bystander" });
  await api.file();
  const bystander = await api.store.issues.get("1");
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("ready", "done", "agent", "__proto__", ""),
  );
  const field = fc.constantFrom(
    ...["title", "body", "kind", "status", "priority", "assignee", "human_only", "created_by", "author"],
    ...["author_kind", "message", "page", "user", "__proto__", "constructor"],
  );
  const value = fc.oneof({ weight: 3, arbitrary: fc.dictionary(field, fc.oneof(text, fc.jsonValue())) }, {
    weight: 1,
    arbitrary: fc.jsonValue(),
  });
  const target = fc.constantFrom<[string, string]>(
    ["POST", "/issues"],
    ["PATCH", "/issues/2"],
    ["POST", "/issues/2/status"],
    ["POST", "/issues/2/comments"],
    ["POST", "/issues/2/stop"],
    ["POST", "/feedback"],
  );
  await fc.assert(
    fc.asyncProperty(target, value, async ([method, path], json) => {
      const { status } = await api.call(method, path, { json });
      assert.ok(status < 500, `${method} ${path} ${JSON.stringify(json)} → ${status}`);
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(await api.store.issues.get("1"), bystander);
});

Deno.test("no query, whatever its form, makes a read answer 5xx", async () => {
  await using api = await openTestApi();
  await api.file({ title: "Something to find" });
  const name = fc.constantFrom("status", "kind", "assignee", "q", "limit", "cursor", "after", "x");
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("ready", "1", "0", "%", '"', "*", "a b"),
  );
  const path = fc.constantFrom("/issues", "/events", "/runs/1/log");
  await fc.assert(
    fc.asyncProperty(path, fc.array(fc.tuple(name, value), { maxLength: 4 }), async (path, pairs) => {
      const query = pairs.map(([key, text]) => `${key}=${encodeURIComponent(text.toWellFormed())}`).join("&");
      const { status } = await api.call("GET", `${path}?${query}`);
      assert.ok(status < 500, `${path}?${query} → ${status}`);
    }),
    { numRuns: 300 },
  );
});
