import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { RunEnd } from "../../src/store/store.ts";
import type { DiskUse } from "../../src/domain/agent.ts";
import { quarantine } from "../../src/workspace/quarantine.ts";
import { realParts, type RunnerParts } from "../../src/runner/parts.ts";
import { SYSTEM } from "../../src/domain/event.ts";
import { AUTOPILOT } from "../../src/domain/messages.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { type Bench, DEFAULTS, makeBench } from "./bench.ts";
import { runEnd } from "../support/store.ts";

/** The parts of a runner, without the runner. */
function partsOf(bench: Bench): RunnerParts {
  return realParts({
    repository: bench.repository,
    sandbox: { kind: "off", warnings: [], wrap: () => assert.fail("no process is started here") },
    clock: bench.time,
    blobs: bench.blobs,
    random: () => 0,
    options: { ...DEFAULTS, data_dir: bench.data, host_env: bench.repo.env },
  });
}

/** A run whose agent wrote a file, and whose end is not written yet. */
async function begun(bench: Bench, parts: RunnerParts) {
  await bench.file();
  const claim = (await bench.store.runs.claim({ id: "robo", host: "test-host", pid: 99 }))!;
  const workspace = await parts.prepareWorkspace(claim, `autopilot/${claim.issue.number}`, []);
  await Deno.writeTextFile(join(workspace.tree, "new.txt"), "new\n");
  const finish = (end: Partial<RunEnd>) =>
    bench.store.runs.finish(claim.run.id, claim.lease.fence, { ...LOST, ...end });
  return { claim, workspace, finish };
}

const LOST: RunEnd = runEnd({
  outcome: "lost",
  reason: "The server died under the run",
  turns: 0,
  result: "",
});

function pass(bench: Bench, parts: RunnerParts): Promise<DiskUse> {
  return parts.keepHouse({
    now: () => bench.time.now(),
    active: () => bench.store.runs.active(),
    issue: async (number) => {
      const [issue] = (await bench.store.issues.list({ limit: 100 })).filter((one) => one.number === number);
      return issue === undefined ? null : { issue, runs: await bench.store.runs.list(issue.id) };
    },
    tell: async ({ id }, body) => {
      await bench.store.comments.add(
        id,
        { author: AUTOPILOT, author_kind: "system", trust: "agent", body },
        SYSTEM,
      );
    },
  });
}

async function exists({ dir }: Pick<Workspace, "dir">): Promise<boolean> {
  return await Deno.lstat(dir).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

const LATER_MS = 10 * 60_000;

Deno.test("keepHouse() leaves a run under way, and removes what its end made safe", async () => {
  await using bench = await makeBench();
  const parts = partsOf(bench);
  const { claim, workspace, finish } = await begun(bench, parts);
  bench.time.advance(24 * 3_600_000);
  assert.equal((await pass(bench, parts)).workspaces, 1);
  const { commit, branch } = await parts.snapshot(workspace, claim.issue);
  await finish({ outcome: "implemented", commit, branch });
  await Deno.mkdir(join(workspace.dir, "../.removed-1-x/half"), { recursive: true });
  const disk = await pass(bench, parts);
  assert.deepEqual([disk.workspaces, disk.quarantined], [0, 0]);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(bench.data, "workspaces"))), []);
  assert.equal(await bench.repo.git("for-each-ref", "refs/autopilot"), "");
  assert.deepEqual(await bench.store.comments.list(claim.issue.id), []);
});

Deno.test("keepHouse() takes the work of a run that was given up elsewhere, and says where it is", async () => {
  await using bench = await makeBench();
  const parts = partsOf(bench);
  const { claim, workspace, finish } = await begun(bench, parts);
  await finish({});
  // Whoever ended it may still be at it.
  assert.equal((await pass(bench, parts)).workspaces, 1);
  bench.time.advance(LATER_MS);
  assert.equal((await pass(bench, parts)).workspaces, 0);
  assert.equal(await exists(workspace), false);
  assert.equal(await bench.repo.git("show", `${workspace.branch}:new.txt`), "new");
  const comments = await bench.store.comments.list(claim.issue.id);
  assert.equal(comments.length, 1);
  assert.match(comments[0].body, /Run 1 left work that was on no branch yet\. It is on `autopilot\/1` at/);
});

Deno.test("keepHouse() moves aside what can't be taken, says so once, and counts it", async () => {
  await using bench = await makeBench();
  const parts = partsOf(bench);
  const { claim, workspace, finish } = await begun(bench, parts);
  await finish({});
  // No folder any more: there is nothing that a snapshot could be of.
  await Deno.rename(workspace.tree, `${workspace.dir}/kept`);
  await Deno.writeTextFile(workspace.tree, "no folder");
  bench.time.advance(LATER_MS);
  for (let passes = 0; passes < 2; passes++) {
    const disk = await pass(bench, parts);
    assert.deepEqual([disk.workspaces, disk.quarantined], [0, 1]);
    assert.ok(disk.bytes > 0);
  }
  const aside = join(bench.data, "quarantine", basename(workspace.dir));
  assert.equal(await Deno.readTextFile(`${aside}/kept/new.txt`), "new\n");
  const comments = await bench.store.comments.list(claim.issue.id);
  assert.equal(comments.length, 1);
  assert.ok(comments[0].body.includes(`\`${aside}\``), comments[0].body);
  // What it stands on is still there for whoever looks at it.
  assert.equal(
    await bench.repo.git("for-each-ref", "--format=%(objectname)", "refs/autopilot"),
    workspace.base_commit,
  );
});

Deno.test("keepHouse() leaves folders that this database does not know", async () => {
  await using bench = await makeBench();
  const parts = partsOf(bench);
  const foreign = join(bench.data, "workspaces", "77-abcdef12");
  await Deno.mkdir(foreign, { recursive: true });
  bench.time.advance(LATER_MS);
  assert.equal((await pass(bench, parts)).workspaces, 1);
  assert.equal(await exists({ dir: foreign }), true);
});

Deno.test("quarantine() leaves a folder where it is when it can't be moved", async () => {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-aside-" });
  try {
    const dir = join(folder, "1-x");
    await Deno.mkdir(dir);
    await Deno.writeTextFile(join(folder, "blocked"), "a file, no folder");
    assert.equal(await quarantine({ dir }, join(folder, "blocked")), dir);
    assert.equal(await exists({ dir }), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
