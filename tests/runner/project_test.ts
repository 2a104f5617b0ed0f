import assert from "node:assert/strict";
import { join } from "node:path";
import { ProjectFileError } from "../../src/domain/project_file.ts";
import { openRepository } from "../../src/process/git.ts";
import { probeSandbox } from "../../src/process/sandbox.ts";
import { CopyError, copyFiles } from "../../src/workspace/copied_files.ts";
import type { RunnerOptions } from "../../src/runner/parts.ts";
import { projectReader } from "../../src/runner/project.ts";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { prepareWorkspace } from "../../src/workspace/workspace.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";
import { type Bench, makeBench } from "./bench.ts";
import type { AgentScript } from "./scripted_agent.ts";

const file = (value: unknown) => ({ "autopilot.json": JSON.stringify(value) });

async function startSandboxed(
  bench: Bench,
  next: AgentScript | AgentScript[],
  options: Partial<RunnerOptions> = {},
): Promise<void> {
  await bench.runner(next, options, {}, await probeSandbox("bwrap", { env: bench.repo.env })).start();
}

Deno.test("projectReader() reads the base's file, also a newer one, and answers nothing where there is none", async () => {
  await using repo = await makeRepo();
  const read = projectReader(await openRepository(repo.path, repo.env), "");
  assert.deepEqual(await read(), {});
  await repo.write(file({ check: "not committed" }));
  assert.deepEqual(await read(), {});
  await repo.commit(file({ check: "one" }));
  assert.deepEqual(await read(), { check: "one" });
  await repo.commit(file({ check: "two" }));
  assert.deepEqual(await read(), { check: "two" });
  const fixed = projectReader(await openRepository(join(repo.path), repo.env), "HEAD~1");
  assert.deepEqual(await fixed(), { check: "one" });
});

Deno.test("projectReader() takes no agent's word for it while the user looks at an agent's branch", async () => {
  await using repo = await makeRepo({ ...file({ check: "mine" }) });
  await repo.git("checkout", "-q", "-b", "autopilot/1-x");
  const commit = await repo.commit(file({ check: "theirs" }));
  const read = projectReader(await openRepository(repo.path, repo.env), "");
  assert.deepEqual(await read(), { check: "mine" });
  await repo.git("checkout", "-q", "--detach", commit);
  assert.deepEqual(await read(), { check: "mine" });
  // A human merged it: now it is the project's.
  await repo.git("checkout", "-q", "main");
  await repo.git("merge", "-q", "autopilot/1-x");
  assert.deepEqual(await read(), { check: "theirs" });
});

Deno.test("projectReader() refuses what is no plain file, too large, or wrong, and names the commit", async () => {
  await using repo = await makeRepo();
  const read = projectReader(await openRepository(repo.path, repo.env), "");
  const refused = async (expected: RegExp) =>
    await assert.rejects(
      read(),
      (error: Error) => error instanceof ProjectFileError && expected.test(error.message),
    );
  await Deno.symlink("/etc/passwd", join(repo.path, "autopilot.json"));
  await repo.commit({});
  await refused(/must be a plain file, but is a link/);
  await Deno.remove(join(repo.path, "autopilot.json"));
  await repo.commit({ "autopilot.json/x": "x" });
  await refused(/but is a tree/);
  await repo.git("rm", "-rq", "autopilot.json");
  await repo.commit({ "autopilot.json": `{"check": "${"x".repeat(70_000)}"}` });
  await refused(/has 700\d\d bytes: at most 65536/);
  const commit = await repo.commit({ "autopilot.json": "{" });
  await refused(new RegExp(`no JSON.*read from commit ${commit.slice(0, 12)}`));
});

Deno.test("the check of autopilot.json counts as it is on the base, whatever the agent makes of it", async () => {
  await using bench = await makeBench();
  const project = { check: "grep -q good a.txt", check_rounds: 1, extra_prompt: "Mind the changelog." };
  await bench.repo.commit(file(project));
  await startSandboxed(bench, [
    async (agent) => {
      await agent.write("a.txt", "bad\n");
      await agent.write("autopilot.json", '{"check": "true"}');
      agent.result();
    },
    (agent) => agent.result({ text: "I leave it.", session_cost_usd: 0.6 }),
    (agent) => agent.result({ text: "Still so.", session_cost_usd: 0.7 }),
    (agent) => agent.result({ text: "Really.", session_cost_usd: 0.8 }),
  ]);
  const filed = await bench.file();
  const { run, issue } = await bench.finished(filed);
  assert.equal(run.outcome, "checks_failed");
  assert.match(bench.requests[0].prompt, /Mind the changelog/);
  // The next run starts from the branch, where the agent's file is.
  assert.equal(await bench.repo.git("show", `${issue.branch}:autopilot.json`), '{"check": "true"}');
  await bench.say(filed, "Have another look");
  await bench.store.issues.move(filed.id, "ready", { kind: "human", name: "anna" });
  const again = await bench.finished(filed, 2);
  assert.equal(again.run.outcome, "no_change");
  assert.equal(again.issue.checks, "failed");
  assert.match(bench.requests[2].prompt, /Mind the changelog/);
});

Deno.test("an autopilot.json that can't be used blocks the issue with a comment that says why", async () => {
  await using bench = await makeBench();
  await bench.repo.commit(file({ chek: "make test", limits: { run_minutes: "ten" } }));
  await startSandboxed(bench, () => assert.fail("started"));
  const { run, issue, comments } = await bench.finished(await bench.file());
  assert.equal(run.outcome, "failed");
  assert.equal(issue.status, "blocked");
  const { body } = comments.at(-1)!;
  assert.match(body, /autopilot\.json can't be used: "chek" is no key of it: did you mean "check"\?/);
  assert.match(body, /"limits\.run_minutes" must be a number from 0\.05 to 10080, but is the text "ten"/);
  assert.equal(bench.requests.length, 0);
});

Deno.test("limits, model and tools of autopilot.json reach the agent, tightened by the options", async () => {
  await using bench = await makeBench();
  await bench.repo.commit(file({
    limits: { max_turns: 50, max_usd_per_run: 99 },
    model: "opus",
    allowed_tools: ["Read", "Edit"],
  }));
  await startSandboxed(bench, (agent) => agent.result(), { max_turns: 200, max_usd_per_run: 2 });
  await bench.finished(await bench.file());
  const { max_turns, max_budget_usd, model, allowed_tools } = bench.requests[0];
  assert.deepEqual([max_turns, max_budget_usd, model, allowed_tools], [50, 2, "opus", ["Read", "Edit"]]);
});

Deno.test("the time limit of autopilot.json ends a run", async () => {
  await using bench = await makeBench();
  await bench.repo.commit(file({ limits: { run_minutes: 5 } }));
  const started = Promise.withResolvers<void>();
  await startSandboxed(bench, async (agent) => {
    const talks = bench.time.set(50);
    agent.log({ type: "text", text: "here" });
    await talks;
    started.resolve();
    await agent.ended;
  });
  const finished = bench.finished(await bench.file());
  await started.promise;
  bench.time.advance(5 * 60_000 + 1);
  assert.equal((await finished).run.outcome, "timed_out");
});

Deno.test("copy brings files in that the commit does not have, but for those that the repository keeps", async () => {
  await using bench = await makeBench();
  const { repo } = bench;
  await repo.commit({
    ...file({
      copy: [".env.test", "config/local.json", "README.md"],
      check: "cat .env.test config/local.json README.md",
    }),
  });
  await repo.write({
    ".env.test": "KEY=1\n",
    "config/local.json": "{}\n",
    "README.md": "# Changed by the user\n",
  });
  await startSandboxed(bench, async (agent) => {
    // The agent wants them in, against the ignore files too.
    await agent.write(".gitignore", "!.env.test\n!config/local.json\n");
    await agent.write("config/local.json", '{"by": "agent"}\n');
    agent.result();
  });
  const { run, issue } = await bench.finished(await bench.file());
  assert.equal(run.outcome, "implemented", run.reason);
  assert.equal(issue.checks, "passed");
  const { entries } = await bench.store.runLog.read(run.id, 0, 100);
  const output = entries.flatMap((entry) => entry.type === "system" ? [entry.text] : []).join("\n");
  assert.equal(output, 'KEY=1\n{"by": "agent"}\n# Project');
  const files = await repo.git("ls-tree", "-r", "--name-only", issue.branch);
  assert.deepEqual(files.split("\n"), [".gitignore", "README.md", "autopilot.json"]);
  assert.doesNotMatch(
    (await bench.store.comments.list(issue.id)).map(({ body }) => body).join(),
    /Not in the commit/,
  );
  assert.equal(await Deno.readTextFile(join(repo.path, "config/local.json")), "{}\n");
});

Deno.test("copy brings nothing to a run on texts of strangers", async () => {
  await using bench = await makeBench();
  await bench.repo.commit(file({ copy: [".env.test"], setup: "ls -a" }));
  await bench.repo.write({ ".env.test": "KEY=1\n" });
  await startSandboxed(bench, (agent) => agent.result());
  const { run } = await bench.finished(await bench.file({ trust: "external", kind: "feedback" }));
  const { entries } = await bench.store.runLog.read(run.id, 0, 100);
  const said = entries.flatMap((entry) => "text" in entry ? [entry.text] : []).join("\n");
  assert.match(said, /"copy" of autopilot\.json does not count/);
  assert.doesNotMatch(said, /\.env\.test/);
});

/** A workspace of a repository, to copy into. */
async function place(repo: TestRepo) {
  const repository = await openRepository(repo.path, repo.env);
  const workspace = await prepareWorkspace({
    repository,
    root: join(repo.dir, "workspaces"),
    homes: join(repo.dir, "homes"),
    issue_number: 1,
    run_id: crypto.randomUUID(),
    branch: "autopilot/1-x",
    attachments: [],
  });
  return { repository, workspace, copy: (...paths: string[]) => copyFiles(repository, workspace, paths) };
}

Deno.test("copyFiles() reads nothing outside of the checkout", async () => {
  await using repo = await makeRepo();
  await Deno.writeTextFile(join(repo.dir, "secret"), "CANARY");
  await Deno.symlink("../secret", join(repo.path, "link"));
  await Deno.symlink(repo.dir, join(repo.path, "folder"));
  await Deno.symlink(".git/config", join(repo.path, "conf"));
  await Deno.symlink("README.md", join(repo.path, "fine"));
  await repo.write({ "dir/x": "x" });
  const { copy, workspace } = await place(repo);
  const refused = async (path: string, expected: RegExp) =>
    await assert.rejects(
      copy(path),
      (error: Error) => error instanceof CopyError && expected.test(error.message),
    );
  await refused("link", /"link" under "copy", but it leads out of the repository/);
  await refused("folder/secret", /leads out/);
  await refused("../secret", /leads out/);
  await refused("folder", /leads out/);
  await refused("conf", /leads into git's own files/);
  await refused("dir", /it is no file/);
  await refused("gone", /the checkout has no such file: put the file there, or take it out/);
  await refused("README.md/x", /no such file/);
  assert.deepEqual(await copy("fine"), ["fine"]);
  assert.equal((await Deno.lstat(join(workspace.tree, "fine"))).isFile, true);
});

Deno.test("copyFiles() writes nothing outside of the tree, whatever links the repository holds", async () => {
  await using repo = await makeRepo();
  const outside = join(repo.dir, "outside");
  await Deno.mkdir(outside);
  await Deno.symlink(outside, join(repo.path, "conf"));
  await Deno.symlink(join(outside, "new"), join(repo.path, "dangling"));
  await repo.commit({});
  const { copy, repository, workspace } = await place(repo);
  await Deno.remove(join(repo.path, "conf"));
  await Deno.remove(join(repo.path, "dangling"));
  await repo.write({ "conf/.env": "CANARY", "dangling": "CANARY" });
  await assert.rejects(copy("conf/.env"), /"conf" in the repository is no folder/);
  // The repository keeps it, as a link: it stays one.
  assert.deepEqual(await copy("dangling"), []);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(outside)), []);
  const taken = await snapshot(workspace, { repository, message: "x", name: "n", email: "e@x" });
  assert.equal(taken.commit, "");
});

Deno.test("copyFiles() takes the files of the checkout's root when agents work for a folder below it", async () => {
  await using repo = await makeRepo({ "sub/a.txt": "a\n" });
  await repo.write({ ".env.test": "KEY=1\n" });
  const repository = await openRepository(join(repo.path, "sub"), repo.env);
  const { workspace } = await place(repo);
  assert.deepEqual(await copyFiles(repository, workspace, [".env.test"]), [".env.test"]);
  assert.equal(await Deno.readTextFile(join(workspace.tree, ".env.test")), "KEY=1\n");
});
