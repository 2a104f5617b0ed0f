import assert from "node:assert/strict";
import type { Call } from "../../src/cli/call.ts";
import { parseCommandLine } from "../../src/cli/command_line.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { ConfigError, envNameOf, flagNameOf, SERVER_OPTIONS } from "../../src/config.ts";

async function call(...args: string[]): Promise<Call> {
  const line = await parseCommandLine(args, "1");
  assert.equal(line.kind, "run", JSON.stringify(line));
  return line as Call;
}

async function printed(...args: string[]): Promise<string> {
  const line = await parseCommandLine(args, "1.2.3");
  assert.equal(line.kind, "print");
  return line.kind === "print" ? line.text : "";
}

const serve = await COMMANDS.find(({ name }) => name === "serve")!.load();

Deno.test("parseCommandLine() gives flags by option name, switches as 1; without a command it is serve", async () => {
  const flags = ["--poll-seconds", "3", "--runner", "--push=0", "--config", "f.env"];
  for (const args of [flags, ["serve", ...flags]]) {
    const line = await call(...args);
    assert.equal(line.command, serve);
    assert.deepEqual(line.flags, { poll_seconds: "3", runner: "1", push: "0" });
    assert.equal(line.config_file, "f.env");
    assert.deepEqual(line.input, { args: [], options: {} });
  }
  const bare = await call();
  assert.deepEqual([bare.command, bare.flags, bare.config_file], [serve, {}, null]);
});

Deno.test("parseCommandLine() names what is unknown and what is near", async () => {
  for (
    const [args, expected] of [
      [["--prot", "1"], /--prot[\s\S]*--port[\s\S]*autopilot serve --help/],
      [["--port"], /--port/],
      [["stray"], /no command "stray"[\s\S]*--help/],
      [["confg"], /did you mean "config"/],
      [["serve", "stray"], /Too many arguments/],
      [["--port", "1", "config"], /^Options follow .*: autopilot config --port …$/],
      [["--json", "issue", "list"], /^Options follow .*: autopilot issue list --json …$/],
      [
        ["issue", "move", "1", "later"],
        /^status = "later" can't be used: it is one of backlog, ready, .*done\n/,
      ],
      [["issue", "new", "x", "--kind", "it's"], /^--kind = "it's" can't be used: it is one of feature, /],
      [["version", "--port", "1"], /--port/],
    ] as const
  ) {
    await assert.rejects(parseCommandLine(args, "1"), (error: Error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, expected);
      return true;
    });
  }
});

Deno.test("parseCommandLine() prints the commands, a command's help, and the version", async () => {
  const overview = await printed("--help");
  for (const { name, summary } of COMMANDS) {
    assert.ok(overview.includes(`${name} `) && overview.includes(summary));
  }
  assert.equal(await printed("help"), overview);
  const help = await printed("serve", "--help");
  assert.equal(await printed("help", "serve"), help);
  for (const name of SERVER_OPTIONS) {
    assert.ok(help.includes(`${flagNameOf(name)} `) && help.includes(envNameOf(name)), name);
  }
  assert.equal(await printed("--version"), "1.2.3\n");
});

Deno.test("every command has a summary, examples of its own name, and a help text", async () => {
  for (const { name, summary, load } of COMMANDS) {
    assert.match(summary, /^[A-Z].*[^.]$/, name);
    const command = await load();
    assert.ok(command.examples.length > 0, name);
    for (const { line } of command.examples) {
      assert.ok(line === "" || line === name || line.startsWith(`${name} `), `${name}: ${line}`);
    }
    assert.match(await printed(...name.split(" "), "--help"), new RegExp(`^Usage: autopilot ${name}\\b`));
  }
});
