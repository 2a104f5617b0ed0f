import assert from "node:assert/strict";
import { join } from "node:path";
import { makeRepo } from "../support/repo.ts";
import { processesNaming } from "../support/processes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { afterRun, detailsOf, fileIssue } from "./setup.ts";

const STOP_MS = 10_000;

/**
 * It hears nothing, ignores every signal that can be ignored, and leaves children in sessions of their own that do the
 * same. The words of its issue say what else.
 */
const STUBBORN = `#!/bin/sh
[ "$1" = --version ] && { echo "2.1.330 (Claude Code)"; exit 0; }
trap '' HUP INT TERM PIPE
# By this its children are found.
export MARK=MARK_OF_THIS_TEST
IFS= read -r prompt
echo half >half.txt
for n in 1 2 3; do setsid sh -c "trap '' HUP INT TERM; while :; do sleep 5; done" & done
nohup sh -c "trap '' TERM; while :; do sleep 5; done" >/dev/null 2>&1 &
case $prompt in
*take-memory*) hog=$(head -c 300000000 /dev/zero | tr '\\0' x) ;;
*take-processes*) for n in $(seq 60); do sleep 300 & done ;;
esac
echo '{"type":"assistant","message":{"id":"m1","content":[{"type":"text","text":"I stay"}]}}'
while :; do sleep 1; done
`;

async function setup(env: Record<string, string> = {}) {
  await using opened = new AsyncDisposableStack();
  const repo = opened.use(await makeRepo({ "README.md": "# Project\\n" }));
  const agent = join(repo.dir, "stubborn-agent");
  await Deno.writeTextFile(agent, STUBBORN.replace("MARK_OF_THIS_TEST", repo.dir), { mode: 0o755 });
  const options = {
    data: join(repo.dir, "data"),
    env: {
      ...repo.env,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_WORKDIR: repo.path,
      AUTOPILOT_CLAUDE_BIN: agent,
      ANTHROPIC_API_KEY: "not-used-by-this-agent",
      ...env,
    },
  };
  const server = opened.use(await startServer(options));
  const all = opened.move();
  return { repo, server, options, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function atWork(server: TestServer, issue: { id: string }): Promise<void> {
  const { run_id } = await server.waitFor((event) =>
    event.type === "run.started" && event.issue_id === issue.id
  );
  const patience = performance.now() + 30_000;
  for (;;) {
    const { body } = await server.api<{ entries: { text?: string }[] }>(`/runs/${run_id}/log?after=0`);
    if (body.entries.some(({ text }) => text === "I stay")) return;
    assert.ok(performance.now() < patience, server.log());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("S20 an agent that ignores everything and its detached children are gone ten seconds after a stop", async () => {
  await using t = await setup();
  const issue = await fileIssue(t.server, { title: "Stay" });
  await atWork(t.server, issue);
  const before = await processesNaming(t.repo.dir, [t.server.pid]);
  assert.ok(before.length >= 8, before.join("\n"));
  const asked = performance.now();
  await t.server.api(`/issues/${issue.id}/stop`, { method: "POST" });
  const { issue: end, runs } = await afterRun(t.server, issue);
  assert.deepEqual(await processesNaming(t.repo.dir, [t.server.pid]), []);
  assert.ok(performance.now() - asked < STOP_MS, `${performance.now() - asked} ms`);
  assert.deepEqual([runs[0].outcome, end.status], ["stopped", "backlog"]);
  assert.equal(await t.repo.git("show", `${end.branch}:half.txt`), "half");
});

Deno.test("a stop that was asked for is honoured by the next server when this one is killed at that moment", async () => {
  await using t = await setup();
  const issue = await fileIssue(t.server, { title: "Stay" });
  await atWork(t.server, issue);
  await t.server.api(`/issues/${issue.id}/stop`, { method: "POST" });
  // The agent has five seconds to obey, so that the run can't have ended yet.
  await t.server.kill();
  await using again = await startServer(t.options);
  const { issue: end, runs } = await afterRun(again, issue);
  assert.deepEqual([runs.length, runs[0].outcome, end.status], [1, "stopped", "backlog"]);
  assert.equal(await t.repo.git("show", `${end.branch}:half.txt`), "half");
  assert.deepEqual(await processesNaming(t.repo.dir, [again.pid]), []);
});

for (
  const [title, option, says] of [
    ["take-memory", { AUTOPILOT_MEMORY_MB: "200" }, /used \d+ MB of memory, more than the 200 MB/],
    ["take-processes", { AUTOPILOT_MAX_PROCESSES: "50" }, /had \d+ processes at a time, more than the 50/],
  ] as const
) {
  Deno.test(`an agent that does ${title} is ended, all of it, and its work is kept`, async () => {
    await using t = await setup(option);
    const issue = await fileIssue(t.server, { title });
    const { runs } = await afterRun(t.server, issue);
    assert.equal(runs[0].outcome, "over_budget", t.server.log());
    assert.match(runs[0].reason, says);
    const { issue: end } = await detailsOf(t.server, issue);
    assert.equal(end.status, "blocked");
    assert.equal(await t.repo.git("show", `${end.branch}:half.txt`), "half");
    assert.deepEqual(await processesNaming(t.repo.dir, [t.server.pid]), []);
  });
}
