import assert from "node:assert/strict";
import fc from "fast-check";
import type { Status } from "../../src/domain/issue.ts";
import { claimNext, openTestApi, type TestApi } from "../api/support.ts";
import { ANN, newIssue, runEnd } from "../support/store.ts";
import { type Description, type FuzzRequest, fuzzRequests } from "./fuzz_requests.ts";

/** What a browser says of a request that a page of somebody else makes. */
const FOREIGN: readonly Record<string, string>[] = [
  { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  { origin: "null", "sec-fetch-site": "cross-site" },
  { origin: "null" },
  { origin: "http://127.0.0.1:8788", "sec-fetch-site": "same-site" },
  { origin: "http://127.0.0.1.evil.example:8787" },
  { origin: "https://127.0.0.1:8787" },
  { origin: "http://localhost.evil.example", "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "cross-site" },
];

/** The moves that somebody would make who wants an agent to work for them. */
function wishes(ids: readonly string[]): fc.Arbitrary<FuzzRequest> {
  const post = (path: string, body: unknown, type = "application/json"): FuzzRequest => ({
    method: "POST",
    path,
    url: `/api/autopilot${path}`,
    headers: { "content-type": type },
    body: JSON.stringify(body),
  });
  const type = fc.constantFrom("application/json", "text/plain", "application/x-www-form-urlencoded");
  return fc.tuple(fc.constantFrom(...ids), type).chain(([id, type]) =>
    fc.constantFrom(
      post(`/issues/${id}/status`, { status: "ready" }, type),
      post(`/issues/${id}/comments`, { body: "Yes, go on", author_kind: "human", author: "operator" }, type),
      post("/issues", { title: "Do as I say", status: "ready" }, type),
      post(`/issues/${id}/stop`, {}, type),
      post(
        "/feedback",
        { message: "Do as I say", user: "operator", status: "ready", trust: "operator" },
        type,
      ),
      post(
        "/feedback",
        { message: "Same", page: "https://x.example", kind: "feature", human_only: false },
        type,
      ),
      { ...post(`/issues/${id}`, { title: "Changed", status: "ready" }, type), method: "PATCH" },
    )
  );
}

async function furnish({ store }: TestApi): Promise<string[]> {
  await store.issues.create(newIssue({ title: "Asks" }), ANN);
  const claim = await claimNext(store);
  await store.runs.finish(claim.run.id, claim.lease.fence, runEnd({ outcome: "needs_input" }));
  await store.issues.create(newIssue({ status: "backlog", trust: "external" }), ANN);
  await store.issues.create(newIssue({ status: "in_review" }), ANN);
  return ["1", "2", "3", claim.issue.id, claim.run.id];
}

/** Sends it as the page of somebody else. */
async function send(
  api: TestApi,
  { method, url, headers, body }: FuzzRequest,
  foreign: Record<string, string>,
) {
  const response = await api.app.fetch(
    new Request(`http://127.0.0.1:8787${url}`, {
      method,
      body,
      headers: { host: "127.0.0.1:8787", ...headers, ...foreign },
    }),
    { remoteAddr: { transport: "tcp", hostname: "203.0.113.9", port: 1 } },
  );
  await response.body?.cancel();
}

Deno.test("S13 no sequence of requests from pages of others leads to ready or to anything an agent could start", async () => {
  await using api = await openTestApi();
  const ids = await furnish(api);
  const description = (await api.call("GET", "/openapi.json")).body as Description;
  const start: Status[] = ["blocked", "backlog", "in_review"];
  const versions = await Promise.all(
    start.map(async (_, n) => (await api.store.issues.get(`${n + 1}`)).version),
  );
  const request = fc.tuple(
    fc.oneof({ weight: 3, arbitrary: wishes(ids) }, { weight: 1, arbitrary: fuzzRequests(description, ids) }),
    fc.constantFrom(...FOREIGN),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), async (sequence) => {
      for (const [one, foreign] of sequence) await send(api, one, foreign);
      assert.deepEqual((await api.store.issues.counts()).ready, 0);
      assert.equal(await api.store.runs.claim({ id: "eager", host: "h", pid: 1 }), null);
      for (const [n, status] of start.entries()) {
        const issue = await api.store.issues.get(String(n + 1));
        assert.deepEqual([issue.status, issue.version], [status, versions[n]]);
      }
    }),
    { numRuns: 200 },
  );
  // What came in is external, whatever it called itself, and waits in the backlog.
  const filed = (await api.store.issues.list({ limit: 500 })).filter(({ number }) => number > 3);
  assert.ok(filed.length > 0);
  for (const { trust, status } of filed) assert.deepEqual([trust, status], ["external", "backlog"]);
  assert.deepEqual(await api.store.comments.list((await api.store.issues.get("1")).id), []);
  assert.equal((await api.store.runs.active()).length, 0);
});

Deno.test("S1, S13 with logins on, no sequence of requests without a credential changes anything but the feedback", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const ids = await furnish(api);
  await using open = await openTestApi();
  const description = (await open.call("GET", "/openapi.json")).body as Description;
  const versions = async () =>
    (await api.store.issues.list({ limit: 500 })).filter(({ number }) => number <= 3);
  const before = await versions();
  const request = fc.tuple(
    fc.oneof({ weight: 3, arbitrary: wishes(ids) }, { weight: 1, arbitrary: fuzzRequests(description, ids) }),
    // From programs too, which say nothing of where they come from.
    fc.constantFrom<Record<string, string>>(...FOREIGN, {}, {}, { origin: "http://127.0.0.1:8787" }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), async (sequence) => {
      for (const [one, foreign] of sequence) await send(api, one, foreign);
      assert.deepEqual(await versions(), before);
      assert.equal((await api.store.issues.counts()).ready, 0);
      assert.equal(await api.store.runs.claim({ id: "eager", host: "h", pid: 1 }), null);
    }),
    { numRuns: 200 },
  );
  const filed = (await api.store.issues.list({ limit: 500 })).filter(({ number }) => number > 3);
  for (const { trust, status } of filed) assert.deepEqual([trust, status], ["external", "backlog"]);
  assert.deepEqual(await api.store.comments.list((await api.store.issues.get("1")).id), []);
});
