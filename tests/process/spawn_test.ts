import assert from "node:assert/strict";
import { findProgram, run, SpawnError, start } from "../../src/process/spawn.ts";
import { readLines } from "../../src/process/lines.ts";

const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
const fixture = (name: string) => new URL(`../fixtures/bin/${name}`, import.meta.url).pathname;
const alive = async (pid: string | number) => {
  // A zombie is dead too: nobody in a container may be there to collect it.
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "State:\tX");
  return !/^State:\t[XZ]/m.test(status);
};

Deno.test("run() answers output, exit code and time", async () => {
  const result = await run({ command: "sh", args: ["-c", "cat; echo err >&2; exit 3"], env, stdin: "in" });
  assert.deepEqual([result.code, result.signal, result.stdout, result.stderr], [3, "", "in", "err\n"]);
  assert.equal(result.timed_out || result.truncated, false);
  assert.ok(result.duration_ms > 0);
});

Deno.test("S17 run() gives the child nothing of the server's environment", async () => {
  const result = await run({ command: "env", args: [], env: { ...env, ONLY: "this" } });
  assert.deepEqual(result.stdout.trim().split("\n").sort(), ["ONLY=this", `PATH=${env.PATH}`]);
});

Deno.test("S19 run() passes arguments as they are, never through a shell", async () => {
  const args = ["-rf", "$(touch x)", "a\nb", "'; exit", "", "ü"];
  const result = await run({ command: "printf", args: ["%s|", "--", ...args].slice(0, 1).concat(args), env });
  assert.equal(result.stdout, args.map((arg) => `${arg}|`).join(""));
});

Deno.test("S20 run() ends a program and its children that ignore TERM when the time is over", async () => {
  const started = performance.now();
  const result = await run({ command: fixture("stubborn"), args: [], env, timeout_ms: 200 });
  assert.equal(result.timed_out, true);
  assert.equal(result.signal, "SIGKILL");
  assert.ok(performance.now() - started < 10_000);
  const [, shell, child] = result.stdout.trim().split(" ");
  assert.ok(child);
  assert.deepEqual([await alive(shell), await alive(child)], [false, false]);
});

Deno.test("run() ends the program when its signal aborts, also one that is aborted already", async () => {
  const abort = new AbortController();
  const running = run({ command: "sleep", args: ["300"], env, signal: abort.signal });
  abort.abort();
  assert.equal((await running).signal, "SIGTERM");
  assert.equal((await run({ command: "sleep", args: ["300"], env, signal: abort.signal })).signal, "SIGTERM");
});

Deno.test("run() keeps so much output and drops the rest without blocking the program", async () => {
  const result = await run({ command: fixture("flood"), args: ["100000"], env, max_output_bytes: 250 });
  assert.equal(result.code, 0);
  assert.equal(result.stdout.length, 250);
  assert.equal(result.truncated, true);
  assert.equal(
    (await run({ command: fixture("flood"), args: ["3"], env, max_output_bytes: 300 })).truncated,
    false,
  );
});

Deno.test("run() does not wait for a detached child that holds the output", async () => {
  const result = await run({ command: fixture("detacher"), args: [], env });
  assert.equal(result.code, 0);
  const pid = Number(result.stdout.trim());
  assert.ok(await alive(pid));
  Deno.kill(pid, "SIGKILL");
});

Deno.test("run() keeps the last part of standard error", async () => {
  const result = await run({
    command: "sh",
    args: ["-c", "yes x | head -c 200000 >&2; echo the end >&2"],
    env,
  });
  assert.equal(result.stderr.length, 64 * 1024);
  assert.ok(result.stderr.endsWith("x\nthe end\n"));
});

Deno.test("run() survives a program that does not read what it is given", async () => {
  const result = await run({ command: "true", args: [], env, stdin: "x".repeat(5_000_000) });
  assert.equal(result.code, 0);
});

Deno.test("run() says what is missing when a program can't be started", async () => {
  const missing = (options: Parameters<typeof run>[0]) =>
    run(options).then(() => assert.fail(), (error) => error);
  const none = await missing({ command: "no-such-program", args: [], env });
  assert.ok(none instanceof SpawnError);
  assert.equal(none.reason, "not_found");
  assert.match(none.message, /Cannot run no-such-program as it was not found/);
  const nowhere = await missing({ command: "true", args: [], env, cwd: "/no/such/folder" });
  assert.match(nowhere.message, /working directory \/no\/such\/folder does not exist/);
});

Deno.test({
  name: "run() names the flag to add when the permission is missing",
  permissions: { run: ["git"] },
  async fn() {
    const error = await run({ command: "/opt/x/claude", args: [], env }).then(
      () => assert.fail(),
      (error) => error,
    );
    assert.ok(error instanceof SpawnError);
    assert.equal(error.reason, "not_allowed");
    assert.match(error.message, /--allow-run=\/opt\/x\/claude/);
  },
});

Deno.test("start() streams while the child runs, and hears what is written", async () => {
  const child = start({ command: "cat", args: [], env, stdin: "piped" });
  const lines = readLines(child.stdout);
  assert.equal(await child.write("one\n"), true);
  assert.equal((await lines.next()).value, "one");
  await child.write("two\n");
  await child.closeInput();
  await child.closeInput();
  assert.deepEqual(await Array.fromAsync(lines), ["two"]);
  assert.deepEqual(await child.exited, { code: 0, signal: "" });
  assert.equal(await child.write("late"), false);
  child.kill("SIGKILL");
});

Deno.test("findProgram() looks on PATH, and takes no file that can't be run", async () => {
  assert.match(findProgram("sh", env.PATH) ?? "", /^\/(usr\/)?bin\/sh$/);
  assert.equal(findProgram("sh", ""), null);
  assert.equal(findProgram("bin/sh", "/"), null);
  const file = await Deno.makeTempFile();
  assert.equal(findProgram(file, env.PATH), null);
  await Deno.chmod(file, 0o755);
  assert.equal(findProgram(file, ""), file);
  await Deno.remove(file);
});
