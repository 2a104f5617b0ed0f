import assert from "node:assert/strict";
import { dirname } from "node:path";
import { CLAUDE_BINARY, realClaude } from "../support/claude_binary.ts";
import { say, use } from "../support/messages_api.ts";
import { runMain } from "../support/server.ts";
import { makeRepo } from "../support/repo.ts";
import { afterRun, assertCheckoutUntouched, fileIssue, startLoop } from "./setup.ts";

const ROOT = dirname(dirname(import.meta.dirname!));
const EDIT = [use(["Write", { file_path: "/workspace/new.txt", content: "new\n" }]), say("Done.")];

/** The permission flags and variables of the command line that SECURITY.md gives, with places of this test put in. */
async function narrowCommand(
  places: Record<string, string>,
): Promise<{ env: Record<string, string>; flags: string[] }> {
  const page = await Deno.readTextFile(new URL("../../SECURITY.md", import.meta.url));
  const command = /```sh\n(?<command>[^`]*deno run [^`]*)```/.exec(page)?.groups?.command;
  assert.ok(command !== undefined, "SECURITY.md gives no command line");
  let text = command.replaceAll("\\\n", " ");
  for (const [place, here] of Object.entries(places)) {
    assert.ok(text.includes(place), `the command line does not name ${place}`);
    text = text.replaceAll(place, here);
  }
  const words = text.split(/\s+/).filter((word) => word !== "");
  const env = Object.fromEntries(words.slice(0, words.indexOf("deno")).map((word) => word.split("=")));
  return {
    env,
    flags: words.slice(words.indexOf("run") + 1, words.findLastIndex((word) => word.endsWith("/main.ts"))),
  };
}

/** A port that was free a moment ago: the narrow flags must name it before the server starts. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test({
  ...realClaude("the loop runs under the narrow command line of SECURITY.md"),
  async fn() {
    const port = freePort();
    await using loop = await startLoop({
      script: EDIT,
      server: async (repo) => {
        const { env, flags } = await narrowCommand({
          "/srv/autopilot": ROOT,
          "/srv/project": repo.path,
          "/srv/claude-code": dirname(CLAUDE_BINARY),
          "/var/lib/autopilot": `${repo.dir}/data`,
          "8787": String(port),
        });
        assert.ok(flags.includes(`--allow-net=127.0.0.1:${port}`), flags.join(" "));
        return { permissions: flags, env: { ...env, AUTOPILOT_PORT: String(port) } };
      },
    });
    const filed = await fileIssue(loop.server, { title: "Add a file" });
    const { issue, runs } = await afterRun(loop.server, filed);
    assert.equal(issue.status, "in_review", loop.server.log());
    assert.equal(runs[0].outcome, "implemented");
    assert.equal(await loop.repo.git("show", `${issue.branch}:new.txt`), "new");
    await assertCheckoutUntouched(loop.repo);
    const page = await fetch(`${loop.server.url}/autopilot`);
    assert.equal(page.status, 200);
    await page.body?.cancel();
    assert.equal(await loop.server.stop(), 0);
    assert.doesNotMatch(loop.server.log(), /NotCapable|Requires .* access/);
  },
});

Deno.test("an agent outside of the allow-list is named, with the flag to add, when there is no sandbox to start it", async () => {
  await using repo = await makeRepo();
  const agent = `${repo.dir}/agent`;
  await Deno.writeTextFile(agent, "#!/bin/sh\necho '2.1.330 (Claude Code)'\n", { mode: 0o755 });
  // As root the runner refuses to go without a sandbox; in a user namespace it is nobody special.
  const wrapper = Deno.uid() === 0 ? ["unshare", "--user", "--map-user=1000"] : [];
  const { code, stderr } = await runMain({
    wrapper,
    env: {
      ...repo.env,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_SANDBOX: "off",
      AUTOPILOT_WORKDIR: repo.path,
      AUTOPILOT_CLAUDE_BIN: agent,
    },
  });
  assert.equal(code, 1, stderr);
  assert.ok(stderr.includes("--allow-run"), stderr);
  assert.ok(stderr.includes(agent), stderr);
});
