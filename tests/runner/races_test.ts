import assert from "node:assert/strict";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { removeWorkspace } from "../../src/workspace/workspace.ts";
import { makeBench } from "./bench.ts";
import type { AgentSide } from "./scripted_agent.ts";

/** Hands the agent's side to the test as soon as it is started. */
function captured(): { script: (side: AgentSide) => Promise<void>; side: Promise<AgentSide> } {
  const { promise, resolve } = Promise.withResolvers<AgentSide>();
  return {
    side: promise,
    script: (side) => {
      resolve(side);
      // The test drives it from outside.
      return Promise.resolve();
    },
  };
}

Deno.test("runner works on as many issues at a time as it has agents, each once", async () => {
  await using bench = await makeBench();
  const sides: AgentSide[] = [];
  const three = Promise.withResolvers<void>();
  const runner = bench.runner((side) => {
    sides.push(side);
    if (sides.length === 3) three.resolve();
  }, { concurrency: 3 });
  await runner.start();
  const issues = [];
  for (let n = 1; n <= 5; n++) issues.push(await bench.file({ title: `Issue ${n}` }));
  await three.promise;
  const counts = await bench.store.issues.counts();
  assert.deepEqual([counts.in_progress, counts.ready], [3, 2]);
  const working = (await bench.store.agents.list()).filter(({ status }) => status === "working");
  assert.deepEqual(working.map(({ id }) => id).sort(), ["robo", "robo-2", "robo-3"]);
  // A slot that gets free takes the next one without a poll: it is an hour away.
  for (let n = 0; n < 5; n++) {
    while (sides.length <= n) await bench.event((event) => event.type === "agent.status", bench.feed.seq);
    sides[n].result();
  }
  for (const issue of issues) {
    const { run } = await bench.finished(issue);
    assert.equal(run.attempt, 1);
  }
  assert.equal(bench.requests.length, 5);
});

Deno.test("runner hands a human comment to the agent at work, once, and notes it in the thread", async () => {
  await using bench = await makeBench();
  const heard: string[] = [];
  const runner = bench.runner(async (agent) => {
    heard.push(await agent.message());
    agent.log({ type: "text", text: "I heard" });
    agent.result();
  });
  await runner.start();
  const issue = await bench.file();
  await bench.event((event) => event.type === "agent.status" && event.data.phase === "running");
  await bench.say(issue, "by a stranger", { trust: "external", author: "eve" });
  await bench.say(issue, "by an agent", { author_kind: "agent", trust: "agent", author: "other" });
  const comment = await bench.say(issue, "Use tabs");
  const { comments } = await bench.finished(issue);
  assert.deepEqual(heard, ["anna writes on the issue, while you work:\n\nUse tabs"]);
  const delivered = comments.filter(({ delivered_at }) => delivered_at !== "").map(({ id }) => id);
  assert.deepEqual(delivered, [comment.id]);
});

Deno.test("runner starts the agent again for a comment that came after its last word", async () => {
  await using bench = await makeBench();
  const first = captured();
  const gate = Promise.withResolvers<void>();
  const runner = bench.runner([async (side) => {
    await first.script(side);
    await gate.promise;
  }, async (agent) => {
    await agent.write("more.txt", "more\n");
    agent.result({ text: "Now with more.", session_cost_usd: 0.7 });
  }]);
  await runner.start();
  const issue = await bench.file();
  const side = await first.side;
  side.result({ text: "Done." });
  await side.input_closed;
  await bench.say(issue, "And more of it");
  gate.resolve();
  const { run } = await bench.finished(issue);
  assert.equal(run.outcome, "implemented");
  assert.deepEqual(bench.requests[1].session, { id: bench.requests[0].session.id, resume: true });
  assert.match(bench.requests[1].prompt, /And more of it/);
  // The second process may spend what the first one left.
  assert.deepEqual(bench.requests.map(({ max_budget_usd }) => max_budget_usd), [10, 9.5]);
  assert.equal(run.cost_usd, 0.7);
  assert.equal(run.turns, 4);
});

Deno.test("runner ends the agent when a human stops the run, and keeps its work", async () => {
  await using bench = await makeBench();
  const { script, side } = captured();
  await bench.runner(script).start();
  const issue = await bench.file();
  const agent = await side;
  await agent.write("half.txt", "half\n");
  await bench.event((event) => event.type === "agent.status" && event.data.phase === "running");
  await bench.store.issues.requestStop(issue.id, "backlog", { kind: "human", name: "anna" });
  assert.equal(await agent.ended, "stop");
  const end = await bench.finished(issue);
  assert.equal(end.run.outcome, "stopped");
  assert.equal(end.issue.status, "backlog");
  assert.equal(await bench.repo.git("show", `${end.issue.branch}:half.txt`), "half");
  assert.match(end.comments.at(-1)!.body, /A human stopped the run/);
});

Deno.test("runner: a stop at the moment of the result ends as one of the two, wholly", async () => {
  await using bench = await makeBench();
  const { script, side } = captured();
  await bench.runner(script).start();
  const issue = await bench.file();
  const agent = await side;
  await agent.write("whole.txt", "whole\n");
  agent.result();
  const [, end] = await Promise.all([
    bench.store.issues.move(issue.id, "backlog", { kind: "human", name: "anna" }).catch(() => null),
    bench.finished(issue),
  ]);
  assert.ok(["stopped", "implemented"].includes(end.run.outcome), end.run.outcome);
  assert.ok(["backlog", "in_review"].includes(end.issue.status), end.issue.status);
  assert.equal((await bench.store.runs.active()).length, 0);
  assert.equal(await bench.repo.git("show", `${end.issue.branch}:whole.txt`), "whole");
});

Deno.test("runner kills its agent and writes nothing more when the run is taken over", async () => {
  await using bench = await makeBench();
  const { script, side } = captured();
  const runner = bench.runner(script);
  await runner.start();
  const issue = await bench.file();
  const agent = await side;
  await bench.event((event) => event.type === "agent.status" && event.data.phase === "running");
  const [held] = await bench.store.runs.active();
  const taken = await bench.store.runs.takeOver(held.run.id, held.lease.fence, { host: "other", pid: 1 });
  assert.notEqual(taken, null);
  // The heartbeat finds out; what the agent says meanwhile is refused.
  bench.time.advance(15_000);
  assert.equal(await agent.ended, "kill");
  await runner.stop();
  const [still] = await bench.store.runs.active();
  assert.equal(still.lease.fence, taken!.lease.fence);
  assert.equal((await bench.store.issues.get(issue.id)).status, "in_progress");
  assert.deepEqual(await bench.store.comments.list(issue.id), []);
});

Deno.test("runner hands back on shutdown, and the next one goes on in the same session", async () => {
  await using bench = await makeBench();
  const first = captured();
  const one = bench.runner(first.script);
  await one.start();
  const issue = await bench.file();
  const side = await first.side;
  await side.write("half.txt", "half\n");
  await one.stop();
  const lost = await bench.finished(issue);
  assert.equal(lost.run.outcome, "lost");
  assert.equal(lost.issue.status, "ready");
  assert.equal(await bench.repo.git("show", `${lost.issue.branch}:half.txt`), "half");

  const two = bench.runner(async (agent) => {
    assert.equal(await Deno.readTextFile(`${agent.request.workspace.tree}/half.txt`), "half\n");
    agent.result({ text: "It was whole already.", session_cost_usd: 1.25 });
  });
  await two.start();
  const { issue: end, run } = await bench.finished(issue, 2);
  assert.deepEqual(bench.requests[1].session, { id: bench.requests[0].session.id, resume: true });
  assert.match(bench.requests[1].prompt, /You were interrupted: the server was stopped/);
  // The second run added nothing, but the first one's work was never reviewed.
  assert.equal(run.outcome, "implemented");
  assert.equal(run.commit, lost.run.commit);
  assert.equal(end.status, "in_review");
  assert.equal(end.cost_usd, 1.25);
});

Deno.test("runner rescues at start what a dead server left: work committed, same session", async () => {
  await using bench = await makeBench();
  const issue = await bench.file();
  // A server that dies: its agent works, then nothing of the process is left but the disk and the database.
  const dead = captured();
  const died = bench.runner(dead.script, { pid: 99 }, {
    snapshot: () => Promise.reject(new Error("dead")),
    removeWorkspace: () => Promise.reject(new Error("dead")),
  });
  await died.start();
  const side = await dead.side;
  await side.write("half.txt", "half\n");
  await bench.event((event) => event.type === "agent.status" && event.data.phase === "running");
  const session = bench.requests[0].session.id;

  const next = bench.runner((agent) => agent.result(), {}, {
    processLives: (pid) => Promise.resolve(pid !== 99),
  });
  await next.start();
  const lost = await bench.finished(issue);
  assert.equal(lost.run.outcome, "lost");
  assert.equal(lost.run.session_id, session);
  assert.equal(await bench.repo.git("show", `${lost.issue.branch}:half.txt`), "half");
  assert.match(lost.comments[0].body, /The server died under the run.*same session/s);
  const { run } = await bench.finished(issue, 2);
  assert.equal(run.outcome, "implemented");
  assert.deepEqual(bench.requests[1].session, { id: session, resume: true });
});

Deno.test("runner never gives a run the folder of an earlier one that was kept", async () => {
  await using bench = await makeBench();
  let tries = 0;
  const runner = bench.runner(
    async (agent) => {
      await agent.write(`try${bench.requests.length}.txt`, "kept\n");
      agent.result();
    },
    {},
    {
      snapshot: (workspace, issue) => {
        if (++tries === 1) return Promise.reject(new Error("No space left on device"));
        return snapshot(workspace, {
          repository: bench.repository,
          message: issue.title,
          name: "Robo",
          email: "robo@example.invalid",
        });
      },
    },
  );
  await runner.start();
  const issue = await bench.file();
  await bench.finished(issue);
  await bench.say(issue, "There is space again");
  const { run, comments } = await bench.finished(issue, 2);
  assert.equal(run.outcome, "implemented");
  const kept = bench.requests[0].workspace;
  assert.notEqual(kept.dir, bench.requests[1].workspace.dir);
  const aside = kept.tree.replace("/workspaces/", "/quarantine/");
  assert.equal(await Deno.readTextFile(`${aside}/try1.txt`), "kept\n");
  assert.ok(comments.some(({ body }) => body.includes(aside.slice(0, -"/tree".length))));
});

Deno.test("runner rescues at start the runs of a dead server that had its process id, and of no living one", async () => {
  for (const lives of [false, true]) {
    await using bench = await makeBench();
    const issue = await bench.file();
    await bench.store.runs.claim({ id: "robo", host: "test-host", pid: 4711 });
    const runner = bench.runner((agent) => agent.result(), {}, {
      processLives: () => Promise.resolve(lives),
    });
    await runner.start();
    assert.equal((await bench.store.runs.list(issue.id))[0].outcome, lives ? "" : "lost");
    await runner.stop();
  }
});

Deno.test("runner knows an issue's next run while it still clears away the last one's workspace", async () => {
  await using bench = await makeBench();
  const [second, third] = [captured(), captured()];
  const cleared = Promise.withResolvers<void>();
  const clearing = Promise.withResolvers<void>();
  const runner = bench.runner([
    (side) => side.write("one.txt", "one\n").then(() => side.result()),
    second.script,
    third.script,
  ], {
    concurrency: 2,
  }, {
    removeWorkspace: async (workspace) => {
      clearing.resolve();
      await cleared.promise;
      await removeWorkspace(workspace, bench.repository);
    },
  });
  await runner.start();
  const issue = await bench.file();
  await clearing.promise;
  await bench.store.issues.move(issue.id, "ready", { kind: "human", name: "anna" });
  const agent = await second.side;
  cleared.resolve();
  // Its slot is free again, so it has been cleared away.
  await bench.file();
  const other = await third.side;
  const stopped = runner.stop();
  assert.deepEqual(await Promise.all([agent.ended, other.ended]), ["stop", "stop"]);
  await stopped;
});
