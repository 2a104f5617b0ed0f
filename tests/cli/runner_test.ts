import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { CLAUDE_BINARY, realClaude } from "../support/claude_binary.ts";
import { cliFor } from "../support/cli.ts";
import { say, startMessagesApi, use } from "../support/messages_api.ts";
import { makeRepo } from "../support/repo.ts";
import { startServer } from "../support/server.ts";

/** Whether the process, or one of its threads, holds a TCP socket that listens. Linux only. */
async function listens(pid: number): Promise<boolean> {
  const sockets = new Set<string>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  const tables = await Promise.all(["tcp", "tcp6"].map((table) => Deno.readTextFile(`/proc/net/${table}`)));
  return tables.join("\n").split("\n").map((line) => line.trim().split(/\s+/))
    .some((columns) => columns[3] === "0A" && sockets.has(columns[9]));
}

Deno.test({
  ...realClaude(
    "runner works on the board of another process without a port, and logs -f follows it to the end",
  ),
  async fn() {
    const held = Promise.withResolvers<void>();
    await using repo = await makeRepo({ "README.md": "# Project\n" });
    await using model = startMessagesApi([
      use(["Write", { file_path: "/workspace/new.txt", content: "new\n" }]),
      { wait: held.promise, ...say("Written \x1b[2Jas asked.") },
    ]);
    await using server = await startServer({ data: `${repo.dir}/data` });
    await using cli = await cliFor(server);
    const env = {
      ...repo.env,
      ...model.env,
      AUTOPILOT_DATA: server.data,
      AUTOPILOT_WORKDIR: repo.path,
      AUTOPILOT_CLAUDE_BIN: CLAUDE_BINARY,
    };
    const open = await cli.run(["runner"], { env });
    assert.equal(open.code, 1);
    assert.match(open.stderr, /board at http:\S+ is open.*AUTOPILOT_AUTH=on/);

    const runner = await cli.start(["runner", "--auth", "off"], env);
    await runner.line(/^Autopilot \S+ works in /);
    assert.equal(await listens(server.pid), true, "the search finds no socket at all");
    assert.equal(await listens(runner.pid), false);
    const issue = await cli.json<Issue>(["issue", "new", "Add a file", "--ready"]);
    await model.request(2);
    const logs = await cli.start(["logs", String(issue.number), "-f"]);
    await logs.line(/tool_call +Write .*new\.txt/);
    held.resolve();
    assert.equal(await logs.code, 0);
    assert.match(logs.lines.join("\n"), /result +Written \\u\{1b\}\[2Jas asked\.\n +\d turns, \$/);
    const ended = await cli.run(["issue", "watch", "1", "--until", "in_review"]);
    assert.equal(ended.code, 0, ended.stderr);

    const entries = await cli.run(["logs", "1", "--json"]);
    const seqs = entries.stdout.trim().split("\n").map((line) => JSON.parse(line).seq);
    assert.deepEqual(seqs, seqs.map((_, index) => index + 1));
    const agents = await cli.run(["agents"]);
    assert.match(agents.stdout, /^\S+ +idle +since /);
    runner.signal("SIGTERM");
    assert.equal(await runner.code, 0);
  },
});
