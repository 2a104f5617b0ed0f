import assert from "node:assert/strict";
import { branchName } from "../../src/domain/issue.ts";
import { realClaude } from "../support/claude_binary.ts";
import { conversation, say, use } from "../support/messages_api.ts";
import {
  afterRun,
  assertCheckoutUntouched,
  detailsOf,
  eventsOf,
  fileIssue,
  startLoop,
  transcriptOf,
} from "./setup.ts";

Deno.test({
  ...realClaude("the loop takes an issue from ready to a reviewed branch with exactly the agent's changes"),
  async fn() {
    await using loop = await startLoop({
      script: [
        use(["Read", { file_path: "/workspace/src/app.txt" }]),
        use(
          ["Edit", { file_path: "/workspace/src/app.txt", old_string: "two", new_string: "three" }],
          ["Write", { file_path: "/workspace/docs/new file.md", content: "# New\n" }],
        ),
        say("I changed the second line and added a document."),
      ],
    });
    const { server, repo, model } = loop;
    const base = await repo.git("rev-parse", "HEAD");
    const filed = await fileIssue(server, { title: "Change the second line", body: "It should be three." });
    const { issue, runs, comments } = await afterRun(server, filed);

    assert.equal(issue.status, "in_review");
    assert.equal(issue.branch, branchName(issue.number, issue.title));
    assert.match(issue.result, /changed the second line/);
    assert.equal(runs.length, 1);
    assert.equal(runs[0].outcome, "implemented");
    assert.equal(runs[0].phase, "finished");
    assert.ok(runs[0].turns > 0 && runs[0].input_tokens > 0 && runs[0].output_tokens > 0);
    assert.ok(runs[0].cost_usd > 0 && runs[0].cost_usd === issue.cost_usd);
    assert.ok(comments.some(({ author_kind, body }) => author_kind === "agent" && /second line/.test(body)));

    // The branch: one commit on the base, exactly these changes, the configured author.
    assert.equal(await repo.git("rev-parse", `${issue.branch}^`), base);
    assert.equal(await repo.git("rev-parse", issue.branch), runs[0].commit);
    assert.deepEqual((await repo.git("diff", "--name-status", base, issue.branch)).split("\n"), [
      "A\tdocs/new file.md",
      "M\tsrc/app.txt",
    ]);
    assert.equal(await repo.git("show", `${issue.branch}:src/app.txt`), "one\nthree");
    assert.equal(
      await repo.git("show", "-s", "--format=%an <%ae>", issue.branch),
      "Robot <robot@example.invalid>",
    );
    await assertCheckoutUntouched(repo);
    assert.equal(await repo.git("rev-parse", "HEAD"), base);

    // The prompt carried the issue.
    const asked = conversation(model.requests[0]).map(({ text }) => text).join("\n");
    assert.match(asked, /Change the second line/);
    assert.match(asked, /It should be three\./);

    await assertWholeTranscript(server, runs[0]);
    await assertEventsInOrder(server, issue.id);
    assert.equal(await server.stop(), 0);
  },
});

async function assertWholeTranscript(...args: Parameters<typeof transcriptOf>): Promise<void> {
  const entries = await transcriptOf(...args);
  assert.deepEqual(entries.map(({ seq }) => seq), entries.map((_, index) => index + 1));
  const calls = entries.filter((entry) => entry.type === "tool_call").map(({ tool }) => tool);
  assert.deepEqual(calls, ["Read", "Edit", "Write"]);
  const results = entries.filter((entry) => entry.type === "tool_result");
  assert.deepEqual(results.map(({ ok }) => ok), [true, true, true]);
  assert.ok(entries.some((entry) => entry.type === "text" && /added a document/.test(entry.text)));
  assert.equal(entries.at(-1)?.type, "result");
}

async function assertEventsInOrder(server: Parameters<typeof eventsOf>[0], issue_id: string): Promise<void> {
  const all = await eventsOf(server);
  assert.deepEqual(all.map(({ seq }) => seq), all.map((_, index) => index + 1));
  const mine = all.filter((event) => event.issue_id === issue_id);
  const first = (type: string, fields: Record<string, unknown> = {}) => {
    const at = mine.findIndex((event) =>
      event.type === type && Object.keys(fields).every((key) => event[key] === fields[key])
    );
    assert.notEqual(at, -1, `no ${type} ${JSON.stringify(fields)}`);
    return at;
  };
  const order = [
    first("issue.created"),
    first("issue.status", { from: "ready", status: "in_progress" }),
    first("run.finished", { outcome: "implemented" }),
  ];
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
  assert.ok(first("run.started") < first("run.finished"));
  first("issue.status", { from: "in_progress", status: "in_review" });
  first("comment.added", { author_kind: "agent" });
}

Deno.test({
  ...realClaude("the loop asks, hears the answer in the same conversation, and goes on on the same branch"),
  async fn() {
    await using loop = await startLoop({
      script: [
        say("BLOCKED: Should the colour be red or blue?"),
        use(["Write", { file_path: "/workspace/colour.txt", content: "blue\n" }]),
        say("It is blue now."),
      ],
    });
    const { server, repo, model } = loop;
    const filed = await fileIssue(server, { title: "Pick a colour" });
    const asked = await afterRun(server, filed, 1);
    assert.equal(asked.issue.status, "blocked");
    assert.equal(asked.runs[0].outcome, "needs_input");
    const question = asked.comments.at(-1);
    assert.equal(question?.author_kind, "agent");
    assert.match(question?.body ?? "", /red or blue/);
    assert.equal(await repo.git("branch", "--list", "autopilot/*"), "");

    const reply = await server.api<{ unblocked: boolean }>(`/issues/${filed.id}/comments`, {
      json: { author: "ann", author_kind: "human", body: "Blue, please." },
    });
    assert.equal(reply.status, 201);
    assert.equal(reply.body.unblocked, true);

    const { issue, runs } = await afterRun(server, filed, 2);
    assert.equal(issue.status, "in_review");
    assert.deepEqual(runs.map(({ outcome }) => outcome), ["needs_input", "implemented"]);
    assert.equal(runs[1].session_id, runs[0].session_id);
    assert.equal(await repo.git("show", `${issue.branch}:colour.txt`), "blue");

    // The second run's request carries the first run's conversation.
    const talk = conversation(model.requests[1]);
    const ask = talk.findIndex(({ role, text }) => role === "assistant" && /red or blue/.test(text));
    const answer = talk.findIndex(({ role, text }) => role === "user" && /Blue, please\./.test(text));
    assert.ok(ask !== -1 && ask < answer, JSON.stringify(talk));
    const total = runs.reduce((sum, run) => sum + run.cost_usd, 0);
    assert.ok(Math.abs(total - issue.cost_usd) < 1e-9, "the runs' costs add up to the issue's");
    await assertCheckoutUntouched(repo);
    assert.equal((await detailsOf(server, filed)).issue.attempts, 2);
  },
});
