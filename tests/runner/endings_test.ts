import assert from "node:assert/strict";
import { OUTCOMES } from "../../src/domain/run.ts";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { ANNA, makeBench } from "./bench.ts";
import type { AgentSide } from "./scripted_agent.ts";

Deno.test("runner begins a new session, with the thread, after one that was found broken at its end", async () => {
  await using bench = await makeBench();
  await bench.runner([
    async (agent) => {
      await agent.write("half.txt", "half\n");
      agent.result({
        ok: false,
        terminal_reason: "prompt_too_long",
        text: "Prompt is too long",
        api_status: 400,
        turns: 40,
        session_cost_usd: 3,
      });
      agent.exit({ code: 1 });
    },
    (agent) => agent.result({ session_cost_usd: 0.5 }),
  ]).start();
  const issue = await bench.file();
  await bench.say(issue, "Mind the gap");
  const poisoned = await bench.finished(issue);
  assert.deepEqual([poisoned.run.outcome, poisoned.issue.status], ["failed", "ready"]);
  assert.match(poisoned.comments.at(-1)!.body, /grew too long.*attempt 2 of 3/s);
  await bench.time.until(() => bench.time.pending.some((ms) => ms > 9_000 && ms <= 10_001));
  bench.time.advance(10_001);
  const { run, issue: end } = await bench.finished(issue, 2);
  const [first, second] = bench.requests;
  assert.equal(second.session.resume, false);
  assert.notEqual(second.session.id, first.session.id);
  assert.match(second.prompt, /has begun in an earlier session.*Mind the gap/s);
  assert.equal(run.outcome, "implemented");
  // The new session's total begins at nothing: it is counted wholly, the old one once.
  assert.deepEqual([run.cost_usd, end.cost_usd], [0.5, 3.5]);
});

Deno.test("runner parks for the account's limit longer each time, counts no attempt, goes on by itself", async () => {
  await using bench = await makeBench();
  const limited = (agent: AgentSide) => {
    agent.result({
      ok: false,
      terminal_reason: "api_error",
      api_error: "rate_limit",
      api_status: 429,
      text: "You've hit your limit",
    });
    agent.exit({ code: 1 });
  };
  await bench.runner([limited, limited, limited, async (agent) => {
    await agent.write("a.txt", "a\n");
    agent.result({ text: "Done" });
  }]).start();
  const issue = await bench.file();
  let at = bench.time.now().getTime();
  for (const [n, minutes] of [15, 30, 60].entries()) {
    const end = await bench.finished(issue, n + 1);
    assert.deepEqual([end.run.outcome, end.issue.status], ["usage_limited", "ready"]);
    assert.equal(Date.parse(end.issue.not_before) - at, minutes * 60_000);
    assert.match(end.comments.at(-1)!.body, /goes on by itself after .*; no attempt is counted/s);
    await bench.time.until(() => bench.time.pending.some((ms) => ms === minutes * 60_000 + 1));
    bench.time.advance(minutes * 60_000 + 1);
    at = bench.time.now().getTime();
  }
  const { run } = await bench.finished(issue, 4);
  assert.equal(run.outcome, "implemented");
  assert.ok(bench.requests.slice(1).every(({ session }) => session.resume));
});

Deno.test("runner hands a comment that came while the run ended to a further run of the session", async () => {
  await using bench = await makeBench();
  const heard: string[] = [];
  const issue = await bench.file();
  let said = false;
  await bench.runner(
    [async (agent) => {
      await agent.write("a.txt", "a\n");
      agent.result();
    }, (agent) => {
      heard.push(agent.request.prompt);
      agent.result({ text: "Now with tabs." });
    }],
    {},
    {
      snapshot: async (workspace, of) => {
        // The last process is gone, the end is not written.
        if (!said) {
          said = true;
          bench.time.advance(1);
          await bench.say(issue, "Use tabs");
        }
        return await snapshot(workspace, {
          repository: bench.repository,
          message: of.title,
          name: "Robo",
          email: "robo@example.invalid",
        });
      },
    },
  ).start();
  const first = await bench.finished(issue);
  assert.equal(first.run.outcome, "implemented");
  assert.match(first.comments.map(({ body }) => body).join("\n"), /A comment came while the run was ending/);
  const { run, issue: end, comments } = await bench.finished(issue, 2);
  assert.match(heard[0], /Use tabs/);
  assert.equal(bench.requests[1].session.resume, true);
  assert.notEqual(comments.find(({ body }) => body === "Use tabs")!.delivered_at, "");
  assert.equal(run.outcome, "implemented");
  assert.equal(end.status, "in_review");
  assert.equal((await bench.store.runs.list(issue.id)).length, 2);
});

Deno.test("runner: a stop that was asked for is honoured after the server died, and the work is kept", async () => {
  for (const to of ["backlog", "ready", "done"] as const) {
    await using bench = await makeBench();
    const issue = await bench.file();
    const side = Promise.withResolvers<AgentSide>();
    // A server that hears nothing any more and never comes to an end: nothing but disk and database is left of it.
    const died = bench.runner((agent) => side.resolve(agent), { pid: 99 }, {
      snapshot: () => Promise.reject(new Error("dead")),
      quarantine: () => Promise.reject(new Error("dead")),
    });
    await died.start();
    const agent = await side.promise;
    await agent.write("half.txt", "half\n");
    await bench.event((event) => event.type === "agent.status" && event.data.phase === "running");
    await bench.store.issues.move(issue.id, to, ANNA);
    await bench.runner((next) => next.result(), {}, {
      processLives: (pid) => Promise.resolve(pid !== 99),
    }).start();
    const end = await bench.finished(issue);
    assert.equal(end.run.outcome, "stopped");
    assert.equal(await bench.repo.git("show", `${end.issue.branch}:half.txt`), "half");
    assert.match(end.comments.map(({ body }) => body).join("\n"), /A human stopped the run/);
    const events = await bench.store.events.forIssue(issue.id, 0, 1000);
    const moved = events.find(({ type, data }) => type === "issue.status" && data.from === "in_progress");
    assert.equal(moved?.data.status, to);
  }
});

Deno.test("every outcome is reached by a test of the runner", async () => {
  const sources = await Promise.all(
    ["outcomes", "flow", "races", "endings", "limits", "checks"].map((name) =>
      Deno.readTextFile(new URL(`${name}_test.ts`, import.meta.url))
    ),
  );
  const missing = OUTCOMES.filter((outcome) => {
    const words = [`outcome: "${outcome}"`, `run.outcome, "${outcome}"`, `["${outcome}", "`];
    return !sources.some((source) => words.some((word) => source.includes(word)));
  });
  assert.deepEqual(missing, []);
});
