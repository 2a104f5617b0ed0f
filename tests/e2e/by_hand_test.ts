import assert from "node:assert/strict";
import { join } from "node:path";
import { CLAUDE_BINARY, realClaude } from "../support/claude_binary.ts";
import { say, type Script, startMessagesApi, use } from "../support/messages_api.ts";
import { makeRepo } from "../support/repo.ts";
import { cleanEnv, startServer } from "../support/server.ts";
import { afterRun, fileIssue } from "./setup.ts";

const QUIET = {
  DISABLE_AUTOUPDATER: "1",
  DISABLE_TELEMETRY: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  GIT_AUTHOR_NAME: "Anna",
  GIT_AUTHOR_EMAIL: "anna@example.invalid",
  GIT_COMMITTER_NAME: "Anna",
  GIT_COMMITTER_EMAIL: "anna@example.invalid",
};
const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test({
  ...realClaude(
    "Claude Code in a terminal takes an issue by hand, over HTTP and over stdio, and reports its branch",
  ),
  async fn() {
    await using repo = await makeRepo({ "README.md": "# Project\n" });
    await using server = await startServer({ auth: true, env: { AUTOPILOT_WORKDIR: repo.path } });
    const { token } = await server.mint("member", { name: "anna" });
    const ways: [name: string, added: (home: string) => string[]][] = [
      ["http", () => [
        "--transport",
        "http",
        "autopilot",
        `${server.url}/mcp`,
        "--header",
        `Authorization: Bearer ${token}`,
      ]],
      ["stdio", () => [
        "autopilot",
        "-e",
        `AUTOPILOT_URL=${server.url}`,
        "-e",
        `AUTOPILOT_TOKEN=${token}`,
        "--",
        Deno.execPath(),
        ...[
          "run",
          "-q",
          "--cached-only",
          "--config",
          join(ROOT, "deno.json"),
          "-P=server",
          join(ROOT, "main.ts"),
        ],
        "mcp",
      ]],
    ];
    for (const [number, [name, added]] of ways.entries()) {
      const issue = await fileIssue(server, { title: `Say hello by ${name}` });
      const branch = `autopilot/${number + 1}-say-hello-by-${name}`;
      const script: Script = (request, n) => {
        if (n === 0) return use(["mcp__autopilot__claim_issue", { issue: issue.number }]);
        if (n === 1) {
          return use(
            ["Write", { file_path: `${repo.path}/hello.txt`, content: name }],
            ["Bash", { command: `git switch -qc ${branch}` }],
            ["Bash", { command: "git add ." }],
            ["Bash", { command: "git commit -qm Hello" }],
          );
        }
        if (n > 2) return say("Reported.");
        const run_id = /as run_id ([0-9a-f-]{36})/.exec(JSON.stringify(request.body.messages))?.[1] ?? "none";
        return use(["mcp__autopilot__report", {
          run_id,
          outcome: "implemented",
          summary: `Hello by ${name}`,
        }]);
      };
      await using model = startMessagesApi(script);
      const home = join(repo.dir, `home-${name}`);
      const env = {
        ...await cleanEnv(home),
        ...repo.env,
        ...model.env,
        HOME: home,
        ...QUIET,
      };
      await Deno.mkdir(home);
      const claude = async (...args: string[]) => {
        const command = new Deno.Command(CLAUDE_BINARY, {
          args,
          env,
          clearEnv: true,
          cwd: repo.path,
          stdin: "null",
        });
        const { code, stdout, stderr } = await command.output();
        const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
        assert.equal(code, 0, said);
        return said;
      };
      await claude("mcp", "add", ...added(home));
      await claude(
        "-p",
        "Take the issue",
        "--permission-mode=acceptEdits",
        "--allowedTools=mcp__autopilot,Bash(git *)",
      );
      const { issue: now, runs } = await afterRun(server, issue);
      assert.deepEqual(
        [now.status, now.branch, now.result, runs[0].agent_id],
        ["in_review", branch, `Hello by ${name}`, "anna-by-hand"],
      );
      assert.equal(runs[0].commit, await repo.git("rev-parse", branch));
      const { body: diff } = await server.api<{ files: { path: string }[] }>(`/issues/${issue.id}/diff`);
      assert.deepEqual(diff.files.map(({ path }) => path), ["hello.txt"]);
      await repo.git("switch", "-q", "-");
    }
    assert.equal(await server.stop(), 0);
  },
});
