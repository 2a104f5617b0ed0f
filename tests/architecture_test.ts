import assert from "node:assert/strict";
import { LINE_LIMIT, violations } from "./support/import_rules.ts";

const ROOT = new URL("../", import.meta.url);

async function sourceFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  async function read(folder: string): Promise<void> {
    for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory) await read(`${path}/`);
      else files.set(path, /\.(ts|js)$/.test(path) ? await Deno.readTextFile(new URL(path, ROOT)) : "");
    }
  }
  await read("src/");
  await read("static/");
  files.set("main.ts", await Deno.readTextFile(new URL("main.ts", ROOT)));
  return files;
}

Deno.test("violations() finds none in this source tree", async () => {
  const files = await sourceFiles();
  assert.ok(files.size > 20, `only ${files.size} files were found: the test looks at the wrong place`);
  assert.deepEqual(violations(files), []);
});

const CLEAN: Record<string, string> = {
  "src/domain/issue.ts": `export interface Issue { id: string }\n`,
  "src/store/open.ts":
    `import type { Issue } from "../domain/issue.ts";\nimport { Kysely } from "kysely";\nexport type X = [Issue, typeof Kysely];\n`,
  "src/api/app.ts":
    `import { Hono } from "hono";\nimport page from "../../static/page.html" with { type: "text" };\nexport const x = [Hono, page];\n`,
  "src/process/spawn.ts": `export const run = (c: string) => new Deno.Command(c);\n`,
  "static/page.html": "",
  "static/app.js": `/** @typedef {import("../src/domain/issue.ts").Issue} Issue */\nexport const a = 1;\n`,
  "main.ts": `console.log(Deno.env.get("X"));\n`,
};

const BAD: [string, Record<string, string>, RegExp][] = [
  [
    "domain importing the store",
    { "src/domain/x.ts": `import type { X } from "../store/open.ts";\n` },
    /domain must not import store/,
  ],
  [
    "domain importing Node",
    { "src/domain/x.ts": `import { join } from "node:path";\n` },
    /domain must not import node:path/,
  ],
  [
    "time in domain",
    { "src/domain/x.ts": `export const x = () => new Date();\n` },
    /domain is pure but uses new Date\(\)/,
  ],
  [
    "the platform in domain",
    { "src/domain/x.ts": `export const x = () => Deno.cwd();\n` },
    /domain is pure but uses Deno\.cwd/,
  ],
  ["chance in domain", { "src/domain/x.ts": `export const x = () => Math.random();\n` }, /domain is pure/],
  [
    "the store importing the api",
    { "src/store/x.ts": `import { x } from "../api/app.ts";\n` },
    /store must not import api/,
  ],
  ["the api importing processes by a dynamic import", {
    "src/api/x.ts": `await import("../process/spawn.ts");\n`,
  }, /api must not import process/],
  ["a value where only types are allowed", {
    "src/config.ts": "",
    "src/api/x.ts": `import { x } from "../config.ts";\n`,
  }, /api must not import config but for types/],
  [
    "a re-export across rooms",
    { "src/store/x.ts": `export * from "../process/spawn.ts";\n` },
    /store must not import process/,
  ],
  [
    "Kysely outside of the store",
    { "src/api/x.ts": `import { sql } from "kysely";\n` },
    /kysely belongs into store/,
  ],
  [
    "SQLite outside of the store",
    { "src/runner/x.ts": `import { DatabaseSync } from "node:sqlite";\n` },
    /node:sqlite belongs into store/,
  ],
  ["Hono outside of the api", { "src/cli/x.ts": `import { Hono } from "hono";\n` }, /hono belongs into api/],
  ["an import past the import map", { "src/cli/x.ts": `import "npm:left-pad@1";\n` }, /import map/],
  [
    "a process started elsewhere",
    { "src/runner/x.ts": `export const x = new Deno.Command("git");\n` },
    /Deno\.Command belongs into process/,
  ],
  ["a process started by another spelling", {
    "src/runner/x.ts": `const { Command } = Deno;\nexport const x = Command;\n`,
  }, /Deno\.Command belongs/],
  ["a process started through Node", {
    "src/process/x.ts": `import { spawn } from "node:child_process";\nexport const x = spawn;\n`,
  }, /child_process belongs into no room/],
  [
    "the environment read elsewhere",
    { "src/store/x.ts": `export const x = Deno["env"].get("X");\n` },
    /Deno\.env belongs into main, config/,
  ],
  [
    "static importing the server",
    { "static/x.js": `import { x } from "../src/api/app.ts";\n` },
    /static must not import api/,
  ],
  ["static taking types of the server", {
    "static/x.js": `/** @typedef {import("../src/store/open.ts").X} X */\n`,
  }, /static must not import store/],
  [
    "a cycle",
    { "src/store/a.ts": `import "./b.ts";\n`, "src/store/b.ts": `import "./a.ts";\n` },
    /import cycle src\/store\/a\.ts → src\/store\/b\.ts → src\/store\/a\.ts/,
  ],
  ["a default export", { "src/store/x.ts": `export default 1;\n` }, /no default exports/],
  ["a barrel file", { "src/store/index.ts": `export const x = 1;\n` }, /no barrel files/],
  ["a file name that is not snake_case", { "src/store/openStore.ts": `export const x = 1;\n` }, /snake_case/],
  [
    "a file that is too long",
    { "src/store/x.ts": "// x\n".repeat(LINE_LIMIT + 1) },
    /501 lines, at most 500/,
  ],
  ["a folder that nobody decided on", { "src/utils/x.ts": `export const x = 1;\n` }, /no room "utils"/],
  ["an import of a missing file", { "src/store/x.ts": `import "./gone.ts";\n` }, /does not exist/],
];

Deno.test("violations() accepts a clean example", () => {
  assert.deepEqual(violations(new Map(Object.entries(CLEAN))), []);
});

for (const [what, files, expected] of BAD) {
  Deno.test(`violations() finds ${what}`, () => {
    const found = violations(new Map(Object.entries({ ...CLEAN, ...files })));
    assert.equal(found.filter((one) => expected.test(one)).length, 1, found.join("\n"));
  });
}
