import assert from "node:assert/strict";
import { join } from "node:path";
import { agentPaths, probeSandbox, type Sandbox, SandboxMissingError } from "../../src/process/sandbox.ts";
import { run } from "../../src/process/spawn.ts";

const PATH = Deno.env.get("PATH") ?? "";

/** A machine in small: a user's home with secrets and a toolchain, a workspace, an agent's HOME. */
async function setup() {
  const dir = await Deno.realPath(await Deno.makeTempDir({ dir: "/tmp", prefix: "autopilot-sandbox-" }));
  const user = join(dir, "user");
  for (const folder of [".ssh", ".cargo/bin", ".config/gh", ".aws", ".local/bin", "project"]) {
    await Deno.mkdir(join(user, folder), { recursive: true });
  }
  for (
    const file of [
      ".ssh/id_ed25519",
      ".cargo/credentials.toml",
      ".config/gh/hosts.yml",
      ".aws/credentials",
      ".netrc",
      "project/.env",
    ]
  ) {
    await Deno.writeTextFile(join(user, file), "CANARY");
  }
  for (const file of [".cargo/bin/cargo", ".local/bin/uv", ".local/bin/my-script"]) {
    await Deno.writeTextFile(join(user, file), "#!/bin/sh\necho tool\n", { mode: 0o755 });
  }
  const tree = join(dir, "tree");
  const home = join(dir, "home");
  await Deno.mkdir(tree);
  await Deno.mkdir(home);
  const env = { HOME: user, PATH: `${user}/.cargo/bin:${user}/.local/bin:${PATH}` };
  const sandbox = await probeSandbox("auto", { env });
  return {
    dir,
    user,
    tree,
    home,
    env,
    sandbox,
    sh: (script: string, more: Partial<Parameters<Sandbox["wrap"]>[0]> = {}) =>
      run(sandbox.wrap({
        command: "/bin/sh",
        args: ["-c", script],
        env: {},
        tree,
        home,
        read_only: [],
        read_write: [],
        ...more,
      })),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

Deno.test("probeSandbox() makes a place with the workspace and a HOME, and hands on the exit code", async () => {
  await using t = await setup();
  const result = await t.sh("pwd; echo $HOME; echo w > made; echo h > ~/made; exit 7");
  assert.deepEqual([result.code, result.stdout], [7, "/workspace\n/home/agent\n"]);
  assert.equal(await Deno.readTextFile(join(t.tree, "made")), "w\n");
  assert.equal(await Deno.readTextFile(join(t.home, "made")), "h\n");
});

Deno.test("S16 the sandbox shows nothing of the user's home but its toolchains", async () => {
  await using t = await setup();
  const result = await t.sh(
    `grep -rs CANARY ${t.dir} /home /root /tmp /workspace /run; find ${t.user} -type f; cargo; uv`,
  );
  assert.deepEqual(result.stdout.trim().split("\n").sort(), [
    `${t.user}/.cargo/bin/cargo`,
    `${t.user}/.local/bin/uv`,
    "tool",
    "tool",
  ]);
});

Deno.test("S16 the sandbox lets nothing be written outside of the workspace, the HOME and /tmp", async () => {
  await using t = await setup();
  const result = await t.sh(
    `for d in / /etc /usr /opt /bin ${t.user}/.cargo/bin ${t.dir}; do touch $d/x 2>/dev/null && echo "wrote $d"; done; ` +
      "touch /tmp/x /var/tmp/y && ls /tmp; mount -t tmpfs none /etc 2>/dev/null && echo mounted; " +
      "mknod /workspace/disk b 8 0 2>/dev/null && echo made a device; true",
  );
  // /tmp is the sandbox's own and goes with it, the empty parents of what is shown below it included.
  const name = t.dir.slice("/tmp/".length);
  assert.deepEqual(result.stdout.trim().split("\n").sort(), [name, `wrote ${t.dir}`, "x", "y"].sort());
  assert.deepEqual((await Array.fromAsync(Deno.readDir(t.dir))).map(({ name }) => name).sort(), [
    "home",
    "tree",
    "user",
  ]);
});

Deno.test("S16 the sandbox has no capability, no secret of the system and no environment but the given one", async () => {
  await using t = await setup();
  const result = await t.sh("grep CapEff /proc/self/status; cat /etc/shadow; ls /etc/ssh; env | sort", {
    env: { GIVEN: "1" },
  });
  const lines = result.stdout.trim().split("\n");
  assert.match(lines[0], /^CapEff:\s+0+$/);
  assert.deepEqual(lines.slice(1).map((line) => line.split("=")[0]).filter((name) => name !== "_"), [
    "GIVEN",
    "HOME",
    "PATH",
    "PWD",
    ...["SHLVL"].filter(() => result.stdout.includes("SHLVL=")),
    "TMPDIR",
  ]);
});

Deno.test("S16 the sandbox sees only its own processes", async () => {
  await using t = await setup();
  const result = await t.sh(
    "ls /proc | grep -c '^[0-9]'; kill -0 " + Deno.pid + " 2>/dev/null && echo reached",
  );
  assert.match(result.stdout, /^\d\n$/);
});

Deno.test("S16 the sandbox takes every descendant along when it is killed", async () => {
  await using t = await setup();
  const mark = `3${Date.now() % 1_000_000}`;
  const abort = new AbortController();
  const running = t.sh(
    `setsid sleep ${mark} & nohup sleep ${mark} >/dev/null 2>&1 & (trap '' TERM; touch up; sleep ${mark}) & wait`,
  );
  // run() of its own process group: the same as what a stop does.
  const wrapped = t.sandbox.wrap({
    command: "/bin/sh",
    args: ["-c", `setsid sleep ${mark}7 & trap '' TERM; touch up2; sleep ${mark}7`],
    env: {},
    tree: t.tree,
    home: t.home,
    read_only: [],
    read_write: [],
  });
  const stopped = run({ ...wrapped, signal: abort.signal });
  await appears(join(t.tree, "up2"));
  abort.abort();
  await stopped;
  assert.equal(await count(`${mark}7`), 0);
  await appears(join(t.tree, "up"));
  assert.ok(await count(mark) >= 2);
  const pids = (await run({ command: "pgrep", args: ["-f", `bwrap.*${mark}`], env: { PATH } })).stdout.trim()
    .split("\n");
  Deno.kill(Number(pids[0]), "SIGKILL");
  await running;
  assert.equal(await count(mark), 0);
});

/** How many `sleep <seconds>` there are, whoever their parent is. */
async function count(seconds: string): Promise<number> {
  let found = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line === `sleep\0${seconds}\0`) found++;
  }
  return found;
}

async function appears(path: string): Promise<void> {
  const watcher = Deno.watchFs(join(path, ".."));
  try {
    if (await Deno.lstat(path).then(() => true, () => false)) return;
    for await (const _ of watcher) if (await Deno.lstat(path).then(() => true, () => false)) return;
  } finally {
    try {
      watcher.close();
    } catch {
      // Leaving the loop has closed it already.
    }
  }
}

Deno.test("S16 the sandbox hides a home or data folder that lies within a system folder", async () => {
  await using t = await setup();
  // /usr/share stands for /opt/autopilot: a folder of the system that is shown, with something private in it.
  const sandbox = await probeSandbox("bwrap", { env: { ...t.env, HOME: "/usr/share" }, hide: ["/etc/ssl"] });
  const result = await run(sandbox.wrap({
    command: "/bin/sh",
    args: ["-c", "ls /usr/share /etc/ssl"],
    env: {},
    tree: t.tree,
    home: t.home,
    read_only: [],
    read_write: [],
  }));
  assert.equal(result.stdout.replace(/\s|:|\/usr\/share|\/etc\/ssl/g, ""), "");
});

Deno.test("the sandbox shows a program and folders from anywhere, read-only unless said otherwise", async () => {
  await using t = await setup();
  const program = join(t.dir, "tools", "my claude");
  await Deno.mkdir(join(t.dir, "tools"));
  await Deno.writeTextFile(
    program,
    '#!/bin/sh\ncat /notes/n.txt; echo more >> /notes/n.txt; echo "$1" > /out/o.txt\n',
    {
      mode: 0o755,
    },
  );
  for (const folder of ["notes", "out"]) await Deno.mkdir(join(t.dir, folder));
  await Deno.writeTextFile(join(t.dir, "notes/n.txt"), "note");
  const result = await run(t.sandbox.wrap({
    command: program,
    args: ["--setenv X=1; -rf"],
    env: {},
    tree: t.tree,
    home: t.home,
    read_only: [{ from: join(t.dir, "notes"), to: "/notes" }],
    read_write: [{ from: join(t.dir, "out"), to: "/out" }],
  }));
  assert.equal(result.stdout, "note");
  assert.match(result.stderr, /Read-only file system/);
  assert.equal(await Deno.readTextFile(join(t.dir, "out/o.txt")), "--setenv X=1; -rf\n");
});

Deno.test("S16 probeSandbox() refuses when bubblewrap is missing or does not work, and says what to do", async () => {
  await using t = await setup();
  await assert.rejects(probeSandbox("auto", { env: { ...t.env, PATH: t.tree } }), (error: Error) => {
    assert.ok(error instanceof SandboxMissingError);
    assert.match(error.message, /bwrap was not found on PATH: install bubblewrap/);
    return true;
  });
  await Deno.writeTextFile(join(t.tree, "bwrap"), "#!/bin/sh\necho no user namespaces here >&2\nexit 1\n", {
    mode: 0o755,
  });
  await assert.rejects(probeSandbox("bwrap", { env: { ...t.env, PATH: t.tree } }), /no user namespaces here/);
});

Deno.test("S16, S21 probeSandbox() off is refused to root, and loud for everyone else", async () => {
  if (Deno.uid() === 0) {
    await assert.rejects(probeSandbox("off", { env: {} }), /as root without a sandbox/);
  } else {
    const sandbox = await probeSandbox("off", { env: {} });
    assert.equal(sandbox.kind, "off");
    assert.match(sandbox.warnings.join(), /without a sandbox/);
  }
});

Deno.test("agentPaths() says where the agent finds its files", async () => {
  await using t = await setup();
  const host = { tree: "/t", home: "/h", attachments: "/a" };
  assert.deepEqual(agentPaths(t.sandbox, host), {
    tree: "/workspace",
    home: "/home/agent",
    attachments: "/attachments",
  });
  assert.deepEqual(agentPaths({ ...t.sandbox, kind: "off" }, host), host);
});

Deno.test("S20 the sandbox bounds what can be written into memory, and shows what an option names", async () => {
  await using t = await setup();
  const shown = join(t.dir, "shown");
  await Deno.mkdir(shown);
  await Deno.writeTextFile(join(shown, "tool.txt"), "tool\n");
  const sandbox = await probeSandbox("bwrap", { env: t.env, memory_mb: 1, read_only: [shown] });
  assert.deepEqual(sandbox.warnings.filter((warning) => /too old/.test(warning)), []);
  const script = [
    "for dir in /tmp /dev/shm; do head -c 2000000 /dev/zero 2>/dev/null >$dir/x && echo $dir is unbounded; done",
    "stat -c %s /tmp/x",
    "touch /dev/x 2>/dev/null && echo /dev is writable",
    "echo x >/dev/null && head -c 1 /dev/urandom >/dev/null && echo devices work",
    `cat ${shown}/tool.txt`,
    `touch ${shown}/x 2>/dev/null && echo shown is writable`,
  ].join("\n");
  const { tree, home } = t;
  const { stdout } = await run(
    sandbox.wrap({
      command: "/bin/sh",
      args: ["-c", script],
      env: {},
      tree,
      home,
      read_only: [],
      read_write: [],
    }),
  );
  assert.equal(stdout, "1048576\ndevices work\ntool\n");
});

Deno.test("probeSandbox() says which path of AUTOPILOT_SANDBOX_READ is not there", async () => {
  const options = { env: { PATH }, read_only: ["/no/such/place"] };
  await assert.rejects(probeSandbox("bwrap", options), /\/no\/such\/place.*AUTOPILOT_SANDBOX_READ/);
});
