import assert from "node:assert/strict";
import { agentBench, tell } from "../support/agent.ts";
import { realClaude } from "../support/claude_binary.ts";
import { conversation, say, use } from "../support/messages_api.ts";
import { afterRun, detailsOf, fileIssue, startLoop, transcriptOf } from "./setup.ts";

/** In how many processes' arguments the token stands. */
const IN_ARGUMENTS = "printenv AUTOPILOT_TOKEN | grep -lF -f - /proc/[0-9]*/cmdline 2>/dev/null | wc -l";

Deno.test({
  ...realClaude(
    "S13, S17 an agent files, comments and asks by the board's tools, and goes on with the answer",
  ),
  async fn() {
    await using loop = await startLoop({
      server: () => ({ auth: true }),
      script: [
        use(
          ["mcp__autopilot__search_issues", { query: "colour" }],
          ["mcp__autopilot__file_issue", { title: "The footer is broken too", body: "Seen on the way." }],
          ["mcp__autopilot__comment", { issue: 1, body: "I look at the style sheet now." }],
        ),
        use(["mcp__autopilot__claim_issue", {}], ["Bash", { command: IN_ARGUMENTS }], [
          "mcp__autopilot__ask_human",
          { question: "Red or blue?" },
        ]),
        say("I wait for the answer."),
        use(["Write", { file_path: "/workspace/colour.txt", content: "blue\n" }]),
        say("It is blue now."),
        use(["Bash", { command: "echo token=${AUTOPILOT_TOKEN:-none}" }]),
        say("Nothing to do."),
      ],
    });
    const { server, model, repo } = loop;
    const filed = await fileIssue(server, { title: "Pick a colour" });
    const asked = await afterRun(server, filed);
    assert.deepEqual([asked.issue.status, asked.runs[0].outcome], ["blocked", "needs_input"], server.log());
    assert.deepEqual(
      asked.comments.map(({ author_kind, body }) => [author_kind, body]),
      [["agent", "I look at the style sheet now."], ["agent", "Red or blue?"]],
    );
    const found = await detailsOf(server, { id: "2" });
    assert.deepEqual([found.issue.status, found.issue.trust], ["backlog", "agent"]);
    const entries = await transcriptOf(server, asked.runs[0]);
    const calls = entries.filter((entry) => entry.type === "tool_call").map(({ tool }) =>
      tool.split("__").at(-1)
    );
    assert.deepEqual(calls, ["search_issues", "file_issue", "comment", "claim_issue", "Bash", "ask_human"]);
    const results = entries.filter((entry) => entry.type === "tool_result");
    // What only a session by hand may is not there for it.
    assert.deepEqual(results.map(({ ok }) => ok), [true, true, true, false, true, true]);
    assert.equal(results[4].text, "0", "every user of the machine could read it there");

    await server.api(`/issues/${filed.id}/comments`, { json: { body: "Blue." } });
    const { issue, runs } = await afterRun(server, filed, 2);
    assert.deepEqual([issue.status, runs[1].outcome], ["in_review", "implemented"]);
    assert.match(conversation(model.requests.at(-1)!).map(({ text }) => text).join("\n"), /Blue\./);
    assert.equal(await repo.git("show", `${issue.branch}:colour.txt`), "blue");

    // A run on a text of a stranger has none of it, and no token either.
    const sent = await server.api<{ id: string }>("/feedback", { json: { message: "Make it red" } });
    const before = model.requests.length;
    await server.api(`/issues/${sent.body.id}/status`, { json: { status: "ready" } });
    const { runs: [narrow] } = await afterRun(server, { id: sent.body.id });
    assert.doesNotMatch(JSON.stringify(model.requests[before].body), /mcp__autopilot/);
    const said = (await transcriptOf(server, narrow)).find((entry) => entry.type === "tool_result");
    assert.equal(said?.text, "token=none");
    assert.equal(await server.stop(), 0);
  },
});

Deno.test({
  ...realClaude("an agent whose board does not answer works without the board's tools"),
  async fn() {
    // Takes connections and never says a word.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using t = await agentBench([
      use(["Write", { file_path: "/workspace/a.txt", content: "a\n" }]),
      say("Done."),
    ]);
    const env = { AUTOPILOT_URL: `http://127.0.0.1:${silent.addr.port}`, AUTOPILOT_TOKEN: "t" };
    const agent = t.start("Work", { board_tools: true, env: { ...t.repo.env, ...t.api.env, ...env } });
    const { result, exit } = await tell(agent);
    assert.deepEqual([result?.ok, result?.text, exit.code], [true, "Done.", 0]);
  },
});
