import assert from "node:assert/strict";
import { join } from "node:path";
import { makeRepo } from "../support/repo.ts";
import { startServer } from "../support/server.ts";

const AGENT = `#!/bin/sh
[ "$1" = --version ] && { echo "2.1.330 (Claude Code)"; exit 0; }
echo "$AUTOPILOT_URL with $AUTOPILOT_TOKEN" >&2
exit 3
`;

Deno.test("S2 each agent finds the board's address and a token of its own, which no message shows", async () => {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-agent-token-" });
  try {
    await using repo = await makeRepo();
    const agent = join(folder, "claude");
    await Deno.writeTextFile(agent, AGENT, { mode: 0o755 });
    await using server = await startServer({
      auth: true,
      env: {
        ...repo.env,
        AUTOPILOT_RUNNER: "1",
        AUTOPILOT_WORKDIR: repo.path,
        AUTOPILOT_CLAUDE_BIN: agent,
        ANTHROPIC_API_KEY: "sk-ant-of-a-test-0000000000",
      },
    });
    await server.api("/issues", { json: { title: "T", status: "ready" } });
    const { reason } = await server.waitFor((event) => event.type === "run.finished", "run.finished");
    assert.ok(String(reason).includes(`${server.url} with [Autopilot token removed]`), String(reason));
    assert.equal(await server.stop(), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
