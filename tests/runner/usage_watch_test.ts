import assert from "node:assert/strict";
import type { ProcessRow } from "../../src/process/process_table.ts";
import { LOOK_MS, UsageWatch } from "../../src/runner/usage_watch.ts";
import { makeBench } from "./bench.ts";
import { FakeTime } from "./fake_time.ts";

const MB = 1024;

Deno.test("UsageWatch tells once of a run that is over, and leaves the others alone", async () => {
  const time = new FakeTime();
  let rows: ProcessRow[] = [];
  let looks = 0;
  const watch = new UsageWatch({
    memory_mb: 100,
    max_processes: 3,
    timers: time,
    table: () => {
      looks++;
      return Promise.resolve(rows);
    },
  });
  assert.deepEqual(time.pending, []);
  const said: string[] = [];
  const unwatch = [10, 20, 30].map((pid) => watch.watch(pid, (text) => said.push(`${pid}: ${text}`)));
  rows = [
    { pid: 10, parent: 1, rss_kb: 60 * MB },
    { pid: 11, parent: 10, rss_kb: 41 * MB },
    { pid: 20, parent: 1, rss_kb: 100 * MB },
    { pid: 30, parent: 1, rss_kb: 1 },
    ...[31, 32, 33].map((pid) => ({ pid, parent: 30, rss_kb: 1 })),
  ];
  for (let round = 1; round <= 3; round++) {
    await time.until(() => time.pending.includes(LOOK_MS));
    time.advance(LOOK_MS);
    await time.until(() => looks === round);
  }
  assert.equal(said.length, 2);
  assert.match(said[0], /^10: The run used 101 MB of memory, more than the 100 MB.*AUTOPILOT_MEMORY_MB/);
  assert.match(said[1], /^30: The run had 4 processes at a time, more than the 3 .*AUTOPILOT_MAX_PROCESSES/);
  for (const end of unwatch) end();
  await time.until(() => time.pending.length === 0);
});

Deno.test("runner ends a run that takes too much of the machine at once, and keeps its work", async () => {
  await using bench = await makeBench();
  await bench.runner(
    async (agent) => {
      await agent.write("half.txt", "half\n");
      agent.log({ type: "text", text: "I take all" });
      assert.equal(await agent.ended, "kill");
      agent.exit({ code: 137, signal: "SIGKILL" });
    },
    { memory_mb: 100 },
    { processes: () => Promise.resolve([{ pid: 1001, parent: 1, rss_kb: 200 * MB }]) },
  ).start();
  const issue = await bench.file();
  await bench.time.until(() => bench.time.pending.includes(LOOK_MS));
  bench.time.advance(LOOK_MS);
  const end = await bench.finished(issue);
  assert.deepEqual([end.run.outcome, end.issue.status], ["over_budget", "blocked"]);
  assert.match(end.comments.at(-1)!.body, /used 200 MB of memory.*AUTOPILOT_MEMORY_MB.*kept on the branch/s);
  assert.equal(await bench.repo.git("show", `${end.issue.branch}:half.txt`), "half");
});
