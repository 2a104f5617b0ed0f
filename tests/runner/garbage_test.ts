import assert from "node:assert/strict";
import { join } from "node:path";
import { openRepository } from "../../src/process/git.ts";
import { run } from "../../src/process/spawn.ts";
import { commandBegins, commandEnded } from "../../src/workspace/own_work.ts";
import { snapshot, treeOnDisk } from "../../src/workspace/snapshot.ts";
import { openWorkspace, prepareWorkspace, removeWorkspace } from "../../src/workspace/workspace.ts";
import { makeRepo } from "../support/repo.ts";

const BRANCH = "autopilot/1-test";

async function scene() {
  const repo = await makeRepo({ "README.md": "# Project\n", "src/app.txt": "one\n" });
  const repository = await openRepository(repo.path, repo.env);
  const place = { root: join(repo.dir, "workspaces"), issue_number: 1, run_id: "abcdefgh" };
  const workspace = await prepareWorkspace({
    repository,
    ...place,
    homes: join(repo.dir, "homes"),
    branch: BRANCH,
    attachments: [],
  });
  return {
    repo,
    workspace,
    repository,
    reopen: () => openWorkspace(place),
    take: () =>
      snapshot(workspace, { repository, message: "Work\n", name: "Robot", email: "r@example.invalid" }),
    write: (name: string, text: string) => Deno.writeTextFile(join(workspace.tree, name), text),
    /** git as the agent runs it, in its own clone. */
    async agentGit(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await run({
        command: "git",
        args,
        cwd: workspace.tree,
        env: repo.env,
      });
      assert.equal(code, 0, stderr);
      return stdout.trim();
    },
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

Deno.test("git gc --prune=now in the user's repository takes nothing from a run", async () => {
  await using it = await scene();
  await it.write("new.txt", "new\n");
  await it.repo.git("gc", "-q", "--prune=now");
  assert.equal(await it.agentGit("log", "--format=%s"), "First");
  assert.equal(await it.agentGit("status", "--porcelain"), "?? new.txt");
  const taken = await it.take();
  await it.repo.git("gc", "-q", "--prune=now");
  assert.equal(await it.repo.git("show", `${taken.commit}:new.txt`), "new");
  assert.equal(await it.repo.git("fsck", "--connectivity-only", "--no-dangling"), "");
});

Deno.test("a run keeps its base when the user rewrites the branch and collects the garbage, and not longer", async () => {
  await using it = await scene();
  await it.write("new.txt", "new\n");
  const base = it.workspace.base_commit;
  await it.repo.write({ "src/app.txt": "two\n" });
  await it.repo.git("commit", "-q", "-a", "--amend", "-m", "Rewritten");
  await it.repo.git("reflog", "expire", "--expire=now", "--all");
  await it.repo.git("gc", "-q", "--prune=now");
  assert.equal(await it.agentGit("show", "HEAD:src/app.txt"), "one");
  const taken = await it.take();
  assert.equal(await it.repo.git("rev-parse", `${taken.commit}^`), base);
  assert.equal(await it.repo.git("show", `${BRANCH}:new.txt`), "new");

  await removeWorkspace(it.workspace, it.repository);
  assert.equal(await it.repo.git("for-each-ref", "refs/autopilot"), "");
});

Deno.test("what an agent does to the objects of its clone does not reach the user's repository", async () => {
  await using it = await scene();
  await it.agentGit("config", "user.email", "agent@example.invalid");
  await it.agentGit("config", "user.name", "Agent");
  await it.write("new.txt", "new\n");
  await it.agentGit("add", "-A");
  await it.agentGit("commit", "-q", "-m", "Of the agent");
  await it.agentGit("update-ref", "-d", "refs/heads/main");
  await it.agentGit("reset", "-q", "--soft", "HEAD^");
  await it.agentGit("reflog", "expire", "--expire=now", "--all");
  await it.agentGit("gc", "-q", "--prune=now");
  await it.agentGit("repack", "-q", "-a", "-d");
  await it.agentGit("prune", "--expire=now");
  assert.equal(await it.repo.git("fsck", "--full", "--no-dangling"), "");
  const { commit } = await it.take();
  assert.equal(await it.repo.git("show", `${commit}:new.txt`), "new");
  assert.equal(await it.repo.git("fsck", "--full", "--no-dangling"), "");
});

Deno.test("git gc --prune=now takes nothing of what setup and checks were told apart by", async () => {
  await using it = await scene();
  const disk = () => treeOnDisk(it.workspace, it.repository);
  await commandBegins(it.repository, it.workspace, await disk());
  await it.write("by_setup.txt", "setup\n");
  await it.repo.git("gc", "-q", "--prune=now");
  await commandEnded(it.repository, it.workspace, await disk(), { keep: false });
  await it.repo.git("gc", "-q", "--prune=now");
  await it.write("new.txt", "agent\n");
  await commandBegins(it.repository, it.workspace, await disk());
  await it.repo.git("gc", "-q", "--prune=now");
  await it.write("new.txt", "formatted\n");
  await commandEnded(it.repository, it.workspace, await disk(), { keep: true });
  await it.repo.git("gc", "-q", "--prune=now");
  const { commit } = await it.take();
  assert.equal(await it.repo.git("diff", "--name-only", "main", commit), "new.txt");
  assert.equal(await it.repo.git("show", `${commit}:new.txt`), "formatted");
  assert.equal(await it.repo.git("fsck", "--connectivity-only", "--no-dangling"), "");
  await removeWorkspace(it.workspace, it.repository);
  assert.equal(await it.repo.git("for-each-ref", "refs/autopilot"), "");
});

Deno.test("git gc --prune=now between a crash in the middle of a snapshot and the next one loses nothing", async () => {
  await using it = await scene();
  await it.write("new.txt", "new\n");
  // The index names the file now, and nothing else does.
  await treeOnDisk(it.workspace, it.repository);
  await it.repo.git("gc", "-q", "--prune=now");
  const { commit } = await it.take();
  assert.equal(await it.repo.git("show", `${commit}:new.txt`), "new");
  assert.equal(await it.repo.git("fsck", "--connectivity-only", "--no-dangling"), "");
});
