import assert from "node:assert/strict";
import { join } from "node:path";
import { startAgent } from "../../src/process/claude.ts";
import { type CommandProcess, startCommand } from "../../src/process/command.ts";
import { probeSandbox, type Sandbox } from "../../src/process/sandbox.ts";
import { countProcesses, NO_SANDBOX, processesAppear } from "../support/agent.ts";

const ENV = { PATH: Deno.env.get("PATH") ?? "", HOME: "/tmp" };
const unique = () => String(crypto.getRandomValues(new Uint32Array(1))[0] % 1e8 + 1e8);

async function setup() {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-command-" });
  const real = await probeSandbox("bwrap", { env: ENV });
  return {
    dir,
    sandboxes: [real, NO_SANDBOX],
    real,
    start: (script: string, sandbox: Sandbox = real) =>
      startCommand({ sandbox, script, tree: dir, home: dir, read_only: [], read_write: [], env: ENV }),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

async function tell(command: CommandProcess): Promise<{ text: string; code: number; signal: string }> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of command.output) text += decoder.decode(chunk, { stream: true });
  return { text, ...await command.exited };
}

Deno.test("startCommand() hands on both outputs in order, and the exit code", async () => {
  await using t = await setup();
  for (const sandbox of t.sandboxes) {
    const said = await tell(t.start("echo 1; echo 2 >&2; echo 3; read line && echo never; exit 7", sandbox));
    assert.deepEqual(said, { text: "1\n2\n3\n", code: 7, signal: "" }, sandbox.kind);
    assert.equal((await tell(t.start("printf ''", sandbox))).text, "");
    assert.match((await tell(t.start("if then", sandbox))).text, /[Ss]yntax error/);
  }
});

Deno.test("startCommand() runs scripts of several lines as they are", async () => {
  await using t = await setup();
  for (const sandbox of t.sandboxes) {
    const said = await tell(
      t.start("cat <<'END'\nready\n$HOME\nEND\n# a comment\nset -e\nfalse\necho never", sandbox),
    );
    assert.deepEqual([said.text, said.code], ["ready\n$HOME\n", 1]);
  }
});

Deno.test("CommandProcess.stop() leaves no process, whatever it ignores and detaches", async () => {
  await using t = await setup();
  for (const sandbox of t.sandboxes) {
    const nap = unique();
    const command = t.start(
      `trap '' TERM INT HUP; setsid sleep ${nap} & nohup sleep ${nap} & sleep ${nap}`,
      sandbox,
    );
    const told = tell(command);
    await processesAppear(`sleep ${nap}`, 3);
    await command.stop(100);
    await told;
    assert.equal(await countProcesses(`sleep ${nap}`), 0, sandbox.kind);
  }
});

Deno.test("CommandProcess.stop() lets a command without a sandbox clean up", async () => {
  await using t = await setup();
  const nap = unique();
  const command = t.start(`trap 'echo cleaned; exit 3' TERM; sleep ${nap} & wait`, NO_SANDBOX);
  const told = tell(command);
  // The shell has the text in its own command line: only its child shows that the trap is set.
  await processesAppear(`sleep ${nap}`, 2);
  await command.stop();
  assert.match((await told).text, /cleaned/);
});

Deno.test("CommandProcess.kill() leaves no orphan at any moment of the sandbox's start", async () => {
  await using t = await setup();
  const ran: string[] = [];
  for (let round = 0; round < 60; round++) {
    const nap = unique();
    const command = t.start(`sleep ${nap}; :`);
    const told = tell(command);
    // From before the sandbox begins to after it stands.
    const until = performance.now() + round % 20;
    while (performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 0));
    command.kill();
    await told;
    if (await countProcesses(nap) > 0) ran.push(nap);
  }
  assert.deepEqual(ran, []);
});

Deno.test("AgentProcess.kill() leaves no orphan at any moment of the sandbox's start", async () => {
  await using t = await setup();
  const nap = unique();
  const binary = join(t.dir, "agent");
  await Deno.writeTextFile(binary, `#!/bin/sh\nsleep ${nap}; :\n`, { mode: 0o755 });
  for (const folder of ["attachments", "objects"]) await Deno.mkdir(join(t.dir, folder));
  for (let round = 0; round < 40; round++) {
    const agent = startAgent({
      binary,
      sandbox: t.real,
      tree: t.dir,
      home: t.dir,
      attachments: join(t.dir, "attachments"),
      objects: join(t.dir, "objects"),
      prompt: "x",
      session: { id: crypto.randomUUID(), resume: false },
      model: "",
      max_turns: 0,
      max_budget_usd: 0,
      env: ENV,
    });
    const told = Array.fromAsync(agent.events);
    const until = performance.now() + round % 20;
    while (performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 0));
    agent.kill();
    await told;
    await agent.exited;
  }
  assert.equal(await countProcesses(nap), 0);
});

Deno.test("startCommand() runs nothing when its owner dies before it has answered", async () => {
  await using t = await setup();
  const nap = unique();
  // An owner that never reads, and so never answers: as one that is killed in the meantime.
  const command = t.start(`sleep ${nap}`);
  await processesAppear(nap, 1);
  const lines = await Array.fromAsync(namesOf(nap));
  assert.ok(lines.every((line) => !line.startsWith("sleep")), lines.join("\n"));
  await command.stop();
  await tell(command);
  assert.equal(await countProcesses(nap), 0);
});

/** Command lines that have the text. */
async function* namesOf(text: string): AsyncGenerator<string> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes(text)) yield line.replaceAll("\0", " ");
  }
}
