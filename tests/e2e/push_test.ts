import assert from "node:assert/strict";
import { realClaude } from "../support/claude_binary.ts";
import { type FakeGithub, startFakeGithub } from "../support/fake_github.ts";
import { say, type Script, use } from "../support/messages_api.ts";
import { afterRun, assertCheckoutUntouched, type Details, fileIssue, type Loop, startLoop } from "./setup.ts";

const EDIT: Script = [use(["Write", { file_path: "/workspace/new.txt", content: "new\n" }]), say("Done.")];

interface PushLoop extends AsyncDisposable {
  loop: Loop;
  github: FakeGithub;
}

/** A loop whose repository has a remote on a stand-in for GitHub, to which the runner pushes. */
async function startPushLoop(script: Script = EDIT): Promise<PushLoop> {
  await using opened = new AsyncDisposableStack();
  let github: FakeGithub | null = null;
  const loop = opened.use(
    await startLoop({
      script,
      server: async (repo) => {
        const folder = `${repo.dir}/g`;
        await Deno.mkdir(folder);
        github = opened.use(await startFakeGithub(folder));
        await repo.git("push", "-q", github.bare, "main");
        await repo.git("remote", "add", "origin", github.remote_url);
        return { env: { ...github.env, AUTOPILOT_PUSH: "1" } };
      },
    }),
  );
  assert.ok(github !== null);
  const all = opened.move();
  return { loop, github, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function systemWords({ comments }: Details): string {
  return comments.filter(({ author_kind }) => author_kind === "system").map(({ body }) => body).join("\n");
}

Deno.test({
  ...realClaude("the loop pushes the branch and opens one pull request, also over a request for changes"),
  async fn() {
    await using push = await startPushLoop([
      ...EDIT as [],
      use(["Write", { file_path: "/workspace/second.txt", content: "more\n" }]),
      say("Added more."),
    ]);
    const { loop: { server, repo }, github } = push;
    const filed = await fileIssue(server, { title: "Add a file" });
    const first = await afterRun(server, filed);
    assert.equal(first.issue.status, "in_review", server.log());
    assert.equal(github.pulls.length, 1);
    const [pull] = github.pulls;
    assert.equal(first.issue.pr_url, pull.url);
    assert.equal(pull.head, first.issue.branch);
    assert.equal(pull.base, "main");
    assert.equal(
      await repo.git("--git-dir", github.bare, "rev-parse", first.issue.branch),
      first.runs[0].commit,
    );

    await server.api(`/issues/${filed.id}/comments`, { json: { author: "ann", body: "Please add more." } });
    await server.api(`/issues/${filed.id}/status`, { json: { status: "ready" } });
    const second = await afterRun(server, filed, 2);
    assert.equal(second.issue.status, "in_review");
    assert.equal(second.issue.pr_url, pull.url);
    assert.equal(github.pulls.length, 1);
    assert.equal(
      await repo.git("--git-dir", github.bare, "rev-parse", second.issue.branch),
      second.runs[1].commit,
    );
    assert.equal(await repo.git("rev-parse", `${second.issue.branch}^`), first.runs[0].commit);
    await assertCheckoutUntouched(repo);
  },
});

Deno.test({
  ...realClaude("the loop says on the issue that a push was refused, and keeps the branch"),
  async fn() {
    await using push = await startPushLoop();
    const { loop: { server, repo }, github } = push;
    await github.refusePushes("protected branch hook declined");
    const filed = await fileIssue(server, { title: "Add a file" });
    const details = await afterRun(server, filed);
    assert.equal(details.issue.status, "in_review");
    assert.equal(details.issue.pr_url, "");
    assert.equal(github.pulls.length, 0);
    assert.match(systemWords(details), /push/i);
    assert.match(systemWords(details), /protected branch hook declined/);
    assert.equal(await repo.git("show", `${details.issue.branch}:new.txt`), "new");
  },
});

Deno.test({
  ...realClaude("the loop says on the issue that GitHub refused the login, and keeps the pushed branch"),
  async fn() {
    await using push = await startPushLoop();
    const { loop: { server, repo }, github } = push;
    github.fault = { status: 401, message: "Bad credentials" };
    const filed = await fileIssue(server, { title: "Add a file" });
    const details = await afterRun(server, filed);
    assert.equal(details.issue.status, "in_review");
    assert.equal(details.issue.pr_url, "");
    assert.equal(github.pulls.length, 0);
    assert.match(systemWords(details), /401|Bad credentials|gh auth login/);
    assert.equal(await repo.git("show", `${details.issue.branch}:new.txt`), "new");
    assert.equal(
      await repo.git("--git-dir", github.bare, "rev-parse", details.issue.branch),
      details.runs[0].commit,
    );
  },
});

Deno.test({
  ...realClaude("the loop finds the pull request that was opened although GitHub answered 502"),
  async fn() {
    await using push = await startPushLoop();
    const { loop: { server }, github } = push;
    github.fault = { operation: "PullRequestCreate", status: 502, message: "Bad gateway", after: true };
    const filed = await fileIssue(server, { title: "Add a file" });
    const { issue } = await afterRun(server, filed);
    assert.equal(github.pulls.length, 1);
    assert.equal(issue.pr_url, github.pulls[0].url);
    assert.equal(issue.status, "in_review");
  },
});
