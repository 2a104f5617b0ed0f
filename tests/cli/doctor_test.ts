import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { checkData } from "../../src/cli/doctor/machine.ts";
import { type Cli, cliFor } from "../support/cli.ts";
import { startFakeGithub } from "../support/fake_github.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";
import { startServer } from "../support/server.ts";

const NOWHERE = { url: "http://127.0.0.1:1" };
const CLAUDE = new URL("../fixtures/bin/scripted-claude", import.meta.url).pathname;
/** The promise is five seconds; the start of the process, on a busy machine, comes on top. */
const MOST_MS = 9_000;

interface Report {
  code: number;
  ok: boolean;
  findings: Finding[];
  ms: number;
  /** The finding of a check; fails unless there is exactly one. */
  of(check: string): Finding;
}

async function doctor(cli: Cli, args: string[], env: Record<string, string>): Promise<Report> {
  const started = performance.now();
  const { code, stdout, stderr } = await cli.run(["doctor", "--json", ...args], { env });
  const ms = performance.now() - started;
  assert.ok(code < 2, `${code}: ${stderr}`);
  const report = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  assert.equal(report.ok, code === 0, "the exit code says the same");
  assert.equal(report.ok, !report.findings.some(({ level }) => level === "error"), stdout);
  for (const { check, level, found, mend } of report.findings) {
    assert.equal(mend === "", level === "ok", `${check}: ${mend}`);
    assert.doesNotMatch(found + mend, /\n|ghp_|gho_|secret-key/, check);
  }
  return {
    ...report,
    code,
    ms,
    of(check) {
      const found = report.findings.filter((one) => one.check === check);
      assert.equal(found.length, 1, `${check} in ${stdout}`);
      return found[0];
    },
  };
}

/** What a server with a runner that pushes would have. */
function allSet(repo: TestRepo, more: Record<string, string> = {}): Record<string, string> {
  return {
    HOME: repo.env.HOME,
    AUTOPILOT_DATA: join(repo.dir, "data"),
    AUTOPILOT_RUNNER: "1",
    AUTOPILOT_WORKDIR: repo.path,
    AUTOPILOT_CLAUDE_BIN: CLAUDE,
    ANTHROPIC_API_KEY: "secret-key",
    ...more,
  };
}

async function changed(path: string, mode: number): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  await Deno.chmod(path, mode);
}

Deno.test("doctor finds nothing to mend where all is well, changes nothing, and names what keeps work from GitHub", async () => {
  await using repo = await makeRepo();
  await using cli = await cliFor(NOWHERE);
  await Deno.mkdir(join(repo.dir, "hub"));
  await using github = await startFakeGithub(join(repo.dir, "hub"));
  await repo.git("remote", "add", "origin", github.remote_url);
  const env = allSet(repo, { ...github.env, AUTOPILOT_PUSH: "1", AUTOPILOT_CHECK: "true" });

  const well = await doctor(cli, [], env);
  const bad = well.findings.filter(({ level, check }) => level !== "ok" && check !== "sandbox");
  assert.deepEqual(bad.map(({ check, level }) => [check, level]), [["gh_scopes", "note"]]);
  assert.match(well.of("gh_login").found, /OAuth token/);
  assert.match(well.of("claude").found, /2\.1\.330/);
  assert.match(well.of("repository").found, /default branch main, remote origin \(acme\/app\)/);
  assert.match(well.of("push").found, /may push to origin/);
  await assert.rejects(Deno.stat(env.AUTOPILOT_DATA), Deno.errors.NotFound, "nothing was made");
  assert.deepEqual([...Deno.readDirSync(join(github.bare, "refs/heads"))], [], "nothing was pushed");

  github.repository = { permissions: { push: false } };
  github.date = new Date(Date.now() + 3_600_000);
  await github.refusePushes("Permission denied (publickey).");
  const reader = await doctor(cli, [], env);
  assert.match(reader.of("pull_requests").found, /may not push to acme\/app/);
  assert.match(reader.of("push").found, /Permission denied/);
  assert.ok(reader.findings.some(({ check, found }) => check === "clock" && /behind GitHub's/.test(found)));

  github.fault = { status: 401, message: "Bad credentials" };
  const unknown = await doctor(cli, [], env);
  assert.match(unknown.of("pull_requests").mend, /gh auth login/);
  github.fault = { hang: true };
  const hanging = await doctor(cli, [], env);
  assert.match(hanging.of("pull_requests").found, /did not answer .* in time/);
  assert.ok(hanging.ms < MOST_MS, `${hanging.ms} ms`);

  github.operations.length = 0;
  assert.equal((await doctor(cli, [], { ...env, AUTOPILOT_PUSH: "0" })).code, 0);
  assert.deepEqual(github.operations, [], "without --push nobody is asked");
});

Deno.test("doctor says what of the repository agents don't see, and refuses one without a commit", async () => {
  await using repo = await makeRepo({ ".gitattributes": "*.bin filter=lfs\n", "autopilot.json": "{" });
  await using cli = await cliFor(NOWHERE);
  const head = await repo.git("rev-parse", "HEAD");
  await repo.git("update-index", "--add", "--cacheinfo", `160000,${head},parts/sub`);
  await repo.git("commit", "-q", "-m", "A submodule");
  await repo.git("checkout", "-q", "--detach");
  await repo.git("config", "commit.gpgsign", "true");
  await repo.write({ "hooks/pre-commit": "#!/bin/sh\ntouch ran\n", "README.md": "changed\n" });
  await Deno.chmod(join(repo.path, "hooks/pre-commit"), 0o755);
  await repo.git("config", "core.hooksPath", "hooks");

  const report = await doctor(cli, [], allSet(repo));
  const notes = { branch: /No branch/, tree: /2 files are not committed/, submodules: /parts\/sub/ };
  const more = { lfs: /pointers/, hooks: /pre-commit/, signing: /those of agents are not/ };
  for (const [check, found] of Object.entries({ ...notes, ...more })) {
    assert.match(report.of(check).found, found);
    assert.equal(report.of(check).level, "note", check);
  }
  assert.equal(report.of("check").level, "error", "autopilot.json can't be read");
  assert.equal(report.code, 1);
  assert.equal((await doctor(cli, ["--base", "no-such"], allSet(repo))).of("branch").level, "error");

  await using unborn = await makeRepo(null);
  const start = await doctor(cli, [], allSet(unborn));
  assert.deepEqual([start.code, start.of("repository").level], [1, "error"]);
  assert.match(start.of("repository").found, /no commit yet$/);
  assert.match(start.of("repository").mend, /^Make a first commit/);
  const nowhere = allSet(unborn, { AUTOPILOT_WORKDIR: unborn.env.HOME, AUTOPILOT_RUNNER: "0" });
  const board = await doctor(cli, [], nowhere);
  assert.deepEqual([board.code, board.of("repository").level], [0, "warning"], "a board alone needs none");
});

Deno.test("doctor names programs that are missing, too old or hang, within its time", async () => {
  await using repo = await makeRepo();
  await using cli = await cliFor(NOWHERE);
  const bin = join(repo.dir, "bin");
  await Deno.mkdir(bin);
  const bare = allSet(repo, { PATH: bin, ANTHROPIC_API_KEY: "", AUTOPILOT_PUSH: "1" });
  const nothing = await doctor(cli, [], bare);
  for (const check of ["git", "gh", "sandbox", "claude_login"]) {
    assert.equal(nothing.of(check).level, "error", check);
    assert.match(nothing.of(check).mend, /install|Run claude setup-token/i);
  }

  const script = async (name: string, text: string) => {
    await Deno.writeTextFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  await script("old-claude", "echo 1.0.3");
  // It ends by nothing but KILL.
  await script("gh", `trap '' TERM INT\necho $$ >${repo.dir}/gh.pid\nwhile :; do sleep 0.1; done`);
  await script("hung-claude", "trap '' TERM INT\nwhile :; do sleep 0.1; done");
  const PATH = `${bin}:${repo.env.PATH}`;
  const [old, hung] = await Promise.all(
    ["old-claude", "hung-claude"].map((AUTOPILOT_CLAUDE_BIN) =>
      doctor(cli, [], allSet(repo, { PATH, AUTOPILOT_CLAUDE_BIN, AUTOPILOT_PUSH: "1" }))
    ),
  );
  assert.match(hung.of("claude").found, /nothing within/);
  assert.ok(hung.ms < MOST_MS, `${hung.ms} ms`);
  assert.match(old.of("claude").found, /1\.0\.3 .* is too old/);
  assert.match(old.of("gh").found, /nothing in time/);
  assert.ok(old.ms < MOST_MS, `${old.ms} ms`);
  const pid = (await Deno.readTextFile(join(repo.dir, "gh.pid"))).trim();
  await assert.rejects(Deno.stat(`/proc/${pid}`), Deno.errors.NotFound, "the program that hung is gone");
});

Deno.test("doctor tells an own server from another program, an open data folder, a damaged and a newer database", async () => {
  await using server = await startServer();
  await using cli = await cliFor(NOWHERE);
  const folder = await Deno.makeTempDir({ prefix: "autopilot-doctor-" });
  const { port } = new URL(server.url);
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const [beside, text] = await Promise.all([
      doctor(cli, [], { AUTOPILOT_DATA: server.data, AUTOPILOT_PORT: port }),
      cli.run(["doctor"], { env: { AUTOPILOT_DATA: server.data, AUTOPILOT_PORT: port } }),
    ]);
    assert.match(beside.of("port").found, /Autopilot \d+\.\d+\.\d+ is running there/);
    assert.match(beside.of("database").found, /can be written, nothing in it is damaged/);
    assert.deepEqual([beside.of("migrations").level, beside.of("data_folder").level], ["ok", "ok"]);
    assert.match(text.stdout, /^ok {7}port {11}Port \d+ of 127\.0\.0\.1: Autopilot/m);
    assert.match(text.stdout, /^warning {2}claude_login .*\n +→ Run claude setup-token/m);
    assert.equal(text.code, 0, text.stdout);
    await server.api("/issues", { json: { title: "Of today" } });
    assert.equal(await server.stop(), 0);

    const database = join(folder, "autopilot.db");
    await Deno.copyFile(join(server.data, "autopilot.db"), database);
    await changed(folder, 0o755);
    using db = new DatabaseSync(database);
    db.exec("update events set at = '2999-01-01T00:00:00.000Z'");
    db.exec("insert into kysely_migration (name, timestamp) values ('9999_later', '')");
    db.close();
    const addr = other.addr as Deno.NetAddr;
    const env = { AUTOPILOT_DATA: folder, AUTOPILOT_PORT: String(addr.port) };
    for (const name of ["importing-old", "restoring-now", "autopilot.db.before-0009_trust-x.partial"]) {
      await Deno.mkdir(join(folder, name));
      if (name !== "restoring-now") await Deno.utime(join(folder, name), 0, 0);
    }
    const bad = await doctor(cli, [], env);
    assert.match(bad.of("port").found, /taken by another program/);
    assert.match(bad.of("data_folder").mend, /^chmod 700/);
    assert.match(bad.of("migrations").found, /newer version .*9999_later/);
    assert.match(bad.of("leftovers").found, /left 2 files or folders/);
    assert.match(bad.of("leftovers").mend, /^rm -r '.*importing-old|partial'/);
    assert.match(bad.of("clock").found, /last event is of 2999/);
    assert.equal(bad.code, 1);

    await Deno.writeTextFile(
      database,
      "no database at all, but long enough to be taken for one. ".repeat(100),
    );
    assert.match((await doctor(cli, [], env)).of("database").found, /is damaged: file is not a database/);
    // Not even root makes a folder there.
    const [nowhere] = await checkData({ data: "/proc/autopilot/data", database_url: "postgres://db" });
    assert.equal(nowhere.level, "error");
    assert.match(nowhere.found, /data can't be made: nothing can be written to \/proc/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
