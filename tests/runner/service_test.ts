import assert from "node:assert/strict";
import { makeBench } from "./bench.ts";

Deno.test("runner claims a ready issue at once, commits what the agent did and moves it to review", async () => {
  await using bench = await makeBench();
  const runner = bench.runner(async (agent) => {
    agent.log({ type: "text", text: "I look around" });
    await agent.write("README.md", "# Better\n");
    await agent.write("new/file.txt", "new\n");
    agent.result({ text: "I made it **better**." });
  });
  await runner.start();
  const filed = await bench.file();
  const { issue, run, comments } = await bench.finished(filed);

  assert.equal(run.outcome, "implemented");
  assert.equal(issue.status, "in_review");
  assert.equal(issue.branch, "autopilot/1-make-it-better");
  assert.equal(issue.result, "I made it **better**.");
  assert.equal(run.commit, await bench.repo.git("rev-parse", issue.branch));
  assert.equal(
    await bench.repo.git("show", "--format=%an <%ae>", "--name-only", issue.branch),
    [
      "Robo <robo@example.invalid>",
      "",
      "README.md",
      "new/file.txt",
    ].join("\n"),
  );
  assert.equal(await bench.repo.git("status", "--porcelain"), "");
  assert.deepEqual(comments.map(({ author, author_kind }) => [author, author_kind]), [["robo", "agent"], [
    "autopilot",
    "system",
  ]]);
  assert.equal(comments[0].body, "I made it **better**.");
  assert.match(comments[1].body, /ready for review.*Branch `autopilot\/1-make-it-better`/s);
  const { entries } = await bench.store.runLog.read(run.id, 0, 100);
  assert.deepEqual(entries.map(({ seq, type }) => [seq, type]), [[1, "text"], [2, "result"]]);
  assert.equal(run.session_id, bench.requests[0].session.id);
  assert.equal(run.cost_usd, 0.5);
});
