import assert from "node:assert/strict";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import manifest from "../deno.json" with { type: "json" };
import { commandTable } from "../src/cli/command_line.ts";
import { type OptionName, parseConfig } from "../src/config.ts";
import { findProgram, run, type RunResult } from "../src/process/spawn.ts";
import { TARGETS } from "../build/targets.ts";
import { cleanEnv, startServer } from "./support/server.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const PATH = `${Deno.env.get("PATH") ?? "/usr/bin:/bin"}:/usr/sbin`;
const read = async (path: string) => await Deno.readTextFile(join(ROOT, path));
const pinned = (ci: string, name: string) => new RegExp(`^${name}=(\\S+)$`, "m").exec(ci)?.[1];

async function shell(script: string, cwd: string, env: Record<string, string> = {}): Promise<RunResult> {
  return await run({ command: "bash", args: ["-eu", "-c", script], cwd, env: { PATH, ...env } });
}

/** Options as the service and the image give them, read as the server reads them. */
function optionsOf(env: Record<string, string>) {
  return parseConfig({ flags: {}, env, file: null }, { hostname: "box", cwd: "/", data_home: null });
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-deploy-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** `Key=value` lines; a key may come several times. */
async function unit(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const [, key, value] of (await read("deploy/autopilot.service")).matchAll(/^(\w+)=(.*)$/gm)) {
    found.set(key, [...found.get(key) ?? [], value]);
  }
  return found;
}

Deno.test("the unit starts a command that exists with options that can be used, and outlives a stop", async () => {
  const keys = await unit();
  const [program, command] = keys.get("ExecStart")![0].split(" ");
  assert.equal(program, "/usr/local/bin/autopilot");
  assert.ok((await commandTable()).some(({ name }) => name === command), command);
  const env = Object.fromEntries(keys.get("Environment")!.map((pair) => pair.split("=") as [string, string]));
  const config = optionsOf(env);
  assert.deepEqual([config.data, env.HOME, keys.get("StateDirectory")], [
    "/var/lib/autopilot",
    "/var/lib/autopilot",
    ["autopilot"],
  ]);
  assert.ok(Number(keys.get("TimeoutStopSec")) > config.stop_seconds);
  const names = [...(await read("deploy/autopilot.service")).matchAll(/\bAUTOPILOT_([A-Z_]+)/g)];
  for (const [, name] of names) assert.ok(name.toLowerCase() as OptionName in config, name);
  // With any of these the kernel refuses bubblewrap its /proc, or V8 its code.
  const deadly = ["ProtectKernelTunables", "ProtectKernelLogs", "ProtectProc", "MemoryDenyWriteExecute"];
  for (const wall of [...deadly, "ProcSubset", "PrivateUsers"]) assert.equal(keys.get(wall), undefined, wall);
  const allowed = keys.get("RestrictNamespaces")![0].split(" ");
  for (const namespace of ["user", "mnt", "pid", "ipc", "uts"]) {
    assert.ok(allowed.includes(namespace), namespace);
  }
});

Deno.test({
  name: "systemd finds nothing wrong with the unit, calls it hardened, and lets bubblewrap's calls through",
  ignore: findProgram("systemd-analyze", PATH) === null,
  fn: () =>
    withFolder(async (folder) => {
      const text = await read("deploy/autopilot.service");
      const path = join(folder, "autopilot.service");
      await Deno.writeTextFile(path, text.replace("/usr/local/bin/autopilot", "/bin/true"));
      const verified = await shell(`systemd-analyze verify ${path} 2>&1`, folder);
      assert.deepEqual([verified.code, verified.stdout], [0, ""]);
      const judged = await shell(`systemd-analyze security --offline=yes ${path}`, folder);
      const [, exposure] = /Overall exposure level .*: (\d+\.\d)/.exec(judged.stdout) ??
        assert.fail(judged.stderr);
      assert.ok(Number(exposure) <= 3, `${exposure}: docs/operation.md says 3.0`);
      const sets = (await unit()).get("SystemCallFilter")![0];
      const calls = await shell(`systemd-analyze syscall-filter ${sets}`, folder);
      for (
        const call of ["unshare", "clone", "mount", "umount2", "pivot_root", "prctl", "capset", "signalfd4"]
      ) {
        const within = new RegExp(`^\\s+(${call}|@process)$`, "m").test(calls.stdout);
        assert.ok(within, `${call} is not among ${sets}`);
      }
    }),
});

/** The calls of the sandbox that a service's walls could refuse. */
const BWRAP =
  "bwrap --die-with-parent --new-session --unshare-pid --unshare-ipc --unshare-uts --cap-drop ALL " +
  "--proc /proc --dev /dev --tmpfs /tmp --ro-bind / /mnt --ro-bind /usr /usr --symlink usr/lib /lib " +
  "--symlink usr/lib64 /lib64 --symlink usr/bin /bin /bin/true";
const WALLS =
  "setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all";

Deno.test({
  name: "bubblewrap works without new privileges and capabilities, and not with ProtectKernelTunables",
  ignore: findProgram("setpriv", PATH) === null || findProgram("bwrap", PATH) === null,
  async fn() {
    const free = await shell(`${WALLS} ${BWRAP}`, "/");
    assert.equal(free.code, 0, free.stderr);
    if (Deno.uid() !== 0) return;
    // What that setting does: /proc/sys becomes a mount of its own, read-only.
    const cover = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys";
    const covered = await shell(`unshare --mount sh -c '${cover} && ${WALLS} ${BWRAP}'`, "/");
    assert.match(covered.stderr, /Can't mount proc/);
  },
});

Deno.test("the image brings what .ci/run pins, runs as nobody special, with options that can be used", async () => {
  const [text, ci] = await Promise.all([read("deploy/Dockerfile"), read(".ci/run")]);
  const lines = text.replace(/^#.*\n/gm, "").replace(/ *\\\n */g, " ").split("\n").filter((line) =>
    line !== ""
  );
  const of = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const known = "FROM RUN COPY ENV USER WORKDIR VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT".split(" ");
  for (const line of lines) assert.ok(known.includes(line.split(" ")[0]), line);
  for (const program of ["bubblewrap", "ca-certificates", "gh", "git"]) {
    assert.match(of("RUN")[0], new RegExp(` ${program} `));
  }
  assert.ok(of("RUN")[1].includes(`@anthropic-ai/claude-code@${pinned(ci, "CLAUDE_VERSION")} `));
  const [source] = of("COPY")[0].split(" ");
  const made = Object.keys(TARGETS).map((target) => `dist/autopilot-${target}`);
  assert.ok(made.includes(source), source);
  assert.deepEqual((await read("deploy/Dockerfile.dockerignore")).trim().split("\n"), ["*", `!${source}`]);
  assert.deepEqual([of("USER"), of("ENTRYPOINT")], [["node"], ['["autopilot"]']]);
  const config = optionsOf(Object.fromEntries(of("ENV")[0].split(" ").map((pair) => pair.split("="))));
  assert.deepEqual([config.host, config.data, config.port], [
    "0.0.0.0",
    of("VOLUME")[0],
    Number(of("EXPOSE")[0]),
  ]);
});

Deno.test({
  name: `the image's check tells a server that works from none${
    findProgram("node", PATH) === null ? " (left out: no node on PATH)" : ""
  }`,
  ignore: findProgram("node", PATH) === null,
  async fn() {
    const words = /^HEALTHCHECK [^[]*(\[.*\])$/m.exec(await read("deploy/Dockerfile"));
    const [program, ...args] = JSON.parse(words![1]);
    assert.equal(program, "node");
    await using server = await startServer();
    const check = async (url: string) => {
      const asked = args.map((arg: string) => arg.replace("http://127.0.0.1:8787", url));
      return (await run({ command: program, args: asked, env: { PATH } })).code;
    };
    assert.deepEqual([await check(server.url), await check("http://127.0.0.1:1")], [0, 1]);
  },
});

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, { uses?: string; permissions?: Record<string, string>; steps?: Step[] }>;
}
interface Step {
  name?: string;
  uses?: string;
  run?: string;
}

async function workflow(name: string): Promise<{ text: string; content: Workflow; steps: Step[] }> {
  const text = await read(`.github/workflows/${name}`);
  const content = parseYaml(text, { strict: true, uniqueKeys: true }) as Workflow;
  return { text, content, steps: Object.values(content.jobs).flatMap(({ steps = [] }) => steps) };
}

Deno.test("the workflows run .ci/run, with its Deno, actions by commit, and no more rights than they need", async () => {
  const ci = await read(".ci/run");
  const [tests, release] = await Promise.all([workflow("ci.yml"), workflow("release.yml")]);
  assert.ok(tests.steps.some((step) => step.run === ".ci/run"));
  assert.deepEqual([tests.content.permissions, release.content.permissions], [{ contents: "read" }, {}]);
  assert.deepEqual(release.content.jobs.release.permissions, { contents: "write" });
  assert.equal(release.content.jobs.tests.uses, "./.github/workflows/ci.yml");
  for (const { text, steps } of [tests, release]) {
    for (const { uses } of steps) if (uses !== undefined) assert.match(uses, /^[\w/-]+@[0-9a-f]{40}$/);
    for (const [, version] of text.matchAll(/\bdeno@([\d.]+)/g)) {
      assert.equal(version, pinned(ci, "DENO_VERSION"));
    }
    for (const [, task] of text.matchAll(/\bdeno task (\w+)/g)) assert.ok(task in manifest.tasks, task);
    for (const [, path] of text.matchAll(/run: ([.\w]+\/\S+)/g)) {
      assert.ok(((await Deno.stat(join(ROOT, path))).mode! & 0o111) !== 0, `${path} can't be run`);
    }
    for (const { run: script = "" } of steps) {
      const syntax = await run({ command: "bash", args: ["-n", "-c", script], env: { PATH } });
      assert.equal(syntax.code, 0, syntax.stderr);
    }
  }
  const images = [...tests.text.matchAll(/image: node:(\d+)-/g)].map(([, version]) => version);
  assert.deepEqual(images, ["22"], "as deploy/Dockerfile and Claude Code's launcher");
});

Deno.test("a release is of the tagged version, with sums that fit, and its smoke test tells a program that works", async () => {
  const { steps } = await workflow("release.yml");
  const script = (name: string) => steps.find((step) => step.name === name)?.run ?? assert.fail(name);
  const tag = async (GITHUB_REF_NAME: string) =>
    (await shell(script("The tag is the version"), ROOT, { GITHUB_REF_NAME })).code;
  assert.deepEqual([await tag(`v${manifest.version}`), await tag("v99.0.0"), await tag("v")], [0, 1, 1]);

  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "dist"));
    for (const target of ["linux-x64", "windows-x64.exe"]) {
      await Deno.writeTextFile(join(folder, `dist/autopilot-${target}`), target);
    }
    assert.equal((await shell(script("Checksums"), folder)).code, 0);
    const check = "cd dist && sha256sum --check --strict SHA256SUMS";
    assert.match((await shell(check, folder)).stdout, /linux-x64: OK\nautopilot-windows-x64\.exe: OK/);
    await Deno.writeTextFile(join(folder, "dist/autopilot-linux-x64"), "another");
    assert.equal((await shell(check, folder)).code, 1);

    // The sources stand for the executable, of which tests/binary are.
    const deno = `${Deno.execPath()} run --quiet --cached-only --frozen --config ${join(ROOT, "deno.json")}`;
    const program = join(folder, "autopilot");
    const works = `#!/bin/sh\nexec ${deno} -P=server ${join(ROOT, "main.ts")} "$@"\n`;
    await Deno.writeTextFile(program, works, { mode: 0o755 });
    const env = await cleanEnv(folder);
    const good = await shell(`${join(ROOT, "build/smoke")} ./autopilot`, folder, env);
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /autopilot works\n$/);
    await Deno.writeTextFile(program, '#!/bin/sh\n[ "$1" = --version ] || { echo broken >&2; exit 1; }\n');
    const bad = await shell(`${join(ROOT, "build/smoke")} ./autopilot`, folder, env);
    assert.notEqual(bad.code, 0);
    assert.match(bad.stderr, /broken\n.*ended before it was ready/s);
  });
});
