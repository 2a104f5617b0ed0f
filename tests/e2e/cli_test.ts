import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { makeRepo } from "../support/repo.ts";
import { runMain, startServer } from "../support/server.ts";

Deno.test("main prints help and version and ends with 0", async () => {
  const overview = await runMain({ args: ["--help"] });
  assert.equal(overview.code, 0);
  assert.match(overview.stdout, /^ {2}serve .*\n/m);
  const help = await runMain({ args: ["serve", "--help"] });
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--poll-seconds .*\n?.*AUTOPILOT_POLL_SECONDS/);
  assert.equal(help.stderr, "");
  const version = await runMain({ args: ["--version"] });
  assert.deepEqual(version, { code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

Deno.test("main ends with 2 and names the option that can't be used", async () => {
  const flag = await runMain({ args: ["--prot", "1"] });
  assert.equal(flag.code, 2);
  assert.match(flag.stderr, /--prot[\s\S]*--port/);
  const variable = await runMain({ env: { AUTOPILOT_POL_SECONDS: "1" } });
  assert.equal(variable.code, 2);
  assert.match(variable.stderr, /AUTOPILOT_POL_SECONDS.*AUTOPILOT_POLL_SECONDS/);
  const host = await runMain({ args: ["--host", "0.0.0.0", "--auth", "off"] });
  assert.equal(host.code, 2);
  assert.match(host.stderr, /AUTOPILOT_AUTH = "off".*AUTOPILOT_HOST = "0\.0\.0\.0"/);
  assert.doesNotMatch(host.stderr, /\n\s+at /, "a stack is of no use to whoever mistyped an option");
});

Deno.test("S22 main makes its data folder for its owner alone, listens, and ends with 0 on SIGINT", async () => {
  await using server = await startServer();
  const page = await fetch(`${server.url}/autopilot`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type") ?? "", /html/);
  await page.body?.cancel();
  const health = await fetch(`${server.url}/healthz`);
  assert.equal(health.status, 200);
  await health.body?.cancel();

  assert.equal((await Deno.stat(server.data)).mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(`${server.data}/autopilot.db`)).mode! & 0o777, 0o600);
  server.signal("SIGINT");
  assert.equal((await server.exited).code, 0);
});

Deno.test("main takes options from the file in its data folder, and its board survives a restart", async () => {
  const data = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    await Deno.writeTextFile(`${data}/autopilot.env`, "# mine\nAUTOPILOT_LOG_FORMAT=json\n");
    {
      await using server = await startServer({ data });
      await server.api("/issues", { json: { title: "Kept" } });
      assert.equal(await server.stop(), 0);
      assert.equal(JSON.parse(server.log().split("\n").at(-1) ?? "").message, "Stopped");
    }
    await using again = await startServer({ data });
    const { body } = await again.api<{ title: string }[]>("/issues");
    assert.deepEqual(body.map(({ title }) => title), ["Kept"]);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("main says that the port is taken and how to take another", async () => {
  await using server = await startServer();
  const { code, stderr } = await runMain({ env: { AUTOPILOT_PORT: new URL(server.url).port } });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`port ${new URL(server.url).port}.*--port`));
});

Deno.test("main says what is wrong with the work folder or the agent before it listens", async () => {
  await using repo = await makeRepo();
  const on = { ...repo.env, AUTOPILOT_RUNNER: "1" };
  const none = await runMain({ env: { ...on, AUTOPILOT_WORKDIR: repo.dir } });
  assert.equal(none.code, 1);
  assert.ok(none.stderr.includes(repo.dir), none.stderr);
  const agent = await runMain({
    env: { ...on, AUTOPILOT_WORKDIR: repo.path, AUTOPILOT_CLAUDE_BIN: "no-such-agent" },
  });
  assert.equal(agent.code, 1);
  assert.match(agent.stderr, /no-such-agent.*AUTOPILOT_CLAUDE_BIN/);
});

Deno.test("main says that the database can't be opened, without its password", async () => {
  const { code, stderr } = await runMain({
    env: { AUTOPILOT_DATABASE_URL: "postgres://me:hush@127.0.0.1:1/none" },
  });
  assert.equal(code, 1);
  assert.match(stderr, /database .*127\.0\.0\.1:1/);
  assert.doesNotMatch(stderr, /hush/);
});

Deno.test("main takes the signals of one Ctrl-C, however many programs pass it on, as one", async () => {
  await using server = await startServer();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) server.signal(signal);
  assert.equal((await server.exited).code, 0);
  await server.kill();
  assert.match(server.log(), /Stopped$/);
});
