import assert from "node:assert/strict";
import { realClaude } from "../support/claude_binary.ts";
import { fail, say, type Script } from "../support/messages_api.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { afterRun, assertCheckoutUntouched, type Details, fileIssue, startLoop } from "./setup.ts";

/** One run of one issue; its details, after a look at the repository: no branch, nothing touched. */
async function runWithoutChanges(
  script: Script,
  fields: Partial<Issue> = {},
  agent?: string,
): Promise<Details> {
  await using loop = await startLoop({
    script,
    server: async (repo) => {
      if (agent === undefined) return {};
      const path = `${repo.dir}/agent`;
      await Deno.writeTextFile(path, agent, { mode: 0o755 });
      return { env: { AUTOPILOT_CLAUDE_BIN: path } };
    },
  });
  const filed = await fileIssue(loop.server, { title: "Do something", ...fields });
  const details = await afterRun(loop.server, filed);
  assert.equal(await loop.repo.git("branch", "--list", "autopilot/*"), "");
  assert.equal(details.issue.branch === "" || details.runs[0].commit === "", true);
  await assertCheckoutUntouched(loop.repo);
  assert.equal(await loop.server.stop(), 0);
  return details;
}

function lastWords({ comments }: Details): string {
  return comments.map(({ body }) => body).join("\n");
}

Deno.test({
  ...realClaude("a refused key blocks the issue and says what to do"),
  async fn() {
    const details = await runWithoutChanges(() => fail(401, "invalid x-api-key", "authentication_error"));
    assert.equal(details.issue.status, "blocked");
    assert.equal(details.runs[0].outcome, "failed");
    assert.match(lastWords(details), /ANTHROPIC_API_KEY|log ?in/i);
  },
});

Deno.test({
  ...realClaude("an overloaded API parks the issue as ready for a later attempt"),
  async fn() {
    const started = new Date().toISOString();
    const details = await runWithoutChanges(() => fail(529, "Overloaded", "overloaded_error"));
    assert.equal(details.issue.status, "ready");
    assert.equal(details.runs[0].outcome, "failed");
    assert.ok(details.issue.not_before > started, details.issue.not_before);
    assert.match(lastWords(details), /again|attempt|retr/i);
  },
});

Deno.test({
  ...realClaude("an agent that says it is done but changed nothing blocks the issue"),
  async fn() {
    const details = await runWithoutChanges([say("All done, everything is implemented!")]);
    assert.equal(details.issue.status, "blocked");
    assert.equal(details.runs[0].outcome, "no_change");
    assert.match(lastWords(details), /All done, everything is implemented!/);
  },
});

Deno.test({
  ...realClaude("a question that is answered without a change goes to review with the answer as result"),
  async fn() {
    const details = await runWithoutChanges([say("It is written in Deno.")], { kind: "question" });
    assert.equal(details.issue.status, "in_review");
    assert.equal(details.runs[0].outcome, "no_change");
    assert.match(details.issue.result, /written in Deno/);
  },
});

Deno.test("an agent that exits without a result is a failed run, not a finished one", async () => {
  const agent = `#!/bin/sh
case "$1" in --version) echo "2.1.330 (Claude Code)"; exit 0 ;; esac
read -r prompt
echo "The library libexample.so is missing" >&2
exit 3
`;
  const details = await runWithoutChanges([], {}, agent);
  assert.equal(details.runs[0].outcome, "failed");
  assert.ok(["ready", "blocked"].includes(details.issue.status), details.issue.status);
  assert.match(lastWords(details), /code 3|libexample/);
});
