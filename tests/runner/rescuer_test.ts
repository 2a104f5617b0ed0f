import assert from "node:assert/strict";
import type { RunEnd } from "../../src/store/store.ts";
import { ANNA, type Bench, makeBench } from "./bench.ts";
import { type RescuerDeps, rescueRuns } from "../../src/runner/rescuer.ts";

/** A run that a server on `host` claimed before it died. */
async function abandoned(bench: Bench, host = "test-host", pid = 99) {
  const issue = await bench.file();
  const claim = await bench.store.runs.claim({ id: "robo", host, pid });
  assert.equal(claim?.issue.id, issue.id);
  await bench.store.runs.update(claim!.run.id, claim!.lease.fence, {
    session_id: "session-1",
    phase: "running",
  });
  return claim!;
}

function deps(bench: Bench, more: Partial<RescuerDeps> = {}): RescuerDeps {
  const { runs } = bench.store;
  return {
    host: "test-host",
    expired: () => runs.expired(),
    active: () => runs.active(),
    takeOver: (run_id, fence) => runs.takeOver(run_id, fence, { host: "test-host", pid: 1 }),
    processLives: (pid) => Promise.resolve(pid !== 99),
    isOurs: () => false,
    openWorkspace: () => Promise.resolve(null),
    snapshot: () => Promise.reject(new Error("no snapshot expected")),
    finish: async (run_id, fence, end: RunEnd) => void await runs.finish(run_id, fence, end),
    removeWorkspace: () => Promise.resolve(),
    ...more,
  };
}

Deno.test("rescueRuns() leaves runs alone whose process lives or whose lease holds", async () => {
  await using bench = await makeBench();
  const own = await abandoned(bench, "test-host", 7);
  assert.equal(await rescueRuns(deps(bench)), 0);
  assert.equal(
    await rescueRuns(deps(bench, { host: "other", processLives: () => Promise.resolve(false) })),
    0,
  );
  bench.time.advance(91_000);
  assert.equal(await rescueRuns(deps(bench, { isOurs: (id) => id === own.run.id })), 0);
  assert.equal(await rescueRuns(deps(bench, { host: "other" })), 1);
});

Deno.test("rescueRuns() does not wait for the lease of a dead process on this machine", async () => {
  await using bench = await makeBench();
  const { run, issue } = await abandoned(bench);
  assert.equal(await rescueRuns(deps(bench)), 1);
  const after = await bench.store.runs.get(run.id);
  assert.deepEqual([after.outcome, after.session_id], ["lost", "session-1"]);
  assert.equal((await bench.store.issues.get(issue.id)).status, "ready");
  assert.equal(await rescueRuns(deps(bench)), 0);
});

Deno.test("rescueRuns() by two at once rescues once", async () => {
  await using bench = await makeBench();
  const { run, issue } = await abandoned(bench);
  const both = Promise.withResolvers<void>();
  let looking = 0;
  // Both have found the run before either takes it.
  const widened = deps(bench, {
    takeOver: async (run_id, fence) => {
      if (++looking === 2) both.resolve();
      await both.promise;
      return await bench.store.runs.takeOver(run_id, fence, { host: "test-host", pid: 1 });
    },
  });
  const rescued = await Promise.all([rescueRuns(widened), rescueRuns(widened)]);
  assert.equal(rescued[0] + rescued[1], 1);
  assert.equal((await bench.store.comments.list(issue.id)).length, 1);
  assert.equal((await bench.store.runs.get(run.id)).outcome, "lost");
});

Deno.test("rescueRuns() honours a stop that was asked for before the server died", async () => {
  await using bench = await makeBench();
  const { run, issue } = await abandoned(bench);
  await bench.store.issues.requestStop(issue.id, "done", ANNA);
  assert.equal(await rescueRuns(deps(bench)), 1);
  assert.equal((await bench.store.runs.get(run.id)).outcome, "stopped");
  assert.equal((await bench.store.issues.get(issue.id)).status, "done");
});

Deno.test("rescueRuns() keeps the folder whose work can't be committed, and says where", async () => {
  await using bench = await makeBench();
  const { issue } = await abandoned(bench);
  const removed: string[] = [];
  const rescued = await rescueRuns(deps(bench, {
    openWorkspace: () => Promise.resolve(FOLDER),
    snapshot: () => Promise.reject(new Error("No space left on device")),
    removeWorkspace: ({ dir }) => Promise.resolve(void removed.push(dir)),
  }));
  assert.equal(rescued, 1);
  assert.deepEqual(removed, []);
  const [{ body }] = await bench.store.comments.list(issue.id);
  assert.match(body, /No space left on device\). They are kept in `\/data\/workspaces\/1-x`/);
  assert.equal((await bench.store.issues.get(issue.id)).status, "ready");
});

Deno.test("rescueRuns() goes on with the others when one can't be rescued", async () => {
  await using bench = await makeBench();
  const first = await abandoned(bench);
  const second = await abandoned(bench);
  const rescued = await rescueRuns(deps(bench, {
    openWorkspace: ({ run }) =>
      run.id === first.run.id ? Promise.reject(new Error("broken")) : Promise.resolve(null),
  }));
  assert.equal(rescued, 1);
  assert.equal((await bench.store.issues.get(second.issue.id)).status, "ready");
  // The first is under a fresh lease; the next pass after it takes it again.
  bench.time.advance(91_000);
  assert.equal(await rescueRuns(deps(bench)), 1);
  assert.equal((await bench.store.issues.get(first.issue.id)).status, "ready");
});

const FOLDER = {
  dir: "/data/workspaces/1-x",
  tree: "/data/workspaces/1-x/tree",
  index: "/data/workspaces/1-x/index",
  home: "/data/homes/1",
  attachments: "/data/workspaces/1-x/attachments",
  base_commit: "c",
  base_ref: "main",
  branch: "autopilot/1-x",
  tip: "c",
};
