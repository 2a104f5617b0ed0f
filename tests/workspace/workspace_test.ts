import assert from "node:assert/strict";
import { join } from "node:path";
import { openRepository } from "../../src/process/git.ts";
import { openWorkspace, prepareWorkspace, removeWorkspace } from "../../src/workspace/workspace.ts";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { run } from "../../src/process/spawn.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";

const BRANCH = "autopilot/7-a-title";
const AUTHOR = { message: "Do it\n\nMore words", name: "autopilot", email: "autopilot@localhost" };

async function setup(files?: Record<string, string>, configure?: (repo: TestRepo) => Promise<unknown>) {
  const repo = await makeRepo(files);
  await configure?.(repo);
  const repository = await openRepository(repo.path, repo.env);
  const places = { root: join(repo.dir, "workspaces"), homes: join(repo.dir, "homes"), issue_number: 7 };
  const prepare = (
    more: { run_id?: string; base?: string; attachments?: { name: string; path: string }[] } = {},
  ) =>
    prepareWorkspace({
      repository,
      ...places,
      run_id: crypto.randomUUID(),
      branch: BRANCH,
      attachments: [],
      ...more,
    });
  return { repo, repository, places, prepare, [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose]() };
}

/** git as the agent would run it: in the tree, with the tree's own `.git`. */
async function agentGit(t: { repo: TestRepo }, tree: string, ...args: string[]): Promise<string> {
  const result = await run({ command: "git", args, cwd: tree, env: t.repo.env });
  if (result.code !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.trim();
}

async function write(tree: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(tree, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(tree, name), text);
  }
}

Deno.test("prepareWorkspace() gives the agent a clean tree on the issue's branch, with history", async () => {
  await using t = await setup({ "a.txt": "one\n", "dir/b.txt": "two\n", "run.sh": "#!/bin/sh\n" });
  const ws = await t.prepare();
  assert.equal(await Deno.readTextFile(join(ws.tree, "dir/b.txt")), "two\n");
  assert.equal(await agentGit(t, ws.tree, "status", "--porcelain"), "");
  assert.equal(await agentGit(t, ws.tree, "branch", "--show-current"), BRANCH);
  assert.equal(await agentGit(t, ws.tree, "log", "--format=%s", "main"), "First");
  assert.equal(await agentGit(t, ws.tree, "remote"), "");
  assert.equal(ws.base_commit, await t.repo.git("rev-parse", "HEAD"));
  assert.equal(ws.base_ref, "main");
});

Deno.test("snapshot() commits exactly the changes, and the user's checkout and branches stay as they were", async () => {
  await using t = await setup({
    "keep.txt": "keep\n",
    "edit.txt": "old\n",
    "gone.txt": "x\n",
    ".gitignore": "*.log\n",
  });
  await t.repo.write({ "edit.txt": "the user's own edit\n", "untracked.txt": "the user's\n" });
  const before = [await t.repo.git("status", "--porcelain"), await t.repo.git("rev-parse", "main")];
  const index = await Deno.readFile(join(t.repo.path, ".git/index"));
  const ws = await t.prepare();
  assert.equal(await Deno.readTextFile(join(ws.tree, "edit.txt")), "old\n");
  await write(ws.tree, { "edit.txt": "new\n", "sub/added.txt": "added\n", "ignored.log": "noise\n" });
  await Deno.remove(join(ws.tree, "gone.txt"));

  const taken = await snapshot(ws, { repository: t.repository, ...AUTHOR });
  assert.deepEqual({ ...taken, commit: "" }, {
    commit: "",
    branch: BRANCH,
    changed_files: 3,
    left_out: [],
    warnings: [],
  });
  assert.equal(
    await t.repo.git("diff", "--name-status", "main", BRANCH),
    "M\tedit.txt\nD\tgone.txt\nA\tsub/added.txt",
  );
  assert.equal(await t.repo.git("rev-parse", BRANCH), taken.commit);
  assert.equal(
    await t.repo.git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%B|%P", BRANCH),
    `autopilot <autopilot@localhost>|autopilot <autopilot@localhost>|Do it\n\nMore words|${ws.base_commit}`,
  );
  assert.deepEqual(
    [await t.repo.git("status", "--porcelain"), await t.repo.git("rev-parse", "main")],
    before,
  );
  assert.deepEqual(await Deno.readFile(join(t.repo.path, ".git/index")), index);
});

Deno.test("snapshot() makes no commit and no branch when nothing changed", async () => {
  await using t = await setup();
  const ws = await t.prepare();
  await agentGit(
    t,
    ws.tree,
    "commit",
    "-q",
    "--allow-empty",
    "-m",
    "The agent's own commit counts for nothing",
  );
  const taken = await snapshot(ws, { repository: t.repository, ...AUTHOR });
  assert.equal(taken.commit, "");
  assert.equal(await t.repository.resolve(`refs/heads/${BRANCH}`), null);
});

Deno.test("snapshot() takes what the agent committed, stashed away branches and a removed .git do not matter", async () => {
  await using t = await setup();
  const ws = await t.prepare();
  await write(ws.tree, { "done.txt": "done\n" });
  await agentGit(t, ws.tree, "add", "-A");
  await agentGit(t, ws.tree, "commit", "-q", "-m", "mine");
  await agentGit(t, ws.tree, "checkout", "-q", "-b", "elsewhere");
  await Deno.remove(join(ws.tree, ".git"), { recursive: true });
  const taken = await snapshot(ws, { repository: t.repository, ...AUTHOR });
  assert.equal(await t.repo.git("diff", "--name-only", "main", taken.commit), "done.txt");
});

Deno.test("snapshot() a second time adds a commit, or answers the first when nothing is new", async () => {
  await using t = await setup();
  const ws = await t.prepare();
  await write(ws.tree, { "1.txt": "1" });
  const first = await snapshot(ws, { repository: t.repository, ...AUTHOR });
  assert.equal((await snapshot(ws, { repository: t.repository, ...AUTHOR })).commit, first.commit);
  await write(ws.tree, { "2.txt": "2" });
  const second = await snapshot(ws, { repository: t.repository, ...AUTHOR });
  assert.equal(second.changed_files, 2);
  assert.equal(await t.repo.git("rev-parse", `${second.commit}^`), first.commit);
});

Deno.test("snapshot() after a crash finds the commit that was made but not written down", async () => {
  await using t = await setup();
  const run_id = crypto.randomUUID();
  const ws = await t.prepare({ run_id });
  await write(ws.tree, { "1.txt": "1" });
  const state = await Deno.readTextFile(join(ws.dir, "workspace.json"));
  const first = await snapshot(ws, { repository: t.repository, ...AUTHOR });
  await Deno.writeTextFile(join(ws.dir, "workspace.json"), state);
  await Deno.writeTextFile(`${ws.index}.lock`, "");
  const again = await openWorkspace({ ...t.places, run_id });
  assert.ok(again);
  // Another message: made anew, the commit would be another one.
  const second = await snapshot(again, { repository: t.repository, ...AUTHOR, message: "Again" });
  assert.deepEqual([second.commit, second.branch], [first.commit, BRANCH]);
  assert.equal(await t.repo.git("rev-list", "--count", `main..${BRANCH}`), "1");
});

Deno.test("snapshot() puts the work on a branch of its own when somebody moved the issue's branch", async () => {
  await using t = await setup();
  const ws = await t.prepare();
  await write(ws.tree, { "agent.txt": "agent" });
  await t.repo.git("branch", BRANCH);
  await t.repo.git("checkout", "-q", BRANCH);
  const theirs = await t.repo.commit({ "human.txt": "human" });
  const taken = await snapshot(ws, { repository: t.repository, ...AUTHOR });
  assert.equal(await t.repo.git("rev-parse", BRANCH), theirs);
  assert.equal(taken.branch, `${BRANCH}-${taken.commit.slice(0, 8)}`);
  assert.equal(await t.repo.git("rev-parse", taken.branch), taken.commit);
  assert.match(taken.warnings.join(), /moved by somebody else/);
});

Deno.test("prepareWorkspace() starts from the issue's branch when there is one", async () => {
  await using t = await setup();
  const first = await t.prepare();
  await write(first.tree, { "1.txt": "1" });
  const taken = await snapshot(first, { repository: t.repository, ...AUTHOR });
  await removeWorkspace(first, t.repository);
  await t.repo.commit({ "later.txt": "later" });
  const second = await t.prepare();
  assert.equal(second.base_commit, taken.commit);
  assert.equal(second.home, first.home);
  assert.equal(await Deno.readTextFile(join(second.tree, "1.txt")), "1");
  assert.equal((await snapshot(second, { repository: t.repository, ...AUTHOR })).commit, "");
});

Deno.test("snapshot() says how to mend a checkout of the branch that it moved", async () => {
  await using t = await setup();
  const first = await t.prepare();
  await write(first.tree, { "1.txt": "1" });
  await snapshot(first, { repository: t.repository, ...AUTHOR });
  await t.repo.git("checkout", "-q", BRANCH);
  const second = await t.prepare();
  await write(second.tree, { "2.txt": "2" });
  const taken = await snapshot(second, { repository: t.repository, ...AUTHOR });
  const command = /git -C (".*") read-tree (.*)$/.exec(taken.warnings.join("\n"));
  assert.ok(command, taken.warnings.join("\n"));
  await t.repo.git("read-tree", ...command[2].split(" "));
  assert.equal(await t.repo.git("status", "--porcelain"), "");
});

Deno.test("prepareWorkspace() starts from the base that is asked for, and refuses an unknown one", async () => {
  await using t = await setup();
  await t.repo.git("branch", "release");
  await t.repo.commit({ "later.txt": "later" });
  const ws = await t.prepare({ base: "release" });
  assert.equal(ws.base_ref, "release");
  assert.equal(ws.base_commit, await t.repo.git("rev-parse", "release"));
  await assert.rejects(t.prepare({ base: "nope" }), /no such branch/);
});

Deno.test("prepareWorkspace() refuses a branch that an existing one makes impossible", async () => {
  await using t = await setup();
  await t.repo.git("branch", "autopilot");
  await assert.rejects(t.prepare(), /a branch named autopilot exists/);
});

Deno.test("prepareWorkspace() copies attachments under plain, unique names", async () => {
  await using t = await setup();
  const path = join(t.repo.dir, "blob");
  await Deno.writeTextFile(path, "bytes");
  const ws = await t.prepare({
    attachments: ["../../etc/passwd", "a\nb.png", "shot.png", "SHOT.png", "..", ""].map((name) => ({
      name,
      path,
    })),
  });
  const names = (await Array.fromAsync(Deno.readDir(ws.attachments))).map(({ name }) => name).sort();
  assert.deepEqual(names, ["SHOT-2.png", "a_b.png", "file", "file-2", "passwd", "shot.png"]);
});

Deno.test("removeWorkspace() leaves the agent's HOME and nothing else", async () => {
  await using t = await setup();
  const run_id = crypto.randomUUID();
  const ws = await t.prepare({ run_id });
  await removeWorkspace(ws, t.repository);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(t.places.root)), []);
  assert.ok((await Deno.stat(ws.home)).isDirectory);
  assert.equal(await openWorkspace({ ...t.places, run_id }), null);
  await removeWorkspace(ws, t.repository);
});

Deno.test("prepareWorkspace() works in a linked work tree, in a bare and in a shallow repository", async (step) => {
  const kinds: Record<string, string[]> = {
    linked: ["worktree", "add", "-q", "-b", "side", "../other"],
    bare: ["clone", "-q", "--bare", ".", "../other"],
    shallow: ["clone", "-q", "--depth=1", "file://REPO", "../other"],
  };
  for (const [kind, args] of Object.entries(kinds)) {
    await step.step(kind, async () => {
      await using repo = await makeRepo();
      await repo.commit({ "two.txt": "2" });
      await repo.git(...args.map((arg) => arg.replace("REPO", repo.path)));
      const other = join(repo.dir, "other");
      const repository = await openRepository(other, repo.env);
      const ws = await prepareWorkspace({
        repository,
        root: join(repo.dir, "ws"),
        homes: join(repo.dir, "homes"),
        issue_number: 1,
        run_id: crypto.randomUUID(),
        branch: BRANCH,
        attachments: [],
      });
      assert.equal(await agentGit({ repo }, ws.tree, "status", "--porcelain"), "");
      assert.match(await agentGit({ repo }, ws.tree, "log", "--format=%s"), /^A commit/);
      await write(ws.tree, { "new.txt": "new" });
      const taken = await snapshot(ws, { repository, ...AUTHOR });
      assert.equal(await repo.git("-C", other, "diff", "--name-only", ws.base_commit, BRANCH), "new.txt");
      assert.equal(taken.changed_files, 1);
      if (kind !== "bare") assert.equal(await repo.git("-C", other, "status", "--porcelain"), "");
    });
  }
});
