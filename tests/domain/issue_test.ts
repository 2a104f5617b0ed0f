import assert from "node:assert/strict";
import fc from "fast-check";
import { BRANCH_PREFIX, branchName } from "../../src/domain/issue.ts";
import { run } from "../../src/process/spawn.ts";

Deno.test("branchName() makes a slug of the title", () => {
  const names: [number, string, string][] = [
    [12, "Fix: the Header's colour", "autopilot/12-fix-the-header-s-colour"],
    [1, "Größe & Übermut", "autopilot/1-gro-e-ubermut"],
    [2, "日本語", "autopilot/2"],
    [3, "", "autopilot/3"],
    [4, "../../etc/passwd", "autopilot/4-etc-passwd"],
    [5, "--upload-pack=x", "autopilot/5-upload-pack-x"],
    [6, "a".repeat(100), `autopilot/6-${"a".repeat(40)}`],
    [7, `${"a".repeat(39)}-b`, `autopilot/7-${"a".repeat(39)}`],
    [8, "x.lock", "autopilot/8-x-lock"],
    [9, "line\nbreak\0nul", "autopilot/9-line-break-nul"],
  ];
  for (const [number, title, name] of names) assert.equal(branchName(number, title), name);
});

Deno.test("S19 branchName() gives only [a-z0-9-] after its prefix, for any title", () => {
  fc.assert(fc.property(fc.integer({ min: 1 }), fc.string({ unit: "grapheme" }), (number, title) => {
    const name = branchName(number, title);
    assert.match(name.slice(BRANCH_PREFIX.length), /^\d+(-[a-z0-9]+(-[a-z0-9]+)*)?$/);
    assert.ok(name.length <= BRANCH_PREFIX.length + String(number).length + 41);
  }));
});

Deno.test("S19 branchName() gives names that git takes", async () => {
  for (const title of ["-rf", "@{u}", "a..b", "HEAD", "x.lock", "ends with /", "\x1b[31m", "a~^:?*[\\"]) {
    const name = branchName(1, title);
    const result = await run({
      command: "git",
      args: ["check-ref-format", "--branch", name],
      env: { PATH: Deno.env.get("PATH") ?? "", HOME: "/nonexistent" },
    });
    assert.equal(result.code, 0, `${title} → ${name}: ${result.stderr}`);
  }
});
