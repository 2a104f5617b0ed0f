import assert from "node:assert/strict";
import { makeBench } from "./bench.ts";

const TOKEN = `ghp_${"aB3x".repeat(9)}`;
const KEY = "a-key-of-no-known-form";

Deno.test("S15 runner stores and publishes what agents say without secrets", async () => {
  await using bench = await makeBench();
  let summary = "";
  const host_env = { ...bench.repo.env, ANTHROPIC_API_KEY: KEY };
  await bench.runner(
    async (agent) => {
      agent.log({ type: "tool_result", call_id: "1", ok: true, text: `GH_TOKEN=${TOKEN} ${KEY}` });
      await agent.write("a.txt", "a\n");
      agent.result({ text: `I used ${TOKEN} and ${KEY}` });
    },
    { host_env },
    {
      publish: (request) => {
        summary = request.summary;
        return Promise.resolve({ pr_url: "", error: `the server said ${TOKEN}` });
      },
    },
  ).start();
  const end = await bench.finished(await bench.file());
  const { entries } = await bench.store.runLog.read(end.run.id, 0, 100);
  const everything = JSON.stringify([end, entries, summary, await bench.store.events.read(0, 1000)]);
  assert.equal(end.run.outcome, "implemented");
  assert.ok(!everything.includes(TOKEN), everything);
  assert.ok(!everything.includes(KEY), everything);
  assert.equal(summary, "I used [GitHub token removed] and [secret removed]");
  assert.equal(end.issue.result, summary);
});
