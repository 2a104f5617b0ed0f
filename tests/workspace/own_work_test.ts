import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { openRepository } from "../../src/process/git.ts";
import { run } from "../../src/process/spawn.ts";
import { commandBegins, commandEnded } from "../../src/workspace/own_work.ts";
import { snapshot, treeOnDisk } from "../../src/workspace/snapshot.ts";
import { openWorkspace, prepareWorkspace } from "../../src/workspace/workspace.ts";
import { makeRepo } from "../support/repo.ts";

async function setup(files: Record<string, string>) {
  const repo = await makeRepo(files);
  const repository = await openRepository(repo.path, repo.env);
  const root = join(repo.dir, "workspaces");
  const run_id = crypto.randomUUID();
  const workspace = await prepareWorkspace({
    repository,
    root,
    homes: join(repo.dir, "homes"),
    issue_number: 1,
    run_id,
    branch: "autopilot/1-x",
    attachments: [],
  });
  return {
    repo,
    repository,
    workspace,
    tree: workspace.tree,
    async write(path: string, text: string) {
      const file = join(workspace.tree, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, text);
    },
    /** A command that does this, from its beginning to its end. */
    async command(keep: boolean, does: () => Promise<void>) {
      await commandBegins(repository, workspace, await treeOnDisk(workspace, repository));
      await does();
      return await commandEnded(repository, workspace, await treeOnDisk(workspace, repository), { keep });
    },
    reopen: async () => (await openWorkspace({ root, issue_number: 1, run_id }))!,
    take: (from = workspace) => snapshot(from, { repository, message: "Work", name: "n", email: "e@x" }),
    /** What the branch has that main has not. */
    changes: async () => {
      const raw = await repo.git("diff", "--no-renames", "--name-status", "-z", "main", "autopilot/1-x");
      const parts = raw.split("\0");
      return Array.from({ length: (parts.length - 1) / 2 }, (_, i) => `${parts[2 * i]} ${parts[2 * i + 1]}`);
    },
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

Deno.test("snapshot() of a workspace that only commands changed is none", async () => {
  await using t = await setup({ "a.txt": "a\n", "b.txt": "b\n" });
  const { taken, left } = await t.command(false, async () => {
    await t.write("a.txt", "by the setup\n");
    await t.write("new/c.txt", "c\n");
    await Deno.remove(join(t.tree, "b.txt"));
  });
  assert.deepEqual([taken, left], [[], ["a.txt", "b.txt", "new/c.txt"]]);
  const { commit, changed_files } = await t.take();
  assert.deepEqual([commit, changed_files], ["", 0]);
});

Deno.test("snapshot() takes every kind of change of the agent, and none of the commands around it", async () => {
  await using t = await setup({
    "keep.txt": "keep\n",
    "edit.txt": "1\n",
    "gone.txt": "gone\n",
    "file": "becomes a folder\n",
    "folder/x": "becomes a file\n",
    "run.sh": "#!/bin/sh\n",
  });
  await t.command(false, async () => {
    await t.write("keep.txt", "touched by the setup\n");
    await t.write("setup-only.txt", "x\n");
    await t.write("both.txt", "setup\n");
  });
  await t.write("edit.txt", "2\n");
  await t.write("both.txt", "setup\nagent\n");
  await t.write("odd\nname.txt", "odd\n");
  await Deno.remove(join(t.tree, "gone.txt"));
  await Deno.remove(join(t.tree, "file"));
  await t.write("file/inner", "inner\n");
  await Deno.remove(join(t.tree, "folder"), { recursive: true });
  await t.write("folder", "now a file\n");
  await Deno.chmod(join(t.tree, "run.sh"), 0o755);
  await Deno.symlink("keep.txt", join(t.tree, "link"));
  await t.command(true, async () => {
    await t.write("edit.txt", "2 formatted\n");
    await t.write("report.xml", "x\n");
    await t.write("setup-only.txt", "y\n");
    await Deno.remove(join(t.tree, "run.sh"));
  });
  const { commit, changed_files, warnings } = await t.take();
  assert.notEqual(commit, "");
  assert.deepEqual(await t.changes(), [
    "A both.txt",
    "M edit.txt",
    "D file",
    "A file/inner",
    "A folder",
    "D folder/x",
    "D gone.txt",
    "A link",
    "A odd\nname.txt",
    "M run.sh",
  ]);
  assert.equal(changed_files, 10);
  assert.match(warnings.join(), /control characters/);
  assert.equal(await t.repo.git("show", "autopilot/1-x:edit.txt"), "2 formatted");
  assert.match(await t.repo.git("ls-tree", "autopilot/1-x", "run.sh"), /^100755/);
});

Deno.test("snapshot() after a crash in the middle of a command has the work from before it", async () => {
  await using t = await setup({ "a.txt": "a\n" });
  await t.write("a.txt", "work\n");
  await commandBegins(t.repository, t.workspace, await treeOnDisk(t.workspace, t.repository));
  await t.write("a.txt", "half a li");
  await t.write("junk.txt", "junk\n");
  const { commit, left_out } = await t.take(await t.reopen());
  assert.deepEqual([await t.changes(), left_out], [["M a.txt"], []]);
  assert.equal(await t.repo.git("show", `${commit}:a.txt`), "work");
});

Deno.test("snapshot() after a crash between commands knows what is whose", async () => {
  await using t = await setup({ "a.txt": "a\n" });
  await t.command(false, () => t.write("generated.txt", "x\n"));
  await t.write("a.txt", "work\n");
  await t.take(await t.reopen());
  assert.deepEqual(await t.changes(), ["M a.txt"]);
});

Deno.test("commandEnded() takes nothing of a command that was ended from outside", async () => {
  await using t = await setup({ "a.txt": "a\n" });
  await t.write("a.txt", "work\n");
  const ended = await t.command(false, () => t.write("a.txt", "half"));
  assert.deepEqual(ended, { taken: [], left: ["a.txt"] });
  await t.write("b.txt", "the next round\n");
  const { commit } = await t.take();
  assert.equal(await t.repo.git("show", `${commit}:a.txt`), "work");
  assert.deepEqual(await t.changes(), ["M a.txt", "A b.txt"]);
});

Deno.test("snapshot() still tells what had to be moved out of the way when a command began", async () => {
  await using t = await setup({ "a.txt": "a\n" });
  await t.write("made/b.txt", "b\n");
  for (const [program, ...args] of [["git", "init", "-q", "made"], ["mkfifo", ".gitignore"]]) {
    const { code, stderr } = await run({ command: program, args, cwd: t.tree, env: t.repo.env });
    assert.equal(code, 0, stderr);
  }
  await t.command(true, () => Promise.resolve());
  const { left_out, warnings } = await t.take(await t.reopen());
  assert.deepEqual(await t.changes(), ["A made/b.txt"]);
  assert.match(left_out.join("\n"), /"\.gitignore"/);
  assert.match(warnings.join("\n"), /"made" was a repository of its own/);
});

Deno.test("snapshot() around commands keeps names that are odd, or no UTF-8", async () => {
  await using t = await setup({ "a.txt": "a\n" });
  const make = async (what: string) => {
    const script = `for name in "$(printf 'caf\\351')" "$(printf 'line\\nbreak')" 'quo"te' 'back\\slash' é; do
      printf '%s\\n' ${what} >"$name.txt"; done`;
    const { code, stderr } = await run({
      command: "/bin/sh",
      args: ["-c", script],
      cwd: t.tree,
      env: t.repo.env,
    });
    assert.equal(code, 0, stderr);
  };
  await t.command(false, () => t.write("by_setup.txt", "setup\n"));
  await make("agent");
  const { taken } = await t.command(true, () => make("formatted"));
  assert.deepEqual(taken.sort(), [
    "back\\slash.txt",
    "caf\ufffd.txt",
    "line\nbreak.txt",
    'quo"te.txt',
    "é.txt",
  ]);
  const { commit } = await t.take();
  const names = await t.repo.git("-c", "core.quotePath=true", "ls-tree", "--name-only", commit);
  assert.deepEqual(
    names.split("\n").sort(),
    [
      '"back\\\\slash.txt"',
      '"caf\\351.txt"',
      '"line\\nbreak.txt"',
      '"quo\\"te.txt"',
      '"\\303\\251.txt"',
      "a.txt",
    ]
      .sort(),
  );
  assert.equal(await t.repo.git("show", `${commit}:é.txt`), "formatted");
});
