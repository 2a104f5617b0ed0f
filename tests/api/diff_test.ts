import assert from "node:assert/strict";
import { type Diff, type IssueWork, UnknownCommitError } from "../../src/domain/diff.ts";
import { claimNext, openTestApi } from "./support.ts";
import { runEnd } from "../support/store.ts";

const BASE = "b".repeat(40);
const HEAD = "a".repeat(40);
const NOTHING = { base: "", head: "", files: [] };

/** A reader of changes that notes what it was asked. */
function reader(files: Diff["files"] = []) {
  const asked: [IssueWork, string | undefined][] = [];
  const diff = (work: IssueWork, { since }: { since?: string } = {}): Promise<Diff> => {
    asked.push([work, since]);
    if (since === "0".repeat(40)) return Promise.reject(new UnknownCommitError(since));
    return Promise.resolve({ base: since ?? BASE, head: HEAD, files });
  };
  return { asked, diff };
}

async function withBranch(api: Awaited<ReturnType<typeof openTestApi>>) {
  const issue = await api.file({ status: "ready" });
  const { run, lease } = await claimNext(api.store);
  await api.store.runs.update(run.id, lease.fence, { base_commit: BASE });
  await api.store.runs.finish(
    run.id,
    lease.fence,
    runEnd({
      outcome: "implemented",
      reason: "",
      commit: HEAD,
      branch: "autopilot/1-an-issue",
      pr_url: "",
      result: "Done",
    }),
  );
  return issue;
}

Deno.test("GET /issues/{id}/diff asks for the issue's branch, last commit and first base", async () => {
  const file = {
    path: "new\nname",
    old_path: "-rf",
    status: "renamed" as const,
    additions: 1,
    deletions: 0,
    binary: false,
    patch: "",
    truncated: true,
  };
  const { asked, diff } = reader([file]);
  await using api = await openTestApi({ deps: { diff } });
  const issue = await withBranch(api);
  const { status, body } = await api.call("GET", `/issues/${issue.number}/diff`);
  assert.equal(status, 200);
  assert.deepEqual(body, { base: BASE, head: HEAD, files: [file] });
  const since = await api.call("GET", `/issues/${issue.id}/diff?since=${HEAD}`);
  assert.equal((since.body as Diff).base, HEAD);
  const work = { branch: "autopilot/1-an-issue", commit: HEAD, base_commit: BASE };
  assert.deepEqual(asked, [[work, undefined], [work, HEAD]]);
});

Deno.test("GET /issues/{id}/diff is empty without a branch, and without a repository", async () => {
  const { asked, diff } = reader();
  await using api = await openTestApi({ deps: { diff } });
  const fresh = await api.file();
  assert.deepEqual((await api.call("GET", `/issues/${fresh.id}/diff`)).body, NOTHING);
  assert.deepEqual(asked, []);
  await using without = await openTestApi();
  const issue = await withBranch(without);
  assert.deepEqual((await without.call("GET", `/issues/${issue.id}/diff`)).body, NOTHING);
});

Deno.test("GET /issues/{id}/diff answers 304 to the ETag of the same two commits", async () => {
  const { diff } = reader();
  await using api = await openTestApi({ deps: { diff } });
  const path = `/issues/${(await withBranch(api)).id}/diff`;
  const etag = (await api.call("GET", path)).headers.get("etag") ?? "";
  for (const tag of [etag, etag.replace("W/", ""), `"x", ${etag}`]) {
    const again = await api.call("GET", path, { headers: { "if-none-match": tag } });
    assert.deepEqual([again.status, again.body], [304, ""], tag);
  }
  const other = await api.call("GET", `${path}?since=${HEAD}`, { headers: { "if-none-match": etag } });
  assert.equal(other.status, 200);
});

Deno.test("GET /issues/{id}/diff refuses what is no issue, no commit, or none of the branch", async () => {
  const { diff } = reader();
  await using api = await openTestApi({ deps: { diff } });
  const path = `/issues/${(await withBranch(api)).id}/diff`;
  assert.equal((await api.call("GET", "/issues/4711/diff")).status, 404);
  assert.equal((await api.call("GET", `${path}?since=${"0".repeat(40)}`)).status, 404);
  for (const since of ["--output=x", "HEAD", "abc", "a".repeat(65)]) {
    assert.equal((await api.call("GET", `${path}?since=${encodeURIComponent(since)}`)).status, 422, since);
  }
  assert.equal((await api.call("GET", `${path}?since=`)).status, 200);
});

Deno.test("GET /events?issue= tells the events of one issue, in pages", async () => {
  await using api = await openTestApi();
  const [one, two] = [await api.file({ title: "One" }), await api.file({ title: "Two" })];
  await api.call("POST", `/issues/${one.id}/comments`, { json: { body: "Hello" } });
  const types = async (query: string) => {
    const { body } = await api.call("GET", `/events?${query}`);
    return (body as { events: { type: string; issue_id: string }[] }).events.map((e) => [e.type, e.issue_id]);
  };
  const all = [["issue.created", one.id], ["comment.added", one.id]];
  assert.deepEqual(await types(`issue=${one.id}`), all);
  assert.deepEqual(await types(`issue=${one.number}`), all);
  assert.deepEqual(await types(`issue=${one.id}&after=1`), all.slice(1));
  assert.deepEqual(await types(`issue=${two.id}&limit=1`), [["issue.created", two.id]]);
  assert.equal((await types("issue=")).length, 3);
  assert.equal((await api.call("GET", "/events?issue=4711")).status, 404);
  assert.equal((await api.call("GET", "/events?issue=%2e%2e")).status, 422);
});
