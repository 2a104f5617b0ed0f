import assert from "node:assert/strict";
import { makeBench } from "./bench.ts";
import type { AgentScript } from "./scripted_agent.ts";

/** Steps until the agent is told something, at most `most`; answers how many it took and what it was told. */
function steps(
  most: number,
  cost_of: (round: number) => number,
  done: (rounds: number, said: string) => void,
) {
  const script: AgentScript = async (agent) => {
    let round = 0;
    agent.onAskCost(() => agent.emit({ type: "cost", session_cost_usd: cost_of(round) }));
    const told = agent.message();
    let said = "";
    void told.then((text) => said = text);
    while (round < most && said === "") {
      round++;
      agent.emit({ type: "round", input_tokens: 1000 });
      agent.log({ type: "text", text: `step ${round}` });
      // The runner hears it in its own time.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    done(round, said);
    agent.result({ session_cost_usd: cost_of(round) });
  };
  return script;
}

Deno.test("runner tells the agent once to wrap up at 80 % of its steps, money and time", async () => {
  for (const limit of ["turns", "cost", "time"] as const) {
    await using bench = await makeBench();
    const told: string[] = [];
    const started = Promise.withResolvers<void>();
    const script: AgentScript = limit === "time"
      ? async (agent) => {
        started.resolve();
        told.push(await agent.message());
        agent.result();
      }
      : steps(30, (round) => round * 0.5, (rounds, said) => told.push(`${rounds} ${said}`));
    const limits = {
      turns: { max_turns: 10, max_usd_per_run: 0 },
      cost: { max_turns: 0, max_usd_per_run: 5 },
      time: { run_timeout_s: 1000, silence_timeout_s: 0 },
    }[limit];
    await bench.runner(script, limits).start();
    const issue = await bench.file();
    if (limit === "time") {
      await started.promise;
      await bench.event((event) => event.type === "agent.status" && event.data.phase === "running");
      await bench.time.until(() => bench.time.pending.includes(800_000));
      bench.time.advance(799_000);
      assert.deepEqual(told, []);
      bench.time.advance(2_000);
    }
    const { run } = await bench.finished(issue);
    assert.equal(told.length, 1);
    if (limit !== "time") assert.match(told[0], /^([8-9]|10) /, told[0]);
    assert.match(told[0], /about 80 % of the (steps|money|time) .*Finish what you have/s);
    const { entries } = await bench.store.runLog.read(run.id, 0, 100);
    const noted = entries.filter((entry) => entry.type === "system" && /about 80 %/.test(entry.text));
    assert.equal(noted.length, 1);
  }
});

Deno.test("runner gives a later process only the steps and the money that are left", async () => {
  await using bench = await makeBench();
  const gate = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  await bench.runner([
    async (agent) => {
      for (let n = 0; n < 4; n++) agent.emit({ type: "round", input_tokens: 1000 });
      agent.result({ session_cost_usd: 2 });
      await agent.input_closed;
      first.resolve();
      await gate.promise;
    },
    (agent) => agent.result({ session_cost_usd: 2.5 }),
  ], { max_turns: 10, max_usd_per_run: 5 }).start();
  const issue = await bench.file();
  await first.promise;
  await bench.say(issue, "And one thing more");
  gate.resolve();
  const { run } = await bench.finished(issue);
  assert.deepEqual(bench.requests.map(({ max_turns }) => max_turns), [10, 6]);
  assert.deepEqual(bench.requests.map(({ max_budget_usd }) => max_budget_usd), [5, 3]);
  assert.equal(run.cost_usd, 2.5);
});

Deno.test("runner writes into the log what the run used so far, where that changes", async () => {
  await using bench = await makeBench();
  const usage = { input_tokens: 4000, output_tokens: 70 };
  await bench.runner(async (agent) => {
    agent.emit({ type: "round", input_tokens: 1000 });
    agent.log({ type: "text", text: "a" });
    agent.log({ type: "text", text: "b" });
    agent.emit({ type: "cost", session_cost_usd: 0.25 });
    agent.emit({ type: "round", input_tokens: 2500 });
    agent.log({ type: "text", text: "c" });
    agent.result({ session_cost_usd: 0.5, ...usage });
    await agent.input_closed;
  }).start();
  const { run } = await bench.finished(await bench.file());
  const { entries } = await bench.store.runLog.read(run.id, 0, 100);
  const of_agent = entries.filter(({ type }) => type === "text" || type === "result");
  assert.deepEqual(of_agent.map(({ so_far }) => so_far), [
    { input_tokens: 1000, output_tokens: 0, cost_usd: 0 },
    undefined,
    { input_tokens: 3500, output_tokens: 0, cost_usd: 0.25 },
    // The turn's own account: what its rounds read is in it.
    { ...usage, cost_usd: 0.5 },
  ]);
  assert.deepEqual([run.input_tokens, run.output_tokens, run.cost_usd], [4000, 70, 0.5]);
});

Deno.test("S20 runner ends an agent that goes on when its money is spent, and keeps its work", async () => {
  await using bench = await makeBench();
  await bench.runner(async (agent) => {
    agent.onAskCost(() => agent.emit({ type: "cost", session_cost_usd: 9 }));
    await agent.write("half.txt", "half\n");
    agent.emit({ type: "round", input_tokens: 1000 });
    agent.emit({ type: "cost", session_cost_usd: 9 });
    agent.emit({ type: "round", input_tokens: 1000 });
    assert.equal(await agent.ended, "stop");
    agent.exit();
  }, { max_usd_per_run: 5 }).start();
  const end = await bench.finished(await bench.file());
  assert.equal(end.run.outcome, "over_budget");
  assert.equal(end.issue.status, "blocked");
  assert.equal(await bench.repo.git("show", `${end.issue.branch}:half.txt`), "half");
});

Deno.test("runner starts no agent for an issue whose money is spent, and says which option to raise", async () => {
  await using bench = await makeBench();
  await bench.runner(
    [
      (agent) => agent.result({ text: "BLOCKED: a or b?", session_cost_usd: 4 }),
      (agent) => {
        assert.equal(agent.request.max_budget_usd, 2);
        agent.result({ text: "BLOCKED: c or d?", session_cost_usd: 6.2 });
      },
    ],
    { max_usd_per_issue: 6, max_usd_per_run: 5 },
  ).start();
  const issue = await bench.file();
  await bench.finished(issue);
  await bench.say(issue, "a");
  await bench.finished(issue, 2);
  await bench.say(issue, "c");
  const { run, issue: end, comments } = await bench.finished(issue, 3);
  assert.equal(bench.requests.length, 2);
  assert.deepEqual([run.outcome, run.cost_usd, end.status], ["over_budget", 0, "blocked"]);
  assert.match(comments.at(-1)!.body, /limit of \$6 for one issue.*higher `AUTOPILOT_MAX_USD_PER_ISSUE`/s);
  assert.equal(Math.round(end.cost_usd * 100), 620);
});

Deno.test("runner claims nothing once the day's money is spent, says so, and goes on the next day", async () => {
  await using bench = await makeBench();
  const runner = bench.runner((agent) => agent.result({ text: "BLOCKED: ?", session_cost_usd: 4 }), {
    max_usd_per_day: 10,
    max_usd_per_run: 4,
  });
  await runner.start();
  const issues = [];
  for (let n = 1; n <= 4; n++) issues.push(await bench.file({ title: `Issue ${n}` }));
  await bench.finished(issues[0]);
  await bench.finished(issues[1]);
  // 2 are left: the third one gets them, and no more.
  await bench.finished(issues[2]);
  assert.deepEqual(bench.requests.map(({ max_budget_usd }) => max_budget_usd), [4, 4, 2]);
  await bench.time.until(() => runner.status.waits !== "");
  assert.match(runner.status.waits, /^\$12 of the \$10 for this day .*go on at 2026-11-23T00:00:00.000Z$/);
  assert.equal((await bench.store.issues.get(issues[3].id)).status, "ready");
  bench.time.advance(12 * 3600_000 - 1);
  assert.equal((await bench.store.runs.list(issues[3].id)).length, 0);
  bench.time.advance(2);
  await bench.finished(issues[3]);
  assert.equal(runner.status.waits, "");
  assert.equal(bench.requests[3].max_budget_usd, 4);
});

Deno.test("runner keeps the money of a run under way for it, and gives back what it did not need", async () => {
  await using bench = await makeBench();
  const gate = Promise.withResolvers<void>();
  const runner = bench.runner([
    async (agent) => {
      await gate.promise;
      agent.result({ session_cost_usd: 1 });
    },
    (agent) => agent.result({ session_cost_usd: 1 }),
  ], { max_usd_per_day: 5, max_usd_per_run: 5, concurrency: 2 });
  await runner.start();
  const one = await bench.file();
  await bench.event((event) => event.type === "agent.status" && event.data.phase === "running");
  const two = await bench.file();
  await bench.time.until(() => runner.status.waits !== "");
  assert.match(runner.status.waits, /runs under way may need the rest/);
  gate.resolve();
  await bench.finished(one);
  await bench.finished(two);
  assert.deepEqual(bench.requests.map(({ max_budget_usd }) => max_budget_usd), [5, 4]);
});

Deno.test("runner parks an issue whose run reached the day's limit until the next day", async () => {
  await using bench = await makeBench();
  await bench.runner((agent) => {
    agent.result({
      ok: false,
      subtype: "error_max_budget_usd",
      terminal_reason: "",
      text: "",
      session_cost_usd: 3,
    });
    agent.exit({ code: 1 });
  }, { max_usd_per_day: 3, max_usd_per_run: 4 }).start();
  const end = await bench.finished(await bench.file());
  assert.deepEqual([end.run.outcome, end.issue.status], ["over_budget", "ready"]);
  assert.equal(end.issue.not_before, "2026-11-23T00:00:00.000Z");
  assert.match(end.comments.at(-1)!.body, /limit of \$3 for one day.*goes on by itself after 2026-11-23T00/s);
});
