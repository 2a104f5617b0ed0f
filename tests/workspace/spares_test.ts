import assert from "node:assert/strict";
import { join } from "node:path";
import { openRepository } from "../../src/process/git.ts";
import { run } from "../../src/process/spawn.ts";
import { SpareTrees } from "../../src/workspace/spares.ts";
import { prepareWorkspace, removeWorkspace } from "../../src/workspace/workspace.ts";
import { makeRepo } from "../support/repo.ts";

const PID = 4242;

async function setup() {
  const repo = await makeRepo({ "a.txt": "one\n", "gone.txt": "x\n" });
  const repository = await openRepository(repo.path, repo.env);
  const root = join(repo.dir, "workspaces");
  const trees = (lives: (pid: number) => boolean = () => true) =>
    new SpareTrees({
      repository,
      root,
      base: "HEAD",
      pid: PID,
      processLives: (pid) => Promise.resolve(lives(pid)),
    });
  const prepare = (spares: SpareTrees) =>
    prepareWorkspace({
      repository,
      root,
      homes: join(repo.dir, "homes"),
      issue_number: 7,
      run_id: crypto.randomUUID(),
      branch: "autopilot/7-a-title",
      attachments: [],
      spares,
    });
  const names = async () => (await Array.fromAsync(Deno.readDir(root))).map(({ name }) => name);
  const git = async (cwd: string, ...args: string[]) => {
    const result = await run({ command: "git", args, cwd, env: repo.env });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout.trim();
  };
  return {
    repo,
    repository,
    root,
    trees,
    prepare,
    names,
    git,
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

Deno.test("SpareTrees: a workspace takes the tree that is ready, and the agent sees its branch clean", async () => {
  await using t = await setup();
  const spares = t.trees();
  const close = spares.keep();
  await spares.idle();
  const [ready] = await t.names();
  assert.match(ready, /^\.spare-4242-/);
  const ws = await t.prepare(spares);
  assert.deepEqual(await t.names(), [ws.dir.split("/").at(-1)]);
  assert.equal(await t.git(ws.tree, "status", "--porcelain"), "");
  assert.equal(await t.git(ws.tree, "branch", "--show-current"), ws.branch);
  assert.equal(await t.git(ws.tree, "rev-parse", "HEAD", "main"), `${ws.base_commit}\n${ws.base_commit}`);
  spares.next();
  await spares.idle();
  assert.equal((await t.names()).length, 2);
  await close();
  await removeWorkspace(ws, t.repository);
  assert.deepEqual(await t.names(), []);
});

Deno.test("SpareTrees: a tree of an older commit is brought to where the work starts", async () => {
  await using t = await setup();
  const spares = t.trees();
  const close = spares.keep();
  await spares.idle();
  await t.repo.write({ "a.txt": "two\n", "dir/new.txt": "new\n" });
  await t.repo.git("rm", "-q", "gone.txt");
  await t.repo.git("add", "-A");
  await t.repo.git("commit", "-q", "-m", "Second");
  const ws = await t.prepare(spares);
  assert.equal(await Deno.readTextFile(join(ws.tree, "a.txt")), "two\n");
  assert.equal(await Deno.readTextFile(join(ws.tree, "dir/new.txt")), "new\n");
  await assert.rejects(Deno.stat(join(ws.tree, "gone.txt")), Deno.errors.NotFound);
  assert.equal(await t.git(ws.tree, "status", "--porcelain"), "");
  assert.equal(ws.base_commit, await t.repo.git("rev-parse", "HEAD"));
  await close();
});

Deno.test("SpareTrees: what a dead server left is removed, a living one's tree stays", async () => {
  await using t = await setup();
  for (const name of [".spare-1-aaaa", ".spare-2-bbbb", `.spare-${PID}-cccc`, "7-some"]) {
    await Deno.mkdir(join(t.root, name), { recursive: true });
  }
  const spares = t.trees((pid) => pid === 2);
  const close = spares.keep();
  await spares.idle();
  await close();
  assert.deepEqual((await t.names()).sort(), [".spare-2-bbbb", "7-some"]);
});

Deno.test("SpareTrees: without a spare the workspace makes its own tree", async () => {
  await using t = await setup();
  const ws = await t.prepare(t.trees());
  assert.equal(await Deno.readTextFile(join(ws.tree, "a.txt")), "one\n");
  assert.equal(await t.git(ws.tree, "status", "--porcelain"), "");
});
