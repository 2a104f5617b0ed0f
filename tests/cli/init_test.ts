import assert from "node:assert/strict";
import { cliFor } from "../support/cli.ts";
import { startServer } from "../support/server.ts";

const NOWHERE = { url: "http://127.0.0.1:1" };

Deno.test("init writes what flags say for its owner alone, a server starts with it, and it is not replaced", async () => {
  await using cli = await cliFor(NOWHERE);
  const data = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    const env = { AUTOPILOT_DATA: data, AUTOPILOT_PORT: "" };
    const args = ["init", "--yes", "--check", "npm test -- 'a b'", "--log-format", "json", "--port", "0"];
    const made = await cli.run(args, { env });
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^Wrote .*autopilot\.env\nStart the board with: autopilot\n$/);
    const path = `${data}/autopilot.env`;
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const text = await Deno.readTextFile(path);
    assert.match(text, /^# Port to listen on.*\nAUTOPILOT_PORT=0$/m);
    assert.match(text, /^AUTOPILOT_CHECK=`npm test -- 'a b'`$/m);

    const again = await cli.run(args, { env });
    assert.deepEqual([again.code, await Deno.readTextFile(path)], [1, text]);
    assert.match(again.stderr, /is there already.*--force/);
    assert.equal((await cli.run([...args, "--force", "--json"], { env })).code, 0);
    const nobody = await cli.run(["init", "--force"], { env });
    assert.equal(nobody.code, 2);
    assert.match(nobody.stderr, /no terminal: --yes/);

    await using server = await startServer({ data, env: { AUTOPILOT_PORT: "" } });
    assert.equal(await server.stop(), 0);
    assert.equal(JSON.parse(server.log().split("\n").at(-1) ?? "").message, "Stopped");
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("SIGHUP takes over the log level, names what waits for a restart, and survives a broken file", async () => {
  const data = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  const path = `${data}/autopilot.env`;
  try {
    await using server = await startServer({ data });
    await Deno.writeTextFile(path, "AUTOPILOT_LOG_FORMAT=json\nAUTOPILOT_CONCURRENCY=3\n");
    server.signal("SIGHUP");
    await server.logged(/AUTOPILOT_CONCURRENCY/);
    const lines = server.log().split("\n").slice(-2).map((line) => JSON.parse(line));
    assert.match(lines[0].message, /changed: AUTOPILOT_LOG_FORMAT/);
    assert.deepEqual([lines[1].level, lines[1].names], ["warning", "AUTOPILOT_CONCURRENCY"]);
    await Deno.writeTextFile(path, "AUTOPILOT_LOG_LEVL=debug\n");
    server.signal("SIGHUP");
    await server.logged(/kept as they are: .*did you mean AUTOPILOT_LOG_LEVEL/);
    assert.equal((await server.api("/issues")).status, 200);
    assert.equal(await server.stop(), 0);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
