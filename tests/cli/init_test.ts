import assert from "node:assert/strict";
import { cliFor } from "../support/cli.ts";
import { mainCommand, startServer } from "../support/server.ts";
import { PATIENCE_MS, within } from "../support/wait.ts";

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

/** Runs the command line on a terminal of its own; `$*` is enough as no argument holds a blank. */
const ON_A_TERMINAL = ["sh", "-c", 'exec script -qec "$*" /dev/null', "sh"];

Deno.test("init asks on a terminal, again where an answer can't be used, and only what matters", async () => {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    const options = { wrapper: ON_A_TERMINAL, args: ["init"], env: { AUTOPILOT_PORT: "", TERM: "xterm" } };
    const child = (await mainCommand(options, folder, `${folder}/data`, "piped")).spawn();
    const writer = child.stdin.getWriter();
    let screen = "";
    const answers: [question: string, answer: string][] = [
      ["Port of the board [8787]:", "90000"],
      ["from 0 to 65535 is needed", ""],
      ["Port of the board [8787]:", "0"],
      ["Shall agents work on ready issues? (yes or no) [0]:", "yes"],
      ["Git repository that they work for", "project"],
      ["checks their work", ""],
      ["dollars that they may cost in one day (0: no limit) [0]:", "7.5"],
    ];
    const read = (async () => {
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        screen += part;
        for (let at; answers.length > 0 && (at = screen.indexOf(answers[0][0])) !== -1;) {
          const [question, answer] = answers.shift()!;
          screen = screen.slice(at + question.length);
          if (!question.endsWith("needed")) await writer.write(new TextEncoder().encode(`${answer}\n`));
        }
      }
    })();
    const late = () => `waiting for ${answers[0]?.[0]}:\n${screen}`;
    const [{ code }] = await within(Promise.all([child.status, read]), PATIENCE_MS, late)
      .catch((error) => {
        child.kill("SIGKILL");
        throw error;
      });
    await writer.abort().catch(() => {});
    await child.stderr.cancel();
    assert.equal(code, 0, screen);
    assert.deepEqual(answers, []);
    const text = await Deno.readTextFile(`${folder}/data/autopilot.env`);
    const set = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.deepEqual(set, [
      "AUTOPILOT_PORT=0",
      "AUTOPILOT_RUNNER=1",
      `AUTOPILOT_WORKDIR=${folder}/project`,
      "AUTOPILOT_MAX_USD_PER_DAY=7.5",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
