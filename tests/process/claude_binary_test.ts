import assert from "node:assert/strict";
import { join } from "node:path";
import {
  ClaudeMissingError,
  claudeVersion,
  findClaude,
  isOlder,
  MIN_CLAUDE_VERSION,
} from "../../src/process/claude_binary.ts";
import { NO_SANDBOX } from "../support/agent.ts";

const ENV = { PATH: "/usr/bin:/bin" };
const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
const os = Deno.build.os === "darwin" ? "darwin" : "linux";

/** Files by path; a text that begins with ELF becomes a native program by its first bytes. */
async function tree(files: Record<string, string>, links: Record<string, string> = {}) {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "autopilot-claude-" }));
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(dir, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(dir, path), text.replace(/^ELF/, "\x7fELF"), { mode: 0o755 });
  }
  for (const [path, target] of Object.entries(links)) {
    await Deno.mkdir(join(dir, path, ".."), { recursive: true });
    await Deno.symlink(target, join(dir, path));
  }
  return { dir, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
}

Deno.test("findClaude() follows links to the native program", async () => {
  await using t = await tree({ "share/versions/2.1.330": "ELF" }, {
    "bin/claude": "../share/versions/2.1.330",
  });
  assert.equal(await findClaude("claude", { PATH: `${t.dir}/bin` }), join(t.dir, "share/versions/2.1.330"));
  assert.equal(await findClaude(join(t.dir, "bin/claude"), ENV), join(t.dir, "share/versions/2.1.330"));
  const named = await findClaude("claude", { PATH: `${t.dir}/bin` }, { as_found: true });
  assert.equal(named, join(t.dir, "bin/claude"));
});

Deno.test("findClaude() finds npm's native program behind its launcher, beside it and within it", async (step) => {
  const launcher = "lib/node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs";
  const natives = {
    beside: `lib/node_modules/@anthropic-ai/claude-code-${os}-${arch}/claude`,
    within:
      `lib/node_modules/@anthropic-ai/claude-code/node_modules/@anthropic-ai/claude-code-${os}-${arch}/claude`,
  };
  for (const [where, native] of Object.entries(natives)) {
    await step.step(where, async () => {
      await using t = await tree(
        { [launcher]: "#!/usr/bin/env node\n", [native]: "ELF" },
        { "bin/claude": `../${launcher}` },
      );
      assert.equal(await findClaude("claude", { PATH: `${t.dir}/bin` }), join(t.dir, native));
    });
  }
});

Deno.test("findClaude() takes a script that stands for itself", async () => {
  await using t = await tree({ "my-claude": "#!/bin/sh\n" });
  assert.equal(await findClaude(join(t.dir, "my-claude"), ENV), join(t.dir, "my-claude"));
});

Deno.test("findClaude() says what to do when there is none", async () => {
  for (const name of ["claude-that-is-nowhere", "/no/such/claude", "./claude-that-is-nowhere"]) {
    await assert.rejects(findClaude(name, ENV), (error: Error) => {
      assert.ok(error instanceof ClaudeMissingError);
      assert.match(error.message, /npm install -g @anthropic-ai\/claude-code.*AUTOPILOT_CLAUDE_BIN/);
      return true;
    });
  }
});

Deno.test("S21 claudeVersion() refuses what is too old, what is something else, and what does not start", async () => {
  await using t = await tree({
    "good": `#!/bin/sh\necho "${MIN_CLAUDE_VERSION} (Claude Code)"\n`,
    "old": '#!/bin/sh\necho "1.0.99 (Claude Code)"\n',
    "other": "#!/bin/sh\necho 'unknown option' >&2\nexit 2\n",
    "broken": "#!/no/such/interpreter\n",
  });
  const version = (name: string) => claudeVersion(join(t.dir, name), NO_SANDBOX, ENV);
  assert.equal(await version("good"), MIN_CLAUDE_VERSION);
  await assert.rejects(version("old"), /Claude Code 1\.0\.99 .* is too old: at least .* is needed/);
  await assert.rejects(version("other"), /did not answer as Claude Code does \(code 2: unknown option\)/);
  await assert.rejects(version("broken"), ClaudeMissingError);
});

Deno.test("isOlder() compares numbers, not letters", () => {
  assert.equal(isOlder("2.1.99", "2.1.330"), true);
  assert.equal(isOlder("2.1.330", "2.1.330"), false);
  assert.equal(isOlder("2.10.0", "2.9.9"), false);
  assert.equal(isOlder("1.99.99", "2.0.0"), true);
});
