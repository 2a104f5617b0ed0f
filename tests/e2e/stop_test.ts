import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { realClaude } from "../support/claude_binary.ts";
import { conversation, say, use } from "../support/messages_api.ts";
import { processesNaming } from "../support/processes.ts";
import { startServer } from "../support/server.ts";
import { within } from "../support/wait.ts";
import {
  afterRun,
  assertCheckoutUntouched,
  detailsOf,
  eventsOf,
  fileIssue,
  type Loop,
  startLoop,
} from "./setup.ts";

/** The promise of product.md §7: from stop to no process at all. */
const STOP_MS = 10_000;

/** An agent that has written a file and then waits in its second step, for ever in the first run. */
async function startWaitingLoop(): Promise<{ loop: Loop; issue: Issue } & AsyncDisposable> {
  const never = Promise.withResolvers<void>();
  let held = false;
  const loop = await startLoop({
    script: (request) => {
      const said = conversation(request).map(({ text }) => text).join("\n");
      if (!said.includes("half.txt")) {
        return use(["Write", { file_path: "/workspace/half.txt", content: "half\n" }]);
      }
      if (!held) {
        held = true;
        return { wait: never.promise, ...say("Never said.") };
      }
      return say("I went on and finished.");
    },
  });
  const issue = await fileIssue(loop.server, { title: "Long work" });
  await loop.model.request(2);
  return { loop, issue, [Symbol.asyncDispose]: () => loop[Symbol.asyncDispose]() };
}

async function assertNoAgentLeft({ repo, server }: Loop): Promise<void> {
  assert.deepEqual(await processesNaming(repo.dir, [server.pid]), []);
}

Deno.test({
  ...realClaude("POST /stop ends the agent within ten seconds, keeps its work and puts the issue back"),
  async fn() {
    await using waiting = await startWaitingLoop();
    const { loop, issue } = waiting;
    const { server, repo } = loop;
    assert.notDeepEqual(
      await processesNaming(repo.dir, [server.pid]),
      [],
      "the agent's process was not found",
    );

    const asked = performance.now();
    const { status } = await server.api(`/issues/${issue.id}/stop`, { method: "POST" });
    assert.equal(status, 202);
    const details = await afterRun(server, issue);
    await assertNoAgentLeft(loop);
    assert.ok(performance.now() - asked < STOP_MS);

    assert.equal(details.issue.status, "backlog");
    assert.equal(details.runs[0].outcome, "stopped");
    assert.equal(await repo.git("show", `${details.issue.branch}:half.txt`), "half");
    await assertCheckoutUntouched(repo);
    assert.equal(await server.stop(), 0);
  },
});

Deno.test({
  ...realClaude("moving a running issue stops its run first and then answers where it is"),
  async fn() {
    await using waiting = await startWaitingLoop();
    const { loop: { server, repo }, issue } = waiting;
    const { status, body } = await server.api<Issue>(`/issues/${issue.id}/status`, {
      json: { status: "done" },
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.status, "done");
    assert.deepEqual(await processesNaming(repo.dir, [server.pid]), []);
    const { runs } = await detailsOf(server, issue);
    assert.equal(runs[0].outcome, "stopped");
  },
});

Deno.test({
  ...realClaude(
    "SIGTERM ends the agent, keeps its work, hands the issue back; the next start goes on in its session",
  ),
  async fn() {
    await using waiting = await startWaitingLoop();
    const { loop, issue } = waiting;
    const { server, repo, model } = loop;
    assert.equal(await within(server.stop(), 30_000, () => server.log()), 0);
    await assertNoAgentLeft(loop);
    await assertCheckoutUntouched(repo);

    {
      await using board = await startServer({
        ...loop.options,
        env: { ...loop.options.env, AUTOPILOT_RUNNER: "0" },
      });
      const { issue: left, runs } = await detailsOf(board, issue);
      assert.equal(left.status, "ready");
      assert.equal(runs[0].phase, "finished");
      assert.equal(runs[0].outcome, "lost");
      assert.equal(await repo.git("show", `${left.branch}:half.txt`), "half");
    }
    await using again = await startServer(loop.options);
    await assertWentOn(again, loop, issue);
    const sent = conversation(model.requests.at(-1)!).map(({ text }) => text).join("\n");
    assert.match(sent, /Long work/);
  },
});

Deno.test({
  ...realClaude("after SIGKILL no agent survives; the next start goes on in its session and loses nothing"),
  async fn() {
    await using waiting = await startWaitingLoop();
    const { loop, issue } = waiting;
    await loop.server.kill();
    await gone(loop);
    await assertCheckoutUntouched(loop.repo);
    await using again = await startServer(loop.options);
    await assertWentOn(again, loop, issue);
  },
});

async function assertWentOn(server: Loop["server"], { repo }: Loop, issue: Issue): Promise<void> {
  const details = await afterRun(server, issue, 2);
  assert.equal(details.issue.status, "in_review", server.log());
  assert.deepEqual(details.runs.map(({ outcome }) => outcome), ["lost", "implemented"]);
  assert.equal(details.runs[1].session_id, details.runs[0].session_id);
  assert.equal(await repo.git("show", `${details.issue.branch}:half.txt`), "half");
  const sequence = (await eventsOf(server)).map(({ seq }) => seq);
  assert.deepEqual(sequence, sequence.map((_, index) => index + 1));
  await assertCheckoutUntouched(repo);
  assert.equal(await server.stop(), 0);
}

/** The kernel ends the sandbox when the server is gone; that takes a moment, which nobody announces. */
async function gone({ repo }: Loop): Promise<void> {
  const until = performance.now() + STOP_MS;
  let left: string[];
  while ((left = await processesNaming(repo.dir)).length > 0) {
    assert.ok(performance.now() < until, `these processes survived the server:\n${left.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
