import assert from "node:assert/strict";
import { probeSandbox } from "../../src/process/sandbox.ts";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { countProcesses, processesAppear } from "../support/agent.ts";
import { makeBench } from "./bench.ts";
import type { AgentSide } from "./scripted_agent.ts";

/** From the stop to the end of everything, in milliseconds. */
const STOP_MS = 10_000;
const unique = () => String(crypto.getRandomValues(new Uint32Array(1))[0] % 1e8 + 1e8);

Deno.test("stop() lets a run go on within its limit, claims nothing new, and hears people meanwhile", async () => {
  await using bench = await makeBench();
  const { promise: started, resolve } = Promise.withResolvers<AgentSide>();
  const runner = bench.runner((side) => resolve(side), { stop_timeout_s: 60, concurrency: 2 });
  await runner.start();
  const issue = await bench.file();
  const side = await started;
  const stopping = runner.stop();
  const other = await bench.file({ title: "Too late" });
  const comment = await bench.say(issue, "One more thing");
  await bench.event((event) => event.data.change === "delivered");
  await side.write("whole.txt", "whole\n");
  side.result();
  await stopping;
  const { run, comments } = await bench.finished(issue);
  assert.equal(run.outcome, "implemented");
  assert.notEqual(comments.find(({ id }) => id === comment.id)!.delivered_at, "");
  assert.equal((await bench.store.issues.get(other.id)).status, "ready");
});

Deno.test("stop() ends what is not done within its limit and hands it back", async () => {
  await using bench = await makeBench();
  const { promise: started, resolve } = Promise.withResolvers<AgentSide>();
  const runner = bench.runner((side) => resolve(side), { stop_timeout_s: 60 });
  await runner.start();
  const issue = await bench.file();
  await (await started).write("half.txt", "half\n");
  const limit = bench.time.set(60_000);
  const stopping = runner.stop();
  await limit;
  bench.time.advance(59_000);
  assert.equal((await bench.store.issues.get(issue.id)).status, "in_progress");
  bench.time.advance(2_000);
  await stopping;
  const end = await bench.finished(issue);
  assert.deepEqual([end.run.outcome, end.issue.status], ["lost", "ready"]);
  assert.equal(await bench.repo.git("show", `${end.issue.branch}:half.txt`), "half");
});

for (const phase of ["preparing", "checking"] as const) {
  Deno.test(`stop() while ${phase} ends the command, keeps the work and hands the issue back`, async () => {
    await using bench = await makeBench();
    const sandbox = await probeSandbox("bwrap", { env: bench.repo.env });
    const nap = unique();
    const command = `trap '' TERM INT; sleep ${nap}`;
    const runner = bench.runner(
      async (agent) => {
        await agent.write("a.txt", "work\n");
        agent.result();
      },
      phase === "preparing" ? { setup: command } : { check: command },
      {},
      sandbox,
    );
    await runner.start();
    const issue = await bench.file();
    await processesAppear(`sleep ${nap}`, 1);
    assert.equal((await bench.store.runs.active())[0].run.phase, phase);
    const asked = performance.now();
    await runner.stop();
    assert.ok(performance.now() - asked < STOP_MS);
    assert.equal(await countProcesses(`sleep ${nap}`), 0);
    const end = await bench.finished(issue);
    assert.deepEqual([end.run.outcome, end.issue.status], ["lost", "ready"]);
    if (phase === "checking") assert.equal(await bench.repo.git("show", `${end.issue.branch}:a.txt`), "work");
  });
}

Deno.test("stop() while finishing takes the work first and hands the issue back", async () => {
  await using bench = await makeBench();
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const runner = bench.runner(
    async (agent) => {
      await agent.write("a.txt", "work\n");
      agent.result();
    },
    {},
    {
      snapshot: async (workspace) => {
        reached.resolve();
        await gate.promise;
        return await snapshot(workspace, {
          repository: bench.repository,
          message: "Work",
          name: "Robo",
          email: "robo@example.invalid",
        });
      },
    },
  );
  await runner.start();
  const issue = await bench.file();
  await reached.promise;
  assert.equal((await bench.store.runs.active())[0].run.phase, "finishing");
  const stopping = runner.stop();
  gate.resolve();
  await stopping;
  const end = await bench.finished(issue);
  assert.deepEqual([end.run.outcome, end.issue.status], ["lost", "ready"]);
  assert.equal(await bench.repo.git("show", `${end.issue.branch}:a.txt`), "work");
});
