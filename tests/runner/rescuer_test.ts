import assert from "node:assert/strict";
import { FencedError } from "../../src/domain/errors.ts";
import type { RunEnd } from "../../src/store/store.ts";
import { ANNA, type Bench, makeBench } from "./bench.ts";
import { Breaker } from "../../src/runner/breaker.ts";
import { type RescuerDeps, rescueRuns } from "../../src/runner/rescuer.ts";
import { runEnd } from "../support/store.ts";

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
    quarantine: () => Promise.reject(new Error("no quarantine expected")),
    quarantined: () => Promise.resolve(""),
    breaker: new Breaker(() => 0),
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

Deno.test("rescueRuns() moves a folder whose work can't be committed aside, says where, and does not go on without it", async () => {
  await using bench = await makeBench();
  const { issue } = await abandoned(bench);
  const removed: string[] = [];
  const rescued = await rescueRuns(deps(bench, {
    openWorkspace: () => Promise.resolve(FOLDER),
    snapshot: () => Promise.reject(new Error("No space left on device")),
    removeWorkspace: ({ dir }) => Promise.resolve(void removed.push(dir)),
    quarantine: ({ dir }) => Promise.resolve(dir.replace("workspaces", "quarantine")),
  }));
  assert.equal(rescued, 1);
  assert.deepEqual(removed, []);
  const [{ body }] = await bench.store.comments.list(issue.id);
  assert.match(body, /No space left on device\). They are kept in `\/data\/quarantine\/1-x`/);
  assert.equal((await bench.store.issues.get(issue.id)).status, "blocked");
  // The move may be all that was done before the rescuer died: the next one finds it.
  const again = await abandoned(bench);
  assert.equal(
    await rescueRuns(deps(bench, { quarantined: () => Promise.resolve("/data/quarantine/2-y") })),
    1,
  );
  const [comment] = await bench.store.comments.list(again.issue.id);
  assert.match(comment.body, /They are kept in `\/data\/quarantine\/2-y`/);
  assert.equal((await bench.store.issues.get(again.issue.id)).status, "blocked");
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

/** A rescue that holds the run and has not written its end, while somebody does something. */
async function during(bench: Bench, meanwhile: () => Promise<unknown>): Promise<number> {
  return await rescueRuns(deps(bench, {
    openWorkspace: async () => {
      await meanwhile();
      return null;
    },
  }));
}

Deno.test("rescueRuns() and a reply: the comment is there for the next run", async () => {
  await using bench = await makeBench();
  const { issue } = await abandoned(bench);
  assert.equal(await during(bench, () => bench.say(issue, "Use tabs")), 1);
  assert.equal((await bench.store.issues.get(issue.id)).status, "ready");
  const told: string[] = [];
  const runner = bench.runner((agent) => {
    told.push(agent.request.prompt);
    agent.result();
  });
  await runner.start();
  await bench.finished(issue, 2);
  assert.match(told[0], /Use tabs/);
});

Deno.test("rescueRuns() and a stop: the human decides where the issue goes", async () => {
  await using bench = await makeBench();
  const { issue, run } = await abandoned(bench);
  assert.equal(await during(bench, () => bench.store.issues.move(issue.id, "done", ANNA)), 1);
  assert.equal((await bench.store.issues.get(issue.id)).status, "done");
  assert.equal((await bench.store.runs.get(run.id)).outcome, "stopped");
});

Deno.test("rescueRuns() and the end of the run itself: whoever comes first has written all of it", async () => {
  await using bench = await makeBench();
  const { issue, run, lease } = await abandoned(bench);
  const finish = () =>
    bench.store.runs.finish(run.id, lease.fence, {
      ...END,
      outcome: "implemented",
      commit: "c",
      branch: "b",
    });
  // The rescuer was faster: what the old server says is refused, wholly.
  assert.equal(await during(bench, () => assert.rejects(finish(), FencedError)), 1);
  assert.equal((await bench.store.runs.get(run.id)).outcome, "lost");
  assert.equal((await bench.store.issues.get(issue.id)).branch, "");

  await bench.store.issues.move(issue.id, "done", ANNA);
  const second = await abandoned(bench);
  const widened = deps(bench, {
    takeOver: async (run_id, fence) => {
      await bench.store.runs.finish(run_id, fence, {
        ...END,
        outcome: "implemented",
        commit: "c",
        branch: "b",
      });
      return await bench.store.runs.takeOver(run_id, fence, { host: "test-host", pid: 1 });
    },
  });
  assert.equal(await rescueRuns(widened), 0);
  assert.equal((await bench.store.runs.get(second.run.id)).outcome, "implemented");
  assert.equal((await bench.store.issues.get(second.issue.id)).status, "in_review");
});

const END: RunEnd = runEnd({ turns: 0 });

/** Runs of another machine, all claimed now. */
async function remote(bench: Bench, count: number) {
  const claims = [];
  for (let n = 0; n < count; n++) claims.push(await abandoned(bench, "elsewhere", n));
  return claims;
}

Deno.test("rescueRuns() doubts the clock when most leases end at once, and rescues who stays silent", async () => {
  await using bench = await makeBench();
  const [alive, ...dead] = await remote(bench, 3);
  let steady = 0;
  const breaker = new Breaker(() => steady);
  const pass = () => rescueRuns(deps(bench, { breaker }));
  assert.equal(await pass(), 0);
  assert.equal(breaker.doubt, "");

  // The clock jumps: nobody had the time to extend a lease.
  bench.time.advance(3_600_000);
  assert.equal(await pass(), 0);
  assert.match(breaker.doubt, /3 of 3 runs look dead at once.*3 are watched/);
  // Whoever lives extends it now; the jump goes on, so all of them have ended again.
  await bench.store.runs.heartbeat(alive.run.id, alive.lease.fence);
  steady = 60_000;
  bench.time.advance(3_600_000);
  assert.equal(await pass(), 0);
  steady = 89_999;
  assert.equal(await pass(), 0);
  steady = 90_000;
  assert.equal(await pass(), 2);
  for (const { run } of dead) assert.equal((await bench.store.runs.get(run.id)).outcome, "lost");
  assert.equal((await bench.store.runs.get(alive.run.id)).outcome, "");
  assert.match(breaker.doubt, /1 are watched/);
  // One is no majority to doubt by.
  assert.equal(await pass(), 1);
  assert.equal(breaker.doubt, "");
});

Deno.test("rescueRuns() believes the clock when most runs live", async () => {
  await using bench = await makeBench();
  const [, ...live] = await remote(bench, 5);
  bench.time.advance(80_000);
  for (const { run, lease } of live.slice(1)) await bench.store.runs.heartbeat(run.id, lease.fence);
  bench.time.advance(11_000);
  assert.equal(await rescueRuns(deps(bench)), 2);
});
