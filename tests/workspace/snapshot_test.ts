import assert from "node:assert/strict";
import { join } from "node:path";
import { openRepository } from "../../src/process/git.ts";
import { run } from "../../src/process/spawn.ts";
import { prepareWorkspace } from "../../src/workspace/workspace.ts";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";

const BRANCH = "autopilot/1-hostile";

async function setup(files?: Record<string, string>, configure?: (repo: TestRepo) => Promise<unknown>) {
  const repo = await makeRepo(files);
  await configure?.(repo);
  const repository = await openRepository(repo.path, repo.env);
  const ws = await prepareWorkspace({
    repository,
    root: join(repo.dir, "ws"),
    homes: join(repo.dir, "homes"),
    issue_number: 1,
    run_id: crypto.randomUUID(),
    branch: BRANCH,
    attachments: [],
  });
  /** A program that leaves a trace when it is run; what is given to it comes out again. */
  const trap = join(repo.dir, "trap.sh");
  const trace = join(repo.dir, "TRAPPED");
  await Deno.writeTextFile(trap, `#!/bin/sh\necho "$0 $*" >> ${trace}\ncat\n`, { mode: 0o755 });
  return {
    repo,
    ws,
    trap,
    trapped: async () => await Deno.readTextFile(trace).catch(() => ""),
    agent: async (...args: string[]) => {
      const result = await run({ command: "git", args, cwd: ws.tree, env: repo.env });
      if (result.code !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}`);
    },
    take: () => snapshot(ws, { repository, message: "Work", name: "a", email: "a@b" }),
    changed: async (commit: string) =>
      (await repo.git("diff", "--no-renames", "--name-only", "-z", "main", commit)).split("\0").slice(0, -1),
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

/** Everything in a `.git/config` and `.git/hooks` that makes git start a program. */
async function armGitDir(git_dir: string, trap: string): Promise<void> {
  const config =
    `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = ${trap}\n\thooksPath = hooks
\tpager = ${trap}\n\tsshCommand = ${trap}\n\teditor = ${trap}\n[filter "evil"]\n\tclean = ${trap}\n\tsmudge = ${trap}
\tprocess = ${trap}\n\trequired = true\n[diff]\n\texternal = ${trap}\n[diff "evil"]\n\ttextconv = ${trap}
[include]\n\tpath = ${trap}.config\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ${trap}\n`;
  await Deno.mkdir(join(git_dir, "hooks"), { recursive: true });
  await Deno.writeTextFile(join(git_dir, "config"), config);
  for (
    const hook of [
      "pre-commit",
      "post-index-change",
      "reference-transaction",
      "post-checkout",
      "fsmonitor-watchman",
    ]
  ) {
    await Deno.copyFile(trap, join(git_dir, "hooks", hook));
  }
}

Deno.test("S18 snapshot() runs nothing of what the agent put into its .git and .gitattributes", async () => {
  await using t = await setup({ "a.txt": "a\n", "b.bin": "b\n" });
  await armGitDir(join(t.ws.tree, ".git"), t.trap);
  await Deno.writeTextFile(join(t.ws.tree, ".gitattributes"), "* filter=evil diff=evil\n");
  await Deno.writeTextFile(join(t.ws.tree, "a.txt"), "changed\n");
  const taken = await t.take();
  assert.deepEqual(await t.changed(taken.commit), [".gitattributes", "a.txt"]);
  assert.equal(await t.repo.git("show", `${taken.commit}:a.txt`), "changed");
  assert.equal(await t.trapped(), "");
  // The trap itself works: the agent's own git steps into it.
  await t.agent("add", "-A").catch(() => {});
  assert.notEqual(await t.trapped(), "");
});

Deno.test("S18 snapshot() does not run filters that the user has configured on the agent's bytes, and says so", async () => {
  await using t = await setup({ "a.txt": "a\n" }, async (repo) => {
    await repo.git("config", "--global", "filter.lfs.clean", `${repo.dir}/trap.sh clean`);
    await repo.git("config", "--global", "filter.lfs.process", `${repo.dir}/trap.sh process`);
    await repo.git("config", "--global", "filter.lfs.required", "true");
    await repo.git("config", "filter.odd=name.x.smudge", `${repo.dir}/trap.sh smudge`);
  });
  await Deno.writeTextFile(join(t.ws.tree, ".gitattributes"), "*.psd filter=lfs\n*.odd filter=odd=name.x\n");
  await Deno.writeTextFile(join(t.ws.tree, "x.psd"), "raw\n");
  await Deno.writeTextFile(join(t.ws.tree, "x.odd"), "raw\n");
  const taken = await t.take();
  assert.equal(await t.trapped(), "");
  assert.equal(await t.repo.git("cat-file", "-p", `${taken.commit}:x.psd`), "raw");
  assert.match(taken.warnings.join("\n"), /"x\.psd" belongs to a git filter/);
});

Deno.test("S18 snapshot() takes embedded repositories as plain files, without running their configuration", async () => {
  await using t = await setup();
  for (const name of ["made", "deep/made"]) {
    await Deno.mkdir(join(t.ws.tree, name), { recursive: true });
    await Deno.writeTextFile(join(t.ws.tree, name, "file.txt"), name);
    await t.agent("init", "-q", name);
  }
  await t.agent("-C", "made", "add", "-A");
  await t.agent("-C", "made", "commit", "-q", "-m", "of its own");
  await armGitDir(join(t.ws.tree, "made/.git"), t.trap);
  const taken = await t.take();
  assert.deepEqual(await t.changed(taken.commit), ["deep/made/file.txt", "made/file.txt"]);
  assert.deepEqual(taken.left_out, []);
  assert.match(taken.warnings.join("\n"), /"made" was a repository of its own/);
  assert.match(taken.warnings.join("\n"), /"deep\/made" was a repository of its own/);
  assert.equal(await t.trapped(), "");
});

Deno.test("snapshot() takes a repository within an embedded one", async () => {
  await using t = await setup();
  for (const name of ["outer", "outer/inner"]) {
    await Deno.mkdir(join(t.ws.tree, name), { recursive: true });
    await t.agent("init", "-q", name);
    await Deno.writeTextFile(join(t.ws.tree, name, "f.txt"), name);
    await t.agent("-C", name, "add", "f.txt");
    await t.agent("-C", name, "commit", "-q", "-m", name);
  }
  assert.deepEqual(await t.changed((await t.take()).commit), ["outer/f.txt", "outer/inner/f.txt"]);
});

Deno.test("snapshot() leaves a submodule of the project as it was, and names the files in it", async () => {
  await using t = await setup({ "a.txt": "a\n" }, async (repo) => {
    const head = await repo.git("rev-parse", "HEAD");
    await repo.write({
      ".gitmodules":
        `[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n[submodule "old"]\n\tpath = old\n\turl = x\n`,
    });
    await repo.git("add", ".gitmodules");
    for (const path of ["lib", "old"]) {
      await repo.git("update-index", "--add", "--cacheinfo", `160000,${head},${path}`);
    }
    await repo.git("commit", "-q", "-m", "submodules");
  });
  await t.agent("init", "-q", "lib");
  await Deno.writeTextFile(join(t.ws.tree, "lib/x.txt"), "x");
  await t.agent("-C", "lib", "add", "-A");
  await t.agent("-C", "lib", "commit", "-q", "-m", "x");
  await armGitDir(join(t.ws.tree, "lib/.git"), t.trap);
  await Deno.remove(join(t.ws.tree, "old"));
  await Deno.writeTextFile(join(t.ws.tree, "a.txt"), "changed\n");
  const taken = await t.take();
  assert.deepEqual(await t.changed(taken.commit), ["a.txt", "old"]);
  assert.match(taken.left_out.join("\n"), /^"lib": files within a submodule/);
  assert.equal(await t.trapped(), "");
});

Deno.test("snapshot() stores links as links, and names those that lead out", async () => {
  await using t = await setup({ "dir/a.txt": "a\n" });
  await Deno.writeTextFile(join(t.repo.dir, "secret.txt"), "secret");
  await Deno.symlink("/etc/passwd", join(t.ws.tree, "abs"));
  await Deno.symlink("../../../secret.txt", join(t.ws.tree, "dir/up"));
  await Deno.symlink("dir/a.txt", join(t.ws.tree, "fine"));
  // A folder replaced by a link: its files are gone, and nothing behind the link is taken.
  await Deno.rename(join(t.ws.tree, "dir"), join(t.ws.tree, "dir2"));
  await Deno.symlink(t.repo.dir, join(t.ws.tree, "dir"));
  const taken = await t.take();
  assert.deepEqual(await t.changed(taken.commit), [
    "abs",
    "dir",
    "dir/a.txt",
    "dir2/a.txt",
    "dir2/up",
    "fine",
  ]);
  assert.equal(await t.repo.git("cat-file", "-p", `${taken.commit}:abs`), "/etc/passwd");
  assert.deepEqual(taken.warnings.map((text) => text.split('"')[1]), ["abs", "dir", "dir2/up"]);
});

Deno.test("S19 snapshot() keeps names with newlines, quotes and leading dashes, and points at the odd ones", async () => {
  await using t = await setup();
  const names = ["new\nline.txt", "-rf", 'quo"te', "ü.txt", ":(exclude)x", "a b"];
  for (const name of names) await Deno.writeTextFile(join(t.ws.tree, name), name);
  const taken = await t.take();
  assert.deepEqual((await t.changed(taken.commit)).sort(), names.sort());
  assert.deepEqual(taken.warnings, ['"new\\nline.txt" has control characters in its name']);
});

Deno.test("snapshot() names what git refuses to store, and takes the rest", async () => {
  await using t = await setup();
  await Deno.mkdir(join(t.ws.tree, "sub/.GIT"), { recursive: true });
  await Deno.writeTextFile(join(t.ws.tree, "sub/.GIT/config"), "[core]\n");
  await Deno.writeTextFile(join(t.ws.tree, "good.txt"), "good");
  const fifo = await run({ command: "mkfifo", args: [join(t.ws.tree, "pipe")], env: t.repo.env });
  assert.equal(fifo.code, 0);
  const taken = await t.take();
  assert.deepEqual(await t.changed(taken.commit), ["good.txt"]);
  assert.match(taken.left_out.join("\n"), /sub/);
});

Deno.test("snapshot() is not misled by the user's settings", async () => {
  await using t = await setup({ "in/a.txt": "a\n", "out/b.txt": "b\n" }, async (repo) => {
    await repo.git("sparse-checkout", "set", "in");
    await repo.git("config", "core.safecrlf", "true");
    await repo.git("config", "core.autocrlf", "input");
    await repo.git("config", "core.splitIndex", "true");
    await repo.git("config", "commit.gpgSign", "true");
    await repo.git("config", "core.hooksPath", "/nowhere");
    await repo.git("config", "status.showUntrackedFiles", "no");
    await repo.git("config", "add.ignoreErrors", "false");
  });
  assert.equal(await Deno.readTextFile(join(t.ws.tree, "out/b.txt")), "b\n");
  await Deno.writeTextFile(join(t.ws.tree, "out/b.txt"), "mixed\r\nends\n");
  await Deno.writeTextFile(join(t.ws.tree, "out/c.txt"), "c\n");
  const taken = await t.take();
  assert.deepEqual(await t.changed(taken.commit), ["out/b.txt", "out/c.txt"]);
  assert.deepEqual(taken.left_out, []);
});

Deno.test("S18 snapshot() runs no hook and no file system monitor of the user's repository either", async () => {
  await using t = await setup({ "a.txt": "a\n" }, async (repo) => {
    // Made for the user's checkout, not for an agent's tree: in the global settings too, as some people have them.
    await Deno.mkdir(join(repo.dir, "hooks"));
    const trap = `#!/bin/sh\necho "$0 $*" >> ${repo.dir}/TRAPPED\n`;
    for (
      const hook of ["post-checkout", "post-index-change", "reference-transaction", "pre-commit", "monitor"]
    ) {
      await Deno.writeTextFile(join(repo.dir, "hooks", hook), trap, { mode: 0o755 });
    }
    await repo.git("config", "--global", "core.hooksPath", join(repo.dir, "hooks"));
    await repo.git("config", "core.fsmonitor", join(repo.dir, "hooks/monitor"));
  });
  await Deno.writeTextFile(join(t.ws.tree, "a.txt"), "changed\n");
  const taken = await t.take();
  assert.equal(await t.trapped(), "");
  assert.deepEqual(await t.changed(taken.commit), ["a.txt"]);
  await t.repo.git("status");
  assert.match(await t.trapped(), /monitor/);
});

Deno.test("snapshot() refuses when the tree is no longer a folder", async () => {
  await using t = await setup();
  await Deno.remove(t.ws.tree, { recursive: true });
  await Deno.symlink(t.repo.path, t.ws.tree);
  await assert.rejects(t.take(), /no longer a folder/);
});
