import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterRun, detailsOf, eventsOf, fileIssue } from "../e2e/setup.ts";
import { endProcessesNaming, processesNaming } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { type ServerOptions, startServer, type TestServer } from "../support/server.ts";

const SCRIPTED_CLAUDE = new URL("../fixtures/bin/scripted-claude", import.meta.url).pathname;
const PATIENCE_MS = 60_000;

/** A suspended server keeps its lock and its agents; only its lease ends. */
Deno.test("a server that was frozen for longer than its lease wakes up, ends its agent and writes nothing", async () => {
  await using opened = new AsyncDisposableStack();
  const repo = opened.use(await makeRepo({ "README.md": "# Project\n" }));
  opened.defer(() => endProcessesNaming(repo.dir));
  const options: ServerOptions = {
    data: join(repo.dir, "data"),
    env: {
      ...repo.env,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_WORKDIR: repo.path,
      AUTOPILOT_CLAUDE_BIN: SCRIPTED_CLAUDE,
      AUTOPILOT_PASS_ENV: "TEST_FOLDER",
      TEST_FOLDER: repo.dir,
    },
  };
  const frozen = opened.use(await startServer(options));
  const issue = await fileIssue(frozen, { title: "Wait", body: "play:wait" });
  await eventually(async () => {
    const { runs: [run] } = await detailsOf(frozen, issue);
    const path = `/runs/${run?.id}/log`;
    const { body } = run === undefined
      ? { body: { entries: [] } }
      : await frozen.api<{ entries: { text?: string }[] }>(path);
    return body.entries.some(({ text }) => text === "I wait for a word");
  }, () => `the agent said nothing:\n${frozen.log()}`);
  frozen.signal("SIGSTOP");
  endLeases(options.data!);

  const server = opened.use(await startServer(options));
  const { issue: reviewed, runs, comments } = await afterRun(server, issue, 2);
  assert.deepEqual(runs.map(({ outcome }) => outcome), ["lost", "implemented"], server.log());
  assert.equal(reviewed.status, "in_review");
  assert.notEqual(runs[1].agent_id, runs[0].agent_id);
  const tip = await repo.git("rev-parse", reviewed.branch);
  assert.match(await repo.git("ls-tree", "--name-only", tip), /work-1-a\.txt\nwork-2-a\.txt/);
  const others = async () => await processesNaming(repo.dir, [frozen.pid, server.pid]);
  assert.notDeepEqual(await others(), [], "the frozen server's agent was gone before it woke up");

  frozen.signal("SIGCONT");
  await eventually(async () => (await others()).length === 0, () => `its agent lives on:\n${frozen.log()}`);
  assert.equal(await answer(frozen), 200);
  assert.equal(await frozen.stop(), 0);
  const after = await detailsOf(server, issue);
  assert.deepEqual(after.runs, runs);
  assert.deepEqual(after.comments, comments);
  assert.equal(after.issue.status, "in_review");
  assert.equal(await repo.git("rev-parse", reviewed.branch), tip);
  const ends = (await eventsOf(server)).filter(({ type }) => type === "run.finished");
  assert.deepEqual(ends.map(({ outcome }) => outcome), ["lost", "implemented"]);
  assert.equal(await server.stop(), 0);
});

/** As if the time had passed: nobody extends them while the server is frozen. */
function endLeases(data: string): void {
  const database = new DatabaseSync(join(data, "autopilot.db"));
  const { changes } = database.prepare("update runs set lease_until = ? where finished_at = ''")
    .run("2000-01-01T00:00:00.000Z");
  database.close();
  assert.equal(changes, 1);
}

async function answer(server: TestServer): Promise<number> {
  const response = await fetch(`${server.url}/healthz`);
  await response.body?.cancel();
  return response.status;
}

/** For what nobody announces. */
async function eventually(is: () => Promise<boolean>, otherwise: () => string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (!await is()) {
    if (performance.now() > until) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
