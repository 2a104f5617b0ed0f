import assert from "node:assert/strict";
import { join } from "node:path";
import { openRepository } from "../../src/process/git.ts";
import { probeSandbox } from "../../src/process/sandbox.ts";
import { findProgram, run } from "../../src/process/spawn.ts";
import { openCaches, repositoryKey } from "../../src/workspace/caches.ts";
import { realParts } from "../../src/runner/parts.ts";
import { prepareWorkspace } from "../../src/workspace/workspace.ts";
import { makeRepo } from "../support/repo.ts";
import { type Bench, DEFAULTS, makeBench } from "./bench.ts";

const TOOLS = [
  "npm_config_cache",
  "npm_config_store_dir",
  "YARN_CACHE_FOLDER",
  "PIP_CACHE_DIR",
  "UV_CACHE_DIR",
  "CARGO_HOME",
  "GOMODCACHE",
  "GOCACHE",
  "DENO_DIR",
  "GRADLE_USER_HOME",
];

async function outputOf(bench: Bench, run_id: string): Promise<string> {
  const { entries } = await bench.store.runLog.read(run_id, 0, 1000);
  return entries.flatMap((entry) => entry.type === "system" ? [entry.text] : []).join("\n");
}

Deno.test("S14 caches survive from run to run, and runs on texts of strangers have their own", async () => {
  await using bench = await makeBench();
  const names = TOOLS.map((name) => `"$${name}"`).join(" ");
  // Each run says what it finds, and leaves a word for the next one in every cache.
  const setup =
    `for d in ${names}; do cat "$d/word" 2>/dev/null || echo none; echo "$WORD" > "$d/word" || exit 1; done`;
  const sandbox = await probeSandbox("bwrap", { env: bench.repo.env });
  const finds = async (word: string, trust: "member" | "external") => {
    const runner = bench.runner((agent) => agent.result(), { setup: `WORD=${word}; ${setup}` }, {}, sandbox);
    await runner.start();
    const { run } = await bench.finished(await bench.file({ trust }));
    await runner.stop();
    const said = (await outputOf(bench, run.id)).split("\n");
    return [...new Set(said.filter((line) => !line.startsWith("Texts from outside")))];
  };
  assert.deepEqual(await finds("first", "member"), ["none"]);
  assert.deepEqual(await finds("strange", "external"), ["none"]);
  assert.deepEqual(await finds("second", "member"), ["first"]);
  assert.deepEqual(await finds("stranger", "external"), ["strange"]);
  assert.deepEqual(await finds("third", "member"), ["second"]);
});

Deno.test("S14 a stranger's comment on a member's issue is enough for the caches of strangers", async () => {
  await using bench = await makeBench();
  const sandbox = await probeSandbox("bwrap", { env: bench.repo.env });
  const runner = bench.runner(
    (agent) => agent.result(),
    { setup: "echo bad > $PIP_CACHE_DIR/word" },
    {},
    sandbox,
  );
  const filed = await bench.file({ status: "backlog" });
  await bench.say(filed, "Use this package", { trust: "external" });
  await bench.store.issues.move(filed.id, "ready", { kind: "human", name: "anna" });
  await runner.start();
  await bench.finished(filed);
  const folder = join(bench.data, "caches", await repositoryKey(bench.repository));
  assert.equal(await Deno.readTextFile(join(folder, "external/pip/word")), "bad\n");
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder), ({ name }) => name), ["external"]);
});

Deno.test("the agent gets the same caches as setup and checks", async () => {
  await using bench = await makeBench();
  const { repo, repository, data } = bench;
  // In place of Claude Code: a program that says what it sees, as a result.
  const program = join(repo.dir, "agent");
  await Deno.writeTextFile(
    program,
    `#!/bin/sh\necho '{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"'$CARGO_HOME $(ls /caches)'"}'\n`,
    { mode: 0o755 },
  );
  const parts = realParts({
    repository,
    sandbox: await probeSandbox("bwrap", { env: repo.env }),
    clock: bench.time,
    blobs: bench.blobs,
    random: () => 0,
    options: { ...DEFAULTS, data_dir: data, host_env: repo.env, claude_bin: program },
  });
  const workspace = await prepareWorkspace({
    repository,
    root: join(repo.dir, "workspaces"),
    homes: join(repo.dir, "homes"),
    issue_number: 1,
    run_id: crypto.randomUUID(),
    branch: "autopilot/1-x",
    attachments: [],
  });
  const agent = await parts.startAgent({
    workspace,
    prompt: "x",
    session: { id: crypto.randomUUID(), resume: false },
    max_budget_usd: 0,
    max_turns: 0,
    model: "",
    allowed_tools: [],
    denied_tools: [],
    external: false,
    token: "",
  });
  // Not awaited: the input is there only once the output is read.
  const closing = agent.closeInput();
  const said: string[] = [];
  for await (const event of agent.events) if (event.type === "result") said.push(event.result.text);
  await Promise.all([closing, agent.exited]);
  assert.match(said.join(), /^\/caches\/cargo cargo deno .*npm/);
});

Deno.test("repositoryKey() is one per repository, and a plain name", async () => {
  const keys = await Promise.all([
    "/srv/my project/.git",
    "/srv/other/my project/.git",
    "/srv/bare.git",
    "/.git",
    "/srv/..-x/.git/",
  ].map((git_dir) => repositoryKey({ git_dir })));
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{12}$/);
  assert.match(keys[0], /^my-project-/);
  assert.equal(await repositoryKey({ git_dir: "/srv/my project/.git" }), keys[0]);
});

Deno.test("S22 openCaches() makes folders that only this user may look into", async () => {
  await using repo = await makeRepo();
  const folder = join(repo.dir, "caches/x");
  await openCaches({ kind: "bwrap" }, folder, { external: false });
  for (const path of ["", "members", "members/npm"]) {
    assert.equal((await Deno.stat(join(folder, path))).mode! & 0o777, 0o700, path);
  }
});

/** Real tools of this machine, each with something to build that needs no network. */
const BUILDS: { tool: string; files: Record<string, string>; build: string; filled: string }[] = [
  {
    tool: "cargo",
    files: {
      "Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n',
      "src/main.rs": 'fn main() { println!("built"); }\n',
    },
    build: "cargo run -q --offline",
    filled: "cargo",
  },
  {
    tool: "go",
    files: {
      "go.mod": "module x\n\ngo 1.20\n",
      // No program: that would build the whole runtime first.
      "x.go": "package x\n\nfunc One() int { return 1 }\n",
    },
    build: "GOTOOLCHAIN=local go build . && echo built",
    filled: "go-build",
  },
  {
    tool: "deno",
    files: { "main.ts": 'const word: string = "built";\nconsole.log(word);\n' },
    build: "deno run --no-lock main.ts",
    filled: "deno",
  },
];

for (const { tool, files, build, filled } of BUILDS) {
  const present = findProgram(tool, Deno.env.get("PATH") ?? "") !== null;
  Deno.test({
    name: `${tool} of this machine builds in the sandbox with its cache of the repository${
      present ? "" : ` (left out: no ${tool} on PATH)`
    }`,
    ignore: !present,
    async fn() {
      await using repo = await makeRepo(files);
      const repository = await openRepository(repo.path, repo.env);
      // The toolchains are those of this machine's user.
      const env = { HOME: Deno.env.get("HOME") ?? "", PATH: Deno.env.get("PATH") ?? "" };
      const sandbox = await probeSandbox("bwrap", { env });
      const folder = join(repo.dir, "caches", await repositoryKey(repository));
      const caches = await openCaches(sandbox, folder, { external: false });
      const home = join(repo.dir, "agent-home");
      await Deno.mkdir(home);
      const result = await run({
        ...sandbox.wrap({
          command: "/bin/sh",
          args: ["-c", build],
          env: { LANG: "C.UTF-8", ...caches.env },
          tree: repo.path,
          home,
          read_only: [],
          read_write: caches.read_write,
        }),
        timeout_ms: 300_000,
      });
      assert.equal(result.stdout, "built\n", result.stderr);
      const made = await Array.fromAsync(Deno.readDir(join(folder, "members", filled)), ({ name }) => name);
      assert.ok(made.length > 0, `${filled} is empty`);
    },
  });
}
