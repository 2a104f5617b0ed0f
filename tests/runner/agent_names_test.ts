import assert from "node:assert/strict";
import { enterAgents } from "../../src/runner/agent_names.ts";
import { makeBench } from "./bench.ts";

Deno.test("runner: servers with one name have agents of different names, and a dead one's are free at once", async () => {
  await using bench = await makeBench();
  const dead = new Set<number>();
  const parts = { processLives: (pid: number) => Promise.resolve(!dead.has(pid)) };
  const names = async () =>
    (await bench.store.agents.list()).filter(({ status }) => status === "idle").map(({ id }) => id);

  const first = bench.runner([], { concurrency: 2, pid: 1 }, parts);
  await first.start();
  const second = bench.runner([], { concurrency: 2, pid: 2 }, parts);
  await second.start();
  assert.deepEqual(await names(), ["robo", "robo-2", "robo-3", "robo-4"]);
  await first.stop();
  assert.deepEqual(await names(), ["robo-3", "robo-4"]);

  dead.add(2);
  await bench.runner([], { concurrency: 3, pid: 3 }, parts).start();
  const all = { ...await bench.store.agents.list() };
  assert.deepEqual(await names(), ["robo", "robo-2", "robo-3", "robo-4"], JSON.stringify(all));
  const enter = (host: string) =>
    bench.store.agents.enter({ id: "robo-3", host, pid: 4 }).then((holder) => holder?.pid);
  assert.equal(await enter("test-host"), 3);
  assert.equal(await enter("elsewhere"), 3);
});

Deno.test("enterAgents() gives up when no name is free", async () => {
  const agents = { enter: () => Promise.resolve({ host: "elsewhere", pid: 1 }) };
  await assert.rejects(
    enterAgents({
      agents,
      agent_id: "robo",
      count: 1,
      host: "here",
      pid: 2,
      processLives: () => Promise.resolve(true),
    }),
    /choose another AUTOPILOT_AGENT_ID/,
  );
});
