import assert from "node:assert/strict";
import type { LogBody } from "../../src/domain/log_entry.ts";
import { EXIT_GRACE_MS } from "../../src/runner/conversation.ts";
import { FLUSH_MS } from "../../src/runner/transcript.ts";
import { type Bench, makeBench } from "./bench.ts";
import type { AgentSide } from "./scripted_agent.ts";

Deno.test("runner goes on in the same session and branch when a human answers", async () => {
  await using bench = await makeBench();
  const runner = bench.runner([
    (agent) => agent.result({ text: "BLOCKED: tabs or spaces?", session_cost_usd: 0.4 }),
    async (agent) => {
      await agent.write("tabs.txt", "\t\n");
      agent.result({ text: "Tabs it is.", session_cost_usd: 1 });
    },
  ]);
  await runner.start();
  const filed = await bench.file();
  const asked = await bench.finished(filed);
  assert.equal(asked.issue.status, "blocked");
  assert.equal(asked.comments.at(-1)!.body, "tabs or spaces?");
  assert.equal(asked.comments.at(-1)!.author, "robo");
  const answer = await bench.say(filed, "Tabs, of course");
  const { issue, run, comments } = await bench.finished(filed, 2);
  assert.equal(run.outcome, "implemented");
  assert.deepEqual(bench.requests[1].session, { id: bench.requests[0].session.id, resume: true });
  assert.match(bench.requests[1].prompt, /^Your question was answered.*Tabs, of course/s);
  assert.doesNotMatch(bench.requests[1].prompt, /tabs or spaces/);
  assert.notEqual(comments.find(({ id }) => id === answer.id)!.delivered_at, "");
  assert.equal(await bench.repo.git("rev-parse", issue.branch), run.commit);
  // The CLI's total grows over the session: the second run cost the difference.
  assert.deepEqual([asked.run.cost_usd, run.cost_usd], [0.4, 0.6]);
  assert.equal(issue.cost_usd, 1);
  // Each run has its own limit, whatever the session cost before.
  assert.deepEqual(bench.requests.map(({ max_budget_usd }) => max_budget_usd), [10, 10]);
});

Deno.test("runner begins a new session with the whole thread when the old one is gone", async () => {
  await using bench = await makeBench();
  const runner = bench.runner([
    (agent) => agent.result({ text: "BLOCKED: why?", session_cost_usd: 0.4 }),
    (agent) => {
      agent.result({
        ok: false,
        terminal_reason: "",
        subtype: "error_during_execution",
        text: "",
        errors: ["No conversation found with session ID: x"],
        session_cost_usd: 0,
        turns: 0,
      });
      agent.exit({ code: 1 });
    },
    async (agent) => {
      await agent.write("a.txt", "a\n");
      agent.result({ session_cost_usd: 0.3 });
    },
  ]);
  await runner.start();
  const filed = await bench.file();
  await bench.finished(filed);
  await bench.say(filed, "Because");
  const { issue, run } = await bench.finished(filed, 2);
  assert.equal(run.outcome, "implemented");
  const [first, resumed, anew] = bench.requests;
  assert.deepEqual(resumed.session, { id: first.session.id, resume: true });
  assert.equal(anew.session.resume, false);
  assert.notEqual(anew.session.id, first.session.id);
  assert.equal(run.session_id, anew.session.id);
  assert.match(anew.prompt, /why\?.*Because/s);
  assert.equal(run.cost_usd, 0.3);
  assert.equal(issue.cost_usd, 0.7);
});

Deno.test("runner tries again after the back-off, three times, then asks a human", async () => {
  await using bench = await makeBench();
  const runner = bench.runner((agent) => {
    agent.result({ ok: false, terminal_reason: "api_error", api_status: 529, text: "Overloaded" });
    agent.exit({ code: 1 });
  });
  await runner.start();
  const filed = await bench.file();
  const first = await bench.finished(filed, 1);
  assert.equal(first.issue.not_before, "2026-11-22T12:00:10.000Z");
  await bench.event((event) =>
    event.type === "issue.status" && event.data.not_before === first.issue.not_before
  );
  bench.time.advance(9_999);
  assert.equal((await bench.store.runs.list(filed.id)).length, 1);
  bench.time.advance(2);
  const second = await bench.finished(filed, 2);
  assert.match(second.comments.at(-1)!.body, /attempt 3 of 3/);
  bench.time.advance(20_001);
  const third = await bench.finished(filed, 3);
  assert.equal(third.issue.status, "blocked");
  assert.match(third.comments.at(-1)!.body, /attempt 3 of 3 in a row.*not tried again/s);
});

Deno.test("runner keeps 10,000 entries in order, however slowly they can be stored", async () => {
  await using bench = await makeBench();
  const runner = bench.runner((agent) => {
    for (let n = 1; n <= 10_000; n++) agent.log({ type: "text", text: `line ${n}` });
    agent.result();
  });
  await runner.start();
  const { run } = await bench.finished(await bench.file());
  let after = 0;
  for (;;) {
    const { entries, next } = await bench.store.runLog.read(run.id, after, 1000);
    if (entries.length === 0) break;
    for (const entry of entries) {
      after++;
      assert.equal(entry.seq, after);
      if (after <= 10_000) assert.equal(entry.type === "text" && entry.text, `line ${after}`);
    }
    assert.equal(next, after);
  }
  assert.equal(after, 10_001);
});

Deno.test("runner ends an agent at the time limit of the run", async () => {
  await using bench = await makeBench();
  const started = Promise.withResolvers<AgentSide>();
  await bench.runner((side) => started.resolve(side), { run_timeout_s: 600 }).start();
  const issue = await bench.file();
  const side = await started.promise;
  await atWork(bench, side, { type: "text", text: "here" });
  // It talks all the time: only the clock on the wall ends it.
  for (let minute = 0; minute < 9; minute++) {
    side.log({ type: "text", text: "still busy" });
    bench.time.advance(60_000);
  }
  bench.time.advance(61_000);
  assert.equal(await side.ended, "stop");
  const end = await bench.finished(issue);
  assert.equal(end.run.outcome, "timed_out");
  assert.equal(end.issue.status, "blocked");
});

Deno.test("runner ends a silent agent as stalled, later while a tool runs", async () => {
  for (const tool of [false, true]) {
    await using bench = await makeBench();
    const started = Promise.withResolvers<AgentSide>();
    const quiet = { run_timeout_s: 0, silence_timeout_s: 60 };
    await bench.runner((side) => started.resolve(side), quiet).start();
    const issue = await bench.file();
    const side = await started.promise;
    await atWork(
      bench,
      side,
      tool
        ? { type: "tool_call", call_id: "c1", tool: "Bash", input: "make" }
        : { type: "text", text: "here" },
    );
    let ended = false;
    void side.ended.then(() => ended = true);
    bench.time.advance(59_000);
    await Promise.resolve();
    assert.equal(ended, false);
    bench.time.advance(2_000);
    await Promise.resolve();
    assert.equal(ended, !tool);
    bench.time.advance(120_000);
    assert.equal(await side.ended, "stop");
    const end = await bench.finished(issue);
    assert.equal(end.run.outcome, "stalled");
    assert.equal(end.issue.status, "ready");
    assert.notEqual(end.issue.not_before, "");
  }
});

Deno.test("runner says what is wrong when the repository can't be worked with", async () => {
  await using bench = await makeBench();
  await bench.runner(() => {}, {}, {
    prepareWorkspace: () => Promise.reject(new Error("Cannot start from HEAD: it has no commit yet")),
  }).start();
  const end = await bench.finished(await bench.file());
  assert.equal(end.run.outcome, "failed");
  assert.equal(end.issue.status, "blocked");
  assert.match(end.comments.at(-1)!.body, /^Cannot start from HEAD: it has no commit yet\./);
  assert.equal(bench.requests.length, 0);
});

Deno.test("runner moves the folder aside and says so when the work can't be committed", async () => {
  await using bench = await makeBench();
  const runner = bench.runner(
    async (agent) => {
      await agent.write("a.txt", "a\n");
      agent.result();
    },
    {},
    { snapshot: () => Promise.reject(new Error("No space left on device")) },
  );
  await runner.start();
  const end = await bench.finished(await bench.file());
  await runner.stop();
  assert.equal(end.run.outcome, "failed");
  assert.equal(end.issue.status, "blocked");
  assert.match(end.comments.at(-1)!.body, /could not be committed: No space left.*kept in/s);
  const aside = bench.requests[0].workspace.dir.replace("/workspaces/", "/quarantine/");
  assert.equal(await Deno.readTextFile(`${aside}/tree/a.txt`), "a\n");
  assert.ok(end.comments.at(-1)!.body.includes(`\`${aside}\``));
});

Deno.test("runner publishes after the commit; a failure is told, and the branch stays", async () => {
  for (const fails of [false, true]) {
    await using bench = await makeBench();
    const published: string[] = [];
    await bench.runner(
      async (agent) => {
        await agent.write("a.txt", "a\n");
        agent.result({ text: "Said" });
      },
      {},
      {
        publish: ({ branch, commit, summary }) => {
          published.push(`${branch} ${commit} ${summary}`);
          return fails
            ? Promise.reject(new Error("gh said 401"))
            : Promise.resolve({ pr_url: "https://github.com/a/b/pull/1", error: "" });
        },
      },
    ).start();
    const { issue, run, comments } = await bench.finished(await bench.file());
    assert.deepEqual(published, [`${issue.branch} ${run.commit} Said`]);
    assert.equal(issue.status, "in_review");
    assert.equal(issue.pr_url, fails ? "" : "https://github.com/a/b/pull/1");
    assert.match(
      comments.at(-1)!.body,
      fails ? /failed: gh said 401.*git push origin autopilot/s : /pull\/1/,
    );
    assert.equal(await bench.repo.git("rev-parse", issue.branch), run.commit);
  }
});

Deno.test("runner gives the agent the issue's attachments as files", async () => {
  await using bench = await makeBench();
  const issue = await bench.file({ status: "backlog" });
  const body = new Blob(["picture"]).stream();
  const { stored_name, size } = await bench.blobs.write(body, 1000);
  const human = { kind: "human", name: "anna" } as const;
  await bench.store.attachments.add(issue.id, {
    name: "../Scr een.png",
    content_type: "image/png",
    size,
    stored_name,
  }, human);
  let found = "";
  await bench.runner(async (agent) => {
    const path = /\S+\/1-Scr_een\.png/.exec(agent.request.prompt)?.[0] ?? "";
    found = await Deno.readTextFile(path);
    agent.result();
  }).start();
  await bench.store.issues.move(issue.id, "ready", human);
  await bench.finished(issue);
  assert.equal(found, "picture");
});

Deno.test("runner ends a process that does not go by itself after its work", async () => {
  await using bench = await makeBench();
  const started = Promise.withResolvers<AgentSide>();
  await bench.runner(async (side) => {
    await side.write("a.txt", "a\n");
    started.resolve(side);
    side.result();
    // It neither exits nor says anything when its input ends.
    await side.ended;
    side.exit({ code: 143 });
  }).start();
  const issue = await bench.file();
  const side = await started.promise;
  await side.input_closed;
  bench.time.advance(EXIT_GRACE_MS);
  const { run } = await bench.finished(issue);
  assert.equal(run.outcome, "implemented");
});

Deno.test("Runner.stop() works without a start and twice", async () => {
  await using bench = await makeBench();
  const never = bench.runner(() => {});
  await never.stop();
  const runner = bench.runner(() => {});
  await runner.start();
  await runner.start();
  assert.equal(runner.status.alive(), true);
  await Promise.all([runner.stop(), runner.stop()]);
  assert.equal(runner.status.alive(), false);
  assert.deepEqual(bench.time.pending, []);
  assert.deepEqual((await bench.store.agents.list()).map(({ status }) => status), ["stale"]);
});

/** Lets the agent say something; resolves when it was heard, and so its process is under watch. */
async function atWork(bench: Bench, side: AgentSide, body: LogBody): Promise<void> {
  const heard = bench.time.set(FLUSH_MS);
  side.log(body);
  await heard;
}
