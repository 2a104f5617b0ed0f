import assert from "node:assert/strict";
import { realClaude } from "../support/claude_binary.ts";
import { conversation, say, use } from "../support/messages_api.ts";
import { startServer } from "../support/server.ts";
import { processesNaming } from "../support/processes.ts";
import {
  afterRun,
  assertCheckoutUntouched,
  detailsOf,
  eventsOf,
  fileIssue,
  startLoop,
  transcriptOf,
} from "./setup.ts";

const write = (text: string) => use(["Write", { file_path: "/workspace/answer.txt", content: text }]);

Deno.test({
  ...realClaude("the project's check goes back to the agent in its conversation until it is green"),
  async fn() {
    const project = {
      setup: "echo prepared > /caches/npm/prepared; echo generated > generated.txt",
      check:
        'test -s .env.test && cat /caches/npm/prepared && grep -q 42 answer.txt || { echo "want 42" >&2; exit 4; }',
      copy: [".env.test"],
      allowed_tools: ["Read", "Edit", "Write"],
      extra_prompt: "Answers belong into answer.txt.",
    };
    await using loop = await startLoop({
      files: {
        "README.md": "# Project\n",
        ".gitignore": ".env.test\n",
        "autopilot.json": JSON.stringify(project),
      },
      script: [
        write("41\n"),
        say("I wrote the answer."),
        use(["Edit", { file_path: "/workspace/answer.txt", old_string: "41", new_string: "42" }]),
        say("It is 42 now."),
      ],
      server: async (repo) => {
        await repo.write({ ".env.test": "KEY=CANARY\n" });
        return {};
      },
    });
    const { server, repo, model } = loop;
    const filed = await fileIssue(server, { title: "Write the answer" });
    const { issue, runs, comments } = await afterRun(server, filed);
    assert.equal(runs[0].outcome, "implemented", `${runs[0].reason}\n${server.log()}`);
    assert.equal(issue.status, "in_review");
    assert.equal(issue.checks, "passed");
    assert.match(issue.result, /It is 42 now/);
    assert.ok(comments.some(({ body }) => body.includes("It is 42 now.")));
    const changed = await repo.git("diff", "--name-status", "main", issue.branch);
    assert.equal(changed, "A\tanswer.txt");
    assert.equal(await repo.git("show", `${issue.branch}:answer.txt`), "42");

    // One conversation: the second process knows what the first said, and reads what the check said.
    assert.match(
      conversation(model.requests[0]).map(({ text }) => text).join(),
      /Answers belong into answer\.txt/,
    );
    const third = conversation(model.requests[2]).map(({ text }) => text).join("\n");
    assert.match(third, /I wrote the answer\..*ended with exit code 4.*prepared.*want 42/s);
    const tools = model.requests[0].body.tools as { name: string }[];
    const names = tools.map(({ name }) => name).filter((name) => name !== "DeferredToolPlaceholder");
    // The board's own tools are not the project's to take away.
    const [of_board, others] = [true, false].map((own) =>
      names.filter((name) => name.startsWith("mcp__autopilot__") === own)
    );
    assert.deepEqual(others.sort(), ["Edit", "Read", "Write"]);
    assert.ok(of_board.includes("mcp__autopilot__ask_human"));

    const transcript = await transcriptOf(server, runs[0]);
    const calls = transcript.flatMap((entry) => entry.type === "tool_call" ? [entry.tool] : []);
    assert.deepEqual(calls, ["Setup", "Write", "Check", "Edit", "Check"]);
    assert.deepEqual(transcript.map(({ seq }) => seq), transcript.map((_, index) => index + 1));
    const phases = (await eventsOf(server)).flatMap(({ type, phase }) =>
      type === "agent.status" && phase ? [phase] : []
    );
    assert.match(phases.join(" "), /running checking running checking finishing/);
    await assertCheckoutUntouched(repo);
  },
});

Deno.test({
  ...realClaude("a stop over the API ends a check within 10 s, keeps the work and leaves no process"),
  async fn() {
    await using loop = await startLoop({
      script: [write("41\n"), say("Done.")],
      server: (repo) => ({
        env: {
          AUTOPILOT_CHECK: `trap '' TERM; echo "$PWD" ${repo.dir}; setsid sleep 987654321 & sleep 987654321`,
        },
      }),
    });
    const { server, repo } = loop;
    const filed = await fileIssue(server, { title: "Write the answer" });
    await server.waitFor(({ type, phase }) => type === "agent.status" && phase === "checking", "the check");
    const asked = performance.now();
    const { status } = await server.api(`/issues/${filed.id}/stop`, { json: {} });
    assert.equal(status, 202);
    const { issue, runs } = await afterRun(server, filed);
    assert.ok(performance.now() - asked < 10_000);
    assert.equal(runs[0].outcome, "stopped");
    assert.equal(issue.checks, "");
    assert.equal(await repo.git("show", `${issue.branch}:answer.txt`), "41");
    const left = await processesNaming(repo.dir, [server.pid]);
    assert.deepEqual(left.filter((line) => line.includes("sleep") || line.includes("bwrap")), []);
    assert.equal((await detailsOf(server, filed)).issue.status, "backlog");
  },
});

Deno.test({
  ...realClaude(
    "a server killed during a check leaves no process; the next one has the work checked and reviewed",
  ),
  async fn() {
    // In the caches as they outlive the workspace: the first check hangs, the next one is green.
    const check =
      "test -e /caches/npm/seen || { touch /caches/npm/seen; echo junk > junk.txt; sleep 987654; }";
    await using loop = await startLoop({
      script: [write("41\n"), say("Done."), say("It was done already.")],
      server: () => ({ env: { AUTOPILOT_CHECK: check } }),
    });
    const { repo } = loop;
    const filed = await fileIssue(loop.server, { title: "Write the answer" });
    const seen = `${repo.dir}/data/caches`;
    await loop.server.waitFor(
      ({ type, phase }) => type === "agent.status" && phase === "checking",
      "the check",
    );
    await appears(seen);
    await loop.server.kill();
    await vanish(repo.dir);
    await using next = await startServer(loop.options);
    const { issue, runs } = await afterRun(next, filed, 2);
    assert.deepEqual(runs.map(({ outcome }) => outcome), ["lost", "implemented"], next.log());
    assert.equal(issue.checks, "passed");
    assert.equal(issue.status, "in_review");
    assert.equal(await repo.git("diff", "--name-status", "main", issue.branch), "A\tanswer.txt");
  },
});

/** Resolves when a check of the test has begun: it leaves a file in the caches. */
async function appears(caches: string): Promise<void> {
  await eventually(async () => {
    for await (const { name } of Deno.readDir(caches)) {
      const found = await Deno.stat(`${caches}/${name}/members/npm/seen`).catch(() => null);
      if (found !== null) return true;
    }
    return false;
  }, "the check did not begin");
}

/** Resolves when no process names the folder any more. */
async function vanish(folder: string): Promise<void> {
  await eventually(async () => (await processesNaming(folder)).length === 0, "processes are left");
}

async function eventually(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
