import assert from "node:assert/strict";
import { dirname } from "node:path";

const RUN = new URL("./run.ts", import.meta.url).pathname;

/** Runs the test command on files with these contents; its exit code and last lines. */
async function runTests(
  files: Record<string, string>,
  env: Record<string, string> = {},
): Promise<{ code: number; lines: string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(`${folder}/${name}`), { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}`, content);
    }
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", RUN, "--no-check", folder],
      env: { CI: "", NO_COLOR: "1", ...env },
      stderr: "null",
    }).output();
    return { code, lines: new TextDecoder().decode(stdout).trimEnd().split("\n") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PASSES = `Deno.test("good", () => {});\n`;
const FAILS = `Deno.test("bad", () => { throw new Error("bad"); });\n`;
const SKIPPED = `Deno.test.ignore("left out: no such program", () => {});\n`;
const LEAKS = `Deno.test("leaks", () => { setTimeout(() => {}, 60_000); });\n`;

Deno.test("the test command ends with the count alone on the last line, and 0 when all passed", async () => {
  const { code, lines } = await runTests({
    "a_test.ts": PASSES,
    "b_test.ts": PASSES,
    "no_test_here.ts": FAILS,
  });
  assert.equal(lines.at(-1), "2 passed, 0 failed");
  assert.equal(code, 0);
});

Deno.test("the test command counts failures, leaks among them", async () => {
  const { code, lines } = await runTests({ "a_test.ts": PASSES + FAILS, "b_test.ts": LEAKS });
  assert.equal(lines.at(-1), "1 passed, 2 failed");
  assert.equal(code, 1);
});

Deno.test("the test command fails when a file can't be loaded, or no test is there", async () => {
  const broken = await runTests({ "a_test.ts": PASSES, "b_test.ts": `throw new Error("at load");\n` });
  assert.equal(broken.lines.at(-1), "1 passed, 1 failed");
  assert.equal(broken.code, 1);
  const empty = await runTests({ "a_test.ts": "" });
  assert.equal(empty.lines.at(-1), "0 passed, 1 failed");
  assert.equal(empty.code, 1);
});

Deno.test("the test command names what was skipped, and lets it pass only outside of continuous integration", async () => {
  const files = { "a_test.ts": PASSES + SKIPPED };
  const here = await runTests(files);
  assert.equal(here.lines.at(-1), "1 passed, 0 failed, 1 skipped");
  assert.match(here.lines.at(-2) ?? "", /left out: no such program/);
  assert.equal(here.code, 0);
  const ci = await runTests(files, { CI: "true" });
  assert.equal(ci.lines.at(-1), "1 passed, 0 failed, 1 skipped");
  assert.equal(ci.code, 1);
});

Deno.test("the test command lets tests of the executable be left out where there is none, and says so", async () => {
  const left_out =
    `Deno.test.ignore("it runs (left out: AUTOPILOT_TEST_BINARY names no executable)", () => {});\n`;
  const files = { "a_test.ts": PASSES, "tests/binary/b_test.ts": left_out };
  const excused = await runTests(files, { CI: "true", AUTOPILOT_TEST_NO_BINARY: "no base is at hand" });
  assert.equal(excused.code, 0);
  assert.ok(excused.lines.some((line) => /executable was not tested: no base is at hand/.test(line)));
  assert.equal(excused.lines.at(-1), "1 passed, 0 failed, 1 skipped");
  for (const [name, content] of [["c_test.ts", left_out], ["tests/binary/c_test.ts", SKIPPED]]) {
    assert.equal((await runTests({ ...files, [name]: content }, { CI: "true" })).code, 1, name);
  }
});
