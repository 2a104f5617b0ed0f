import assert from "node:assert/strict";
import { posix } from "node:path";
import fc from "fast-check";
import { parseProjectFile, ProjectFileError } from "../../src/domain/project_file.ts";

const parse = (value: unknown) => parseProjectFile(JSON.stringify(value));

/** The message of the refusal. */
function refused(value: unknown): string {
  try {
    parse(value);
  } catch (error) {
    assert.ok(error instanceof ProjectFileError, String(error));
    return error.message;
  }
  throw new Error(`accepted ${JSON.stringify(value)}`);
}

/** As JSON has it: no -0, no objects without a prototype. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

const WHOLE = {
  setup: "npm ci",
  check: "npm test",
  check_rounds: 1,
  copy: [".env.test", "config/local.json", "..foo/a..b", ".github/x", "a b/ü"],
  limits: { run_minutes: 30, silence_minutes: 0.5, max_turns: 10, max_usd_per_run: 2.5 },
  model: "claude-sonnet-4-5[1m]",
  allowed_tools: ["Bash", "Read"],
  extra_prompt: "Be brief.\nAlways.",
};

Deno.test("parseProjectFile() answers what the file says, and leaves out what it leaves out", () => {
  assert.deepEqual(parse(WHOLE), WHOLE);
  assert.deepEqual(parse({}), {});
  assert.deepEqual(parse({ copy: [], limits: {} }), { copy: [], limits: {} });
  assert.deepEqual(parseProjectFile('\ufeff{"check": "x"}'), { check: "x" });
});

Deno.test("parseProjectFile() names an unknown key, what is allowed and the nearest one", () => {
  assert.match(
    refused({ chek: "x" }),
    /^autopilot\.json can't be used: "chek" is no key of it: did you mean "check"\?/,
  );
  assert.match(refused({ chek: "x" }), /allowed are setup, check, check_rounds, copy, limits, model, /);
  assert.doesNotMatch(refused({ zzzzzzzzz: 1 }), /did you mean/);
  assert.match(
    refused({ limits: { max_turn: 1 } }),
    /"limits\.max_turn" is no key of it: did you mean "max_turns"\?/,
  );
  assert.match(refused(JSON.parse('{"__proto__": {"check": "x"}}')), /"__proto__" is no key/);
  assert.match(refused({ constructor: 1 }), /"constructor" is no key/);
});

Deno.test("parseProjectFile() says of a wrong value what was found and what is allowed", () => {
  assert.match(
    refused({ check: 3 }),
    /"check" must be a text of 1 to 10000 characters, but is the number 3$/,
  );
  assert.match(refused({ check: " " }), /but is the text " "/);
  assert.match(refused({ setup: ["npm", "ci"] }), /"setup" must be a text .*, but is a list of 2/);
  assert.match(refused({ check_rounds: 1.5 }), /a whole number from 0 to 10, but is the number 1\.5/);
  assert.match(refused({ check_rounds: "2" }), /but is the text "2"/);
  assert.match(
    refused({ limits: { run_minutes: 0 } }),
    /"limits\.run_minutes" must be a number from 0\.05 to 10080/,
  );
  assert.match(refused({ limits: { max_usd_per_run: null } }), /but is null/);
  assert.match(refused({ limits: [] }), /"limits" must be an object, but is an empty list/);
  assert.match(refused({ model: "--dangerous" }), /"model" must be a name of a model/);
  assert.match(refused({ allowed_tools: [] }), /"allowed_tools" must be a list of 1 to 100/);
  assert.match(
    refused({ allowed_tools: ["Bash", "Read,--add-dir"] }),
    /"allowed_tools\[1\]" must be a name of a tool/,
  );
  assert.match(refused({ copy: "a" }), /"copy" must be a list/);
  assert.match(refused({ extra_prompt: "x".repeat(20_001) }), /20000 characters.*…"$/);
});

Deno.test("parseProjectFile() names everything that is wrong at once", () => {
  const message = refused({ chek: 1, setup: 2, model: false, check: "fine" });
  for (const key of ["chek", "setup", "model"]) assert.ok(message.includes(`"${key}"`), message);
});

Deno.test("parseProjectFile() refuses what is no JSON object", () => {
  assert.throws(() => parseProjectFile("{ check: 'x' }"), /autopilot\.json is no JSON: /);
  assert.throws(() => parseProjectFile(""), ProjectFileError);
  for (const value of [[], null, 3, "x", true]) assert.match(refused(value), /it must be an object, but is /);
});

const ESCAPES = [
  "../x",
  "a/../../x",
  "a/..",
  "..",
  ".",
  "",
  "/etc/passwd",
  "a//b",
  "a/",
  "./a",
  ".git/config",
  "sub/.git/config",
  ".GIT/config",
  ".git./config",
  ".git /config",
  "git~1/config",
  "a\\..\\b",
  "C:x",
  "a\0b",
  "a\nb",
];

Deno.test("parseProjectFile() refuses paths to copy that could leave the repository or reach git's own files", () => {
  for (const path of ESCAPES) {
    assert.match(refused({ copy: ["ok", path] }), /"copy\[1\]" must be a path/, path);
  }
});

Deno.test("parseProjectFile() of any JSON answers or throws its own error; a path it takes stays inside", () => {
  const part = fc.constantFrom(".", "..", "", ".git", ".GIT", "a", "..b", "/", "\\", "c.d", ".git.");
  const path = fc.array(part, { maxLength: 5 }).map((parts) => parts.join("/"));
  const known = fc.record(
    Object.fromEntries(Object.keys(WHOLE).map((key) => [key, fc.jsonValue()])),
    { requiredKeys: [] },
  );
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), known, fc.record({ copy: fc.array(path) })), (value) => {
    let file;
    try {
      file = parse(value);
    } catch (error) {
      assert.ok(error instanceof ProjectFileError, String(error));
      return;
    }
    assert.deepEqual(file, plain(value));
    for (const copied of file.copy ?? []) {
      const place = posix.resolve("/repo", copied);
      assert.equal(place, `/repo/${copied}`);
      assert.ok(!place.toLowerCase().split("/").includes(".git"));
    }
  }));
});

Deno.test("parseProjectFile() takes every file within the bounds, and none with one more key", () => {
  const text = fc.string({ minLength: 1, maxLength: 50 }).filter((one) =>
    one.trim() !== "" && !one.includes("\0")
  );
  const file = fc.record({
    setup: text,
    check: text,
    check_rounds: fc.integer({ min: 0, max: 10 }),
    limits: fc.record({
      run_minutes: fc.double({ min: 0.05, max: 10_080, noNaN: true }),
      max_turns: fc.integer({ min: 1, max: 100_000 }),
    }, { requiredKeys: [] }),
    extra_prompt: text,
  }, { requiredKeys: [] });
  const key = fc.string({ minLength: 1, maxLength: 12 }).filter((one) => !(one in WHOLE));
  fc.assert(fc.property(file, key, (value, more) => {
    assert.deepEqual(parse(value), plain(value));
    assert.ok(
      refused(Object.fromEntries([...Object.entries(value), [more, 1]])).includes(JSON.stringify(more)),
    );
  }));
});
