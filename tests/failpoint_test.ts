import assert from "node:assert/strict";
import { ConfigError, parseConfig } from "../src/config.ts";
import { armFailpoint, failpointProblem, FAILPOINTS } from "../src/failpoint.ts";

const MODULE = new URL("../src/failpoint.ts", import.meta.url).href;

/** A process with the permissions of a server, as far as a failpoint needs them. */
async function process(code: string): Promise<{ signal: string | null; stdout: string; stderr: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--allow-run=kill", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`import * as it from ${JSON.stringify(MODULE)};\n${code}`));
  await writer.close();
  const { signal, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { signal, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("failpoint() ends the process as kill -9 does, at the n-th passing of the armed point only", async () => {
  const { signal, stdout, stderr } = await process(`
    it.armFailpoint("pushed:2");
    addEventListener("unload", () => console.log("unload"));
    it.failpoint("claimed");
    it.failpoint("pushed");
    console.log("passed once");
    try { it.failpoint("pushed"); } finally { console.log("finally"); }`);
  assert.equal(signal, "SIGKILL");
  assert.equal(stdout, "passed once\n");
  assert.equal(stderr, "failpoint pushed\n");
});

Deno.test("failpoint() does nothing when none is armed", async () => {
  const { signal, stdout } = await process(
    `for (const name of Object.keys(it.FAILPOINTS)) it.failpoint(name); console.log("alive");`,
  );
  assert.deepEqual([signal, stdout], [null, "alive\n"]);
});

Deno.test("armFailpoint() and the option refuse what is no failpoint", () => {
  for (const spec of ["", "nowhere", "pushed:0", "pushed:x", "pushed:1:2", "toString"]) {
    assert.throws(() => armFailpoint(spec), RangeError, spec);
    assert.notEqual(failpointProblem(spec), null);
  }
  const machine = { hostname: "h", cwd: "/", data_home: "/d" };
  const parse = (value: string) =>
    parseConfig({ flags: {}, env: { AUTOPILOT_FAILPOINT: value }, file: null }, machine).failpoint;
  assert.equal(parse("pushed:3"), "pushed:3");
  assert.throws(() => parse("nowhere"), ConfigError);
  assert.throws(() => parse("nowhere"), /AUTOPILOT_FAILPOINT.*claimed, workspace_made/);
});

Deno.test("every failpoint stands at one place of the source at least", async () => {
  const found = new Set<string>();
  async function read(folder: URL): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await read(new URL(`${name}/`, folder));
      else {
        const text = await Deno.readTextFile(new URL(name, folder));
        for (const [, point] of text.matchAll(/\bfailpoint\("(\w+)"\)/g)) found.add(point);
      }
    }
  }
  await read(new URL("../src/", import.meta.url));
  assert.deepEqual([...found].sort(), Object.keys(FAILPOINTS).sort());
});
