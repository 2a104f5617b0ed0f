import assert from "node:assert/strict";
import { join } from "node:path";
import { ensurePullRequest, PullRequestError } from "../../src/process/gh.ts";
import { openRepository } from "../../src/process/git.ts";
import { startFakeGithub } from "../support/fake_github.ts";
import { makeRepo } from "../support/repo.ts";

async function setup(env: Record<string, string> = {}) {
  const repo = await makeRepo();
  const github = await startFakeGithub(join(repo.dir, "gh"));
  await repo.git("remote", "add", "origin", github.remote_url);
  const commit = await repo.commit({ "new.txt": "new\n" });
  const repository = await openRepository(repo.path, { ...repo.env, ...github.env, ...env });
  const options = {
    repository,
    branch: "autopilot/1-x",
    base: "main",
    title: "A title",
    body: "What was done",
  };
  return {
    repo,
    github,
    repository,
    commit,
    options,
    async [Symbol.asyncDispose]() {
      await github[Symbol.asyncDispose]();
      await repo[Symbol.asyncDispose]();
    },
  };
}

Deno.test("ensurePullRequest() opens one, and finds it the second time", async () => {
  await using t = await setup();
  const pushed = await t.repository.pushBranch({ commit: t.commit, branch: "autopilot/1-x" });
  assert.deepEqual(pushed, { ok: true, status: "new", message: "" });
  const first = await ensurePullRequest(t.options);
  assert.deepEqual(first, { url: "https://github.com/acme/app/pull/1", created: true });
  assert.deepEqual(await ensurePullRequest(t.options), { url: first.url, created: false });
  assert.equal(t.github.pulls.length, 1);
  const { title, body, head, base } = t.github.pulls[0];
  assert.deepEqual({ title, body, head, base }, {
    title: "A title",
    body: "What was done",
    head: "autopilot/1-x",
    base: "main",
  });
});

Deno.test("ensurePullRequest() opens a new one when the earlier one was closed", async () => {
  await using t = await setup();
  await ensurePullRequest(t.options);
  t.github.pulls[0].state = "CLOSED";
  assert.deepEqual(await ensurePullRequest(t.options), {
    url: "https://github.com/acme/app/pull/2",
    created: true,
  });
});

Deno.test("ensurePullRequest() believes what GitHub shows after a 502 that came once it was made", async () => {
  await using t = await setup();
  t.github.fault = { operation: "PullRequestCreate", status: 502, after: true };
  assert.deepEqual(await ensurePullRequest(t.options), {
    url: "https://github.com/acme/app/pull/1",
    created: true,
  });
  t.github.fault = null;
  assert.equal((await ensurePullRequest(t.options)).created, false);
  assert.equal(t.github.pulls.length, 1);
});

Deno.test("ensurePullRequest() reports a 502 that came before it was made", async () => {
  await using t = await setup();
  t.github.fault = { operation: "PullRequestCreate", status: 502 };
  await assert.rejects(ensurePullRequest(t.options), /Could not open a pull request .*HTTP 502/s);
  assert.equal(t.github.pulls.length, 0);
});

Deno.test("ensurePullRequest() says how to log in when the token is refused", async () => {
  await using t = await setup({ GH_TOKEN: "wrong" });
  await assert.rejects(ensurePullRequest(t.options), (error: Error) => {
    assert.ok(error instanceof PullRequestError);
    assert.match(error.message, /HTTP 401.*gh auth login/s);
    assert.doesNotMatch(error.message, /wrong/);
    return true;
  });
});

Deno.test("ensurePullRequest() gives up on a GitHub that never answers", async () => {
  await using t = await setup();
  t.github.fault = { hang: true };
  await assert.rejects(
    ensurePullRequest({ ...t.options, timeout_ms: 1_500 }),
    /gh did not answer within 2 s/,
  );
});

Deno.test("S15, S19 ensurePullRequest() makes hostile titles and bodies harmless", async () => {
  await using t = await setup();
  await ensurePullRequest({
    ...t.options,
    title: "--repo evil/evil\n@octocat fixes #1",
    body: "@octocat fixes #1\n<!-- hidden -->![x](https://evil.example/pixel.png)",
  });
  const { title, body } = t.github.pulls[0];
  assert.doesNotMatch(`${title}${body}`, /@octocat|#1|<!--|!\[/);
  assert.ok(title.startsWith("--repo evil/evil "));
});

Deno.test("ensurePullRequest() refuses a repository whose remote is not on GitHub", async () => {
  await using repo = await makeRepo();
  await repo.git("remote", "add", "origin", "https://gitlab.example/acme/app.git");
  const repository = await openRepository(repo.path, repo.env);
  await assert.rejects(
    ensurePullRequest({ repository, branch: "b", base: "main", title: "t", body: "b" }),
    /the remote origin is not on GitHub/,
  );
});

Deno.test("pushBranch() reports what ssh said when the push fails, and works again afterwards", async () => {
  await using t = await setup();
  await t.github.refusePushes("git@github.com: Permission denied (publickey).\n");
  const refused = await t.repository.pushBranch({ commit: t.commit, branch: "autopilot/1-x" });
  assert.equal(refused.ok, false);
  assert.match(refused.message, /Permission denied \(publickey\)/);
  await t.github.refusePushes(null);
  assert.equal((await t.repository.pushBranch({ commit: t.commit, branch: "autopilot/1-x" })).status, "new");
  assert.equal(
    (await t.repository.pushBranch({ commit: t.commit, branch: "autopilot/1-x" })).status,
    "up_to_date",
  );
});

Deno.test("pushBranch() never overwrites what others pushed to the branch", async () => {
  await using t = await setup();
  const base = await t.repo.git("rev-parse", "HEAD~1");
  await t.repository.pushBranch({ commit: t.commit, branch: "autopilot/1-x" });
  const tree = await t.repo.git("rev-parse", "HEAD^{tree}");
  const other = await t.repo.git("commit-tree", tree, "-p", base, "-m", "Another history");
  const refused = await t.repository.pushBranch({ commit: other, branch: "autopilot/1-x" });
  assert.equal(refused.ok, false);
  assert.match(refused.message, /rejected/);
  assert.equal(await t.repo.git("-C", t.github.bare, "rev-parse", "autopilot/1-x"), t.commit);
});
