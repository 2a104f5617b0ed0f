import assert from "node:assert/strict";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { HandRuns, LOOK_MS } from "../../src/runner/hand_runs.ts";
import { newSecret } from "../../src/store/secrets.ts";
import { openTestApi } from "../api/support.ts";
import { cliFor } from "../support/cli.ts";
import { FakeTime } from "../runner/fake_time.ts";
import { type Tools, toolsOf } from "../support/mcp.ts";
import { cleanEnv } from "../support/server.ts";
import { ANN, newComment, newIssue } from "../support/store.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A board on a port, whose time is the test's. */
async function openBoard() {
  await using opened = new AsyncDisposableStack();
  const time = new FakeTime();
  let port = 0;
  const api = opened.use(await openTestApi({ clock: time, options: { auth: true, port: () => port } }));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, api.app.fetch);
  opened.defer(() => server.shutdown());
  port = server.addr.port;
  const { store, feed } = api;
  const onEvents = feed.subscribe.bind(feed);
  const by_hand = opened.use(new HandRuns({ store, clock: time, timers: time, onEvents }));
  by_hand.start();
  const { secret, hash } = newSecret("member");
  const input = { kind: "token", name: "Anna", scope: "member", origins: [], expires_at: "" } as const;
  await store.tokens.mint(input, hash, ANN);
  const folder = await Deno.makeTempDir({ prefix: "autopilot-mcp-" });
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  const env = {
    ...await cleanEnv(folder),
    AUTOPILOT_URL: `http://127.0.0.1:${port}`,
    AUTOPILOT_TOKEN: secret,
  };
  const all = opened.move();
  return { store, time, by_hand, env, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A session's process: `autopilot mcp`, as Claude Code starts it. */
async function startSession(env: Record<string, string>): Promise<Tools & { kill(): Promise<void> }> {
  const transport = new StdioClientTransport({
    command: Deno.execPath(),
    args: [
      "run",
      "-q",
      "--cached-only",
      "--config",
      join(ROOT, "deno.json"),
      "-P=server",
      join(ROOT, "main.ts"),
      "mcp",
    ],
    env,
    stderr: "ignore",
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  const pid = transport.pid!;
  const closed = new Promise<void>((resolve) => client.onclose = resolve);
  return Object.assign(toolsOf(client), {
    kill() {
      Deno.kill(pid, "SIGKILL");
      return closed;
    },
    // The client's own close() leaves its timers running.
    async [Symbol.asyncDispose]() {
      if (transport.pid !== null) Deno.kill(pid, "SIGTERM");
      await closed;
    },
  });
}

Deno.test("autopilot mcp hands the board's tools to a session, and a killed session frees its issue", async () => {
  await using board = await openBoard();
  const { store, time, by_hand } = board;
  const { id } = await store.issues.create(newIssue({ title: "Fix it" }), ANN);
  await using session = await startSession(board.env);
  const tools = await session.list();
  assert.deepEqual([tools.length, tools.includes("claim_issue")], [9, true]);
  assert.match((await session.call("list_issues")).text, /#1 ready.*Fix it/);
  const missing = await session.call("read_issue", { issue: 7 });
  assert.deepEqual([missing.ok, missing.text], [false, 'No issue "7" exists']);

  const { run_id } = await session.call("claim_issue");
  const [{ lease }] = await store.runs.active();
  assert.equal(Date.parse(lease.lease_until), time.now().getTime() + 3 * 60_000, "the process keeps it");
  // What the process does by itself has told the model nothing.
  await store.comments.add(id, newComment("In blue"), ANN);
  assert.match(
    (await session.call("report", { run_id, outcome: "implemented", summary: "Done" })).text,
    /In blue/,
  );

  await session.kill();
  for (let at = 0; at <= 3 * 60_000; at += LOOK_MS) {
    time.advance(LOOK_MS);
    await by_hand.look();
  }
  const issue = await store.issues.get("1");
  assert.deepEqual([issue.status, issue.outcome], ["ready", "lost"]);
  assert.match((await store.comments.list(id)).at(-1)?.body ?? "", /not heard of.*The issue is ready again/s);

  await using next = await startSession(board.env);
  const again = await next.call("claim_issue", { issue: 1 });
  const said = await next.call("report", {
    run_id: again.run_id,
    outcome: "no_change",
    summary: "It is so already",
  });
  assert.match(said.text, /is in Blocked now/);
  assert.equal((await store.issues.get("1")).status, "blocked");
});

Deno.test("autopilot mcp says in its answers what is wrong with server or token", async () => {
  await using board = await openBoard();
  await using stranger = await startSession({ ...board.env, AUTOPILOT_TOKEN: `ap_m_${"x".repeat(43)}` });
  const { ok, text } = await stranger.call("list_issues");
  assert.equal(ok, false);
  assert.match(text, /does not take the token in AUTOPILOT_TOKEN/);

  const url = "http://127.0.0.1:9";
  await using cli = await cliFor({ url });
  const ended = await cli.run(["mcp"], { stdin: "no JSON\n" });
  assert.deepEqual(
    [ended.code, ended.stdout],
    [0, ""],
    "it ends with its input, and says nothing that is no protocol",
  );
});
