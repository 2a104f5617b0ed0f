import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { ANN, ManualClock, runEnd } from "../support/store.ts";
import { type Answer, claimNext, openTestApi, type TestApi } from "./support.ts";

const issueOf = ({ body }: Answer) => body as Issue;
const titles = ({ body }: Answer) => (body as Issue[]).map(({ title }) => title);
const codeOf = ({ body }: Answer) => (body as { code: string }).code;

Deno.test("POST /issues fills in the defaults and answers the issue", async () => {
  await using api = await openTestApi();
  const answer = await api.call("POST", "/issues", { json: { title: "Fix the header" } });
  assert.equal(answer.status, 201);
  const issue = issueOf(answer);
  assert.deepEqual(
    [issue.number, issue.title, issue.status, issue.kind, issue.priority, issue.human_only, issue.trust],
    [1, "Fix the header", "backlog", "feature", "normal", false, "operator"],
  );
  assert.equal(answer.headers.get("location"), `/api/autopilot/issues/${issue.id}`);
});

Deno.test("POST /issues takes every field, and empty strings as unset", async () => {
  await using api = await openTestApi();
  const full = {
    title: "T",
    body: "B",
    kind: "bug",
    priority: "urgent",
    status: "ready",
    assignee: "mia",
    human_only: true,
    created_by: "max",
  };
  assert.deepEqual(
    { ...issueOf(await api.call("POST", "/issues", { json: full })), ...full },
    await last(api),
  );
  const open = await api.file({ kind: "", priority: "", status: "", created_by: "" });
  assert.deepEqual([open.kind, open.priority, open.status], ["feature", "normal", "backlog"]);
});

Deno.test("POST /issues refuses in_progress with what is allowed", async () => {
  await using api = await openTestApi();
  const answer = await api.call("POST", "/issues", { json: { title: "T", status: "in_progress" } });
  assert.equal(answer.status, 409);
  assert.deepEqual((answer.body as { allowed: string[] }).allowed, [
    "backlog",
    "ready",
    "blocked",
    "in_review",
    "done",
  ]);
  assert.equal(await api.store.events.lastSeq(), 0);
});

Deno.test("GET /issues lists newest first and filters", async () => {
  await using api = await openTestApi();
  await api.file({ title: "one", kind: "bug" });
  await api.file({ title: "two", status: "ready", assignee: "mia" });
  await api.file({ title: "three", status: "done" });
  const list = async (query: string) => titles(await api.call("GET", `/issues${query}`));
  assert.deepEqual(await list(""), ["three", "two", "one"]);
  assert.deepEqual(await list("?status=ready"), ["two"]);
  assert.deepEqual(await list("?status=ready,done"), ["three", "two"]);
  assert.deepEqual(await list("?status=backlog,ready,done&limit=2"), ["three", "two"]);
  assert.deepEqual(await list("?kind=bug"), ["one"]);
  assert.deepEqual(await list("?kind=bug,feature&status=backlog,ready&agent=mia,max"), ["two"]);
  assert.deepEqual(await list("?priority=normal,low&trust=operator&needs="), ["three", "two", "one"]);
  assert.deepEqual(await list("?needs=review"), []);
  assert.deepEqual(await list("?q=%232"), ["two"]);
  for (
    const query of [
      "?priority=soon",
      "?needs=rest",
      "?trust=me",
      "?kind=bug,,",
      "?order=oldest",
      "?order=accepted",
      "?order=accepted&status=done,ready",
      "?order=accepted&status=done&q=one",
      "?order=accepted&status=done&needs=review",
      `?agent=${"a,".repeat(3)}${Array(21).fill(0).map((_, n) => n).join()}`,
    ]
  ) {
    assert.equal((await api.call("GET", `/issues${query}`)).status, 422, query);
  }
  assert.deepEqual(await list("?assignee=mia"), ["two"]);
  assert.deepEqual(await list("?q=thr"), ["three"]);
  assert.deepEqual(await list("?limit=1"), ["three"]);
});

Deno.test("GET /issues pages through a Link header, with and without several statuses, in either order", async () => {
  const clock = new ManualClock();
  await using api = await openTestApi({ clock });
  for (let n = 1; n <= 5; n++) await api.file({ title: `${n}`, status: n % 2 === 0 ? "ready" : "backlog" });
  for (const n of [2, 5, 1, 3, 4]) {
    clock.advance(1000);
    await api.call("POST", `/issues/${n}/status`, { json: { status: "done" } });
  }
  for (
    const [query, wanted] of [
      ["?limit=2", "54321"],
      ["?limit=2&status=ready,done", "54321"],
      ["?limit=2&status=done&order=accepted", "43152"],
    ]
  ) {
    const seen: string[] = [];
    let path: string | null = `/issues${query}`;
    while (path !== null) {
      const page: Answer = await api.call("GET", path);
      seen.push(...titles(page));
      const next = /^<\/api\/autopilot(.+)>; rel="next"$/.exec(page.headers.get("link") ?? "");
      path = next === null ? null : next[1];
    }
    assert.equal(seen.join(""), wanted);
  }
});

Deno.test("GET /issues answers 304 while nothing changed, also for changes by another process", async () => {
  await using api = await openTestApi();
  await api.file();
  const first = await api.call("GET", "/issues");
  const etag = first.headers.get("etag") ?? "";
  const again = await api.call("GET", "/issues", { headers: { "if-none-match": etag } });
  assert.equal(again.status, 304);
  assert.equal(again.body, "");
  const other = await api.another();
  await other.issues.edit("1", { title: "Changed elsewhere" }, {}, ANN);
  const changed = await api.call("GET", "/issues", { headers: { "if-none-match": etag } });
  assert.equal(changed.status, 200);
  assert.deepEqual(titles(changed), ["Changed elsewhere"]);
  assert.notEqual(changed.headers.get("etag"), etag);
});

Deno.test("GET /issues compresses a large answer that is asked for again, for clients that take it", async () => {
  await using api = await openTestApi();
  await api.file({ body: "text ".repeat(5_000) });
  const plain = await api.call("GET", "/issues");
  const headers = { "accept-encoding": "br;q=1.0, gzip;q=0.8, *;q=0.1", host: "127.0.0.1:8787" };
  const request = new Request("http://127.0.0.1:8787/api/autopilot/issues", { headers });
  const peer = { remoteAddr: { transport: "tcp" as const, hostname: "127.0.0.1", port: 1 } };
  const response = await api.app.fetch(request, peer);
  assert.equal(response.headers.get("content-encoding"), "gzip");
  const bytes = await response.bytes();
  assert.ok(bytes.length < 2_000, `${bytes.length} bytes`);
  const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")))
    .text();
  assert.deepEqual(JSON.parse(text), plain.body);
  const refusing = await api.call("GET", "/issues", { headers: { "accept-encoding": "gzip;q=0" } });
  assert.equal(refusing.headers.get("content-encoding"), null);
});

Deno.test("GET /issues/{id} answers by id and by number, with thread, files and runs", async () => {
  await using api = await openTestApi();
  const issue = await api.file();
  await api.call("POST", "/issues/1/comments", { json: { body: "Hello" } });
  const by_id = await api.call("GET", `/issues/${issue.id}`);
  assert.deepEqual((await api.call("GET", "/issues/1")).body, by_id.body);
  const detail = by_id.body as { comments: { body: string }[] };
  assert.deepEqual(detail.comments.map(({ body }) => body), ["Hello"]);
  const etag = by_id.headers.get("etag") ?? "";
  const again = await api.call("GET", `/issues/${issue.id}`, { headers: { "if-none-match": etag } });
  assert.equal(again.status, 304);
});

Deno.test("GET /issues/{id} is not kept while a run is under way: its facts change without events", async () => {
  await using api = await openTestApi();
  await api.file({ status: "ready" });
  const { run, lease } = await claimNext(api.store);
  const session = async () => {
    const { body } = await api.call("GET", "/issues/1");
    return (body as { runs: { session_id: string }[] }).runs[0].session_id;
  };
  assert.equal(await session(), "");
  await api.store.runs.update(run.id, lease.fence, { session_id: "s-1" });
  assert.equal(await session(), "s-1");
});

Deno.test("PATCH /issues/{id} edits what it is given and nothing else", async () => {
  await using api = await openTestApi();
  const before = await api.file({ body: "old" });
  const { status, body } = await api.call("PATCH", "/issues/1", { json: { title: "New", priority: "high" } });
  assert.equal(status, 200);
  const after = body as Issue;
  assert.deepEqual([after.title, after.priority, after.body], ["New", "high", "old"]);
  assert.equal(after.version, before.version + 1);
  const seq = await api.store.events.lastSeq();
  assert.deepEqual((await api.call("PATCH", "/issues/1", { json: {} })).body, after);
  assert.equal(await api.store.events.lastSeq(), seq);
});

Deno.test("PATCH /issues/{id} checks If-Match against the version, in every form that clients have", async () => {
  await using api = await openTestApi();
  await api.file();
  const patch = (tag: string, title: string) =>
    api.call("PATCH", "/issues/1", { json: { title }, headers: { "if-match": tag } });
  const etag = (await api.call("GET", "/issues/1")).headers.get("etag") ?? "";
  assert.equal((await patch(etag, "2")).status, 200);
  const stale = await patch(etag, "3");
  assert.deepEqual([stale.status, codeOf(stale)], [412, "stale_version"]);
  assert.equal((await patch("1", "3")).status, 412);
  assert.equal((await patch('"2"', "3")).status, 200);
  assert.equal((await patch("3", "4")).status, 200);
  assert.equal((await patch("*", "5")).status, 200);
  for (const garbage of ["nonsense", '"', '"1", "2"', "-1", "9".repeat(30)]) {
    assert.equal((await patch(garbage, "no")).status, 412, garbage);
  }
  assert.equal((await last(api)).title, "5");
});

Deno.test("POST /issues/{id}/status moves between all human columns and refuses in_progress", async () => {
  await using api = await openTestApi();
  await api.file();
  for (const status of ["ready", "blocked", "in_review", "done", "backlog"]) {
    const answer = await api.call("POST", "/issues/1/status", { json: { status } });
    assert.equal(answer.status, 200);
    assert.equal(issueOf(answer).status, status);
  }
  const refused = await api.call("POST", "/issues/1/status", { json: { status: "in_progress" } });
  assert.equal(refused.status, 409);
  assert.equal(codeOf(refused), "only_a_claim");
});

Deno.test("POST /issues/{id}/status out of in_progress waits for the end of the run", async () => {
  await using api = await openTestApi();
  const issue = await api.file({ status: "ready" });
  const { run, lease } = await claimNext(api.store);
  const moving = api.call("POST", "/issues/1/status", { json: { status: "done" } });
  const asked = await api.feed.waitFor((event) => event.data.change === "stop_requested", 10_000);
  assert.equal(asked?.issue_id, issue.id);
  assert.equal((await api.store.runs.heartbeat(run.id, lease.fence)).stop_to, "done");
  await api.store.runs.finish(run.id, lease.fence, runEnd({ outcome: "stopped" }));
  const answer = await moving;
  assert.deepEqual([answer.status, issueOf(answer).status], [200, "done"]);
});

Deno.test("POST /issues/{id}/status answers 202 when the caller does not wait for the end of the run", async () => {
  await using api = await openTestApi();
  await api.file({ status: "ready" });
  await claimNext(api.store);
  const patience = new AbortController();
  const request = new Request("http://127.0.0.1:8787/api/autopilot/issues/1/status", {
    method: "POST",
    body: '{"status":"backlog"}',
    headers: { host: "127.0.0.1:8787", "content-type": "application/json" },
    signal: patience.signal,
  });
  const asked = api.feed.waitFor((event) => event.data.change === "stop_requested", 10_000);
  const answering = api.app.fetch(request, {
    remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
  });
  await asked;
  patience.abort();
  const answer = await answering;
  assert.equal(answer.status, 202);
  assert.equal((await answer.json()).status, "in_progress");
});

Deno.test("POST /issues/{id}/stop records the request and answers at once; without a run it is refused", async () => {
  await using api = await openTestApi();
  await api.file({ status: "ready" });
  const idle = await api.call("POST", "/issues/1/stop");
  assert.deepEqual([idle.status, codeOf(idle)], [409, "not_running"]);
  const { run, lease } = await claimNext(api.store);
  const answer = await api.call("POST", "/issues/1/stop");
  assert.deepEqual([answer.status, issueOf(answer).status], [202, "in_progress"]);
  assert.equal((await api.store.runs.heartbeat(run.id, lease.fence)).stop_to, "backlog");
});

async function last(api: TestApi): Promise<Issue> {
  return (await api.store.issues.list({ limit: 1 }))[0];
}

Deno.test("GET /issues answers texts of every script alike when it is asked again", async () => {
  await using api = await openTestApi();
  await api.file({ title: "Überschrift 見出し 🚀" });
  const first = await api.call("GET", "/issues");
  const again = await api.call("GET", "/issues");
  assert.deepEqual(titles(again), ["Überschrift 見出し 🚀"]);
  assert.deepEqual(again.body, first.body);
  assert.equal(again.headers.get("content-type"), "application/json");
});
