import assert from "node:assert/strict";
import { CLAUDE_BINARY } from "../support/claude_binary.ts";
import { EXECUTABLE, executable } from "../support/executable.ts";
import { conversation, say, use } from "../support/messages_api.ts";
import { endProcessesNaming, processesNaming } from "../support/processes.ts";
import { runMain, startServer } from "../support/server.ts";
import { within } from "../support/wait.ts";
import { afterRun, assertCheckoutUntouched, fileIssue, startLoop } from "../e2e/setup.ts";

/** After SIGKILL of the server, to no process at all, in milliseconds. */
const GONE_MS = 10_000;

async function allGone(folder: string): Promise<void> {
  while ((await processesNaming(folder)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test({
  ...executable("the executable's agent is killed with it, and the next start brings its work to review"),
  async fn() {
    assert.notEqual(CLAUDE_BINARY, "", "this needs the real claude: set AUTOPILOT_TEST_CLAUDE");
    const never = Promise.withResolvers<void>();
    let held = false;
    await using loop = await startLoop({
      script: (request) => {
        const said = conversation(request).map(({ text }) => text).join("\n");
        if (!said.includes("half.txt")) {
          return use(["Write", { file_path: "/workspace/half.txt", content: "half\n" }]);
        }
        if (held) return say("I went on and finished.");
        held = true;
        return { wait: never.promise, ...say("Never said.") };
      },
      server: () => ({ executable: EXECUTABLE }),
    });
    const { repo, model, options } = loop;
    try {
      const issue = await fileIssue(loop.server, { title: "Long work" });
      await model.request(2);
      assert.notDeepEqual(await processesNaming(repo.dir, [loop.server.pid]), [], "no agent was found");
      await loop.server.kill();
      await within(allGone(repo.dir), GONE_MS, () => "processes outlive the executable");

      await using again = await startServer(options);
      const { issue: now, runs } = await afterRun(again, issue, 2);
      assert.deepEqual(runs.map(({ outcome }) => outcome), ["lost", "implemented"], again.log());
      assert.equal(now.status, "in_review");
      assert.equal(await repo.git("show", `${now.branch}:half.txt`), "half");
      await assertCheckoutUntouched(repo);
      const logs = await runMain({
        executable: EXECUTABLE,
        env: { AUTOPILOT_URL: again.url },
        args: ["logs", String(issue.number), "-f"],
      });
      assert.equal(logs.code, 0, logs.stderr);
      assert.match(logs.stdout, /result +I went on and finished\./);
      assert.equal(await again.stop(), 0);
      assert.doesNotMatch(again.log(), /NotCapable|Requires .* access|does not keep locks/);
    } finally {
      await endProcessesNaming(repo.dir);
    }
  },
});
