import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { openRepository } from "../../src/process/git.ts";
import { run } from "../../src/process/spawn.ts";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { prepareWorkspace } from "../../src/workspace/workspace.ts";
import { makeRepo } from "../support/repo.ts";
import { within } from "../support/wait.ts";

const MB = 1024 * 1024;

async function setup(files?: Record<string, string>) {
  const repo = await makeRepo(files);
  const repository = await openRepository(repo.path, repo.env);
  const workspace = await prepareWorkspace({
    repository,
    root: join(repo.dir, "workspaces"),
    homes: join(repo.dir, "homes"),
    issue_number: 1,
    run_id: crypto.randomUUID(),
    branch: "autopilot/1-large",
    attachments: [],
    max_file_bytes: MB,
  });
  const exec = async (command: string, ...args: string[]) => {
    const { code, stderr } = await run({ command, args, cwd: workspace.tree, env: repo.env });
    assert.equal(code, 0, stderr);
  };
  return {
    repo,
    tree: workspace.tree,
    exec,
    write: async (path: string, text: string) => {
      await Deno.mkdir(dirname(join(workspace.tree, path)), { recursive: true });
      await Deno.writeTextFile(join(workspace.tree, path), text);
    },
    /** A file of that size that takes no room on the disk. */
    grow: (path: string, bytes: number) => exec("truncate", `--size=${bytes}`, path),
    take: () =>
      within(
        snapshot(workspace, { repository, message: "Work", name: "a", email: "a@b" }),
        60_000,
        () => "git waits for something in the tree",
      ),
    changed: async (commit: string) =>
      (await repo.git("diff", "--no-renames", "--name-only", "-z", "main", commit)).split("\0").slice(0, -1),
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

Deno.test("snapshot() leaves files out that are too large, names them, and takes the rest", async () => {
  await using t = await setup({ "a.txt": "a\n", "known.bin": "small\n", ".gitignore": "ignored.bin\n" });
  const odd = "odd\n[name]*?.bin";
  await t.write("a.txt", "changed\n");
  await t.write("fits.bin", "x".repeat(MB));
  await t.grow("new.bin", 1024 * MB);
  await t.grow(odd, MB + 1);
  await t.grow("known.bin", 3 * MB);
  await t.grow("ignored.bin", 3 * MB);
  const { commit, left_out } = await t.take();
  assert.deepEqual(await t.changed(commit), ["a.txt", "fits.bin"]);
  // Of a file that was there, the version of before stays: it is not deleted.
  assert.equal(await t.repo.git("show", `${commit}:known.bin`), "small");
  assert.deepEqual(
    left_out.map((words) => words.slice(0, words.indexOf(", and"))).sort(),
    [
      '"known.bin": it has 3 MB',
      '"new.bin": it has 1024 MB',
      `${JSON.stringify(odd)}: it has 2 MB`,
    ],
  );
  assert.match(left_out[0], /AUTOPILOT_MAX_FILE_MB/);
});

Deno.test("snapshot() of nothing but a file that is too large is none, and says why", async () => {
  await using t = await setup();
  await t.grow("new.bin", 1024 * MB);
  const { commit, left_out } = await t.take();
  assert.equal(commit, "");
  assert.equal(left_out.length, 1);
});

Deno.test("snapshot() finds large files within a repository of the agent's too", async () => {
  await using t = await setup();
  await t.write("made/small.txt", "small\n");
  await t.grow("made/large.bin", 2 * MB);
  await t.exec("git", "init", "-q", "made");
  const { commit, left_out } = await t.take();
  assert.deepEqual(await t.changed(commit), ["made/small.txt"]);
  assert.match(left_out.join("\n"), /^"made\/large\.bin": it has 2 MB/);
});

Deno.test("snapshot() does not wait for pipes and devices that git would read", async () => {
  await using t = await setup({ "a.txt": "a\n", ".gitattributes": "*.png binary\n" });
  await t.write("a.txt", "changed\n");
  await t.write("deep/er/b.txt", "b\n");
  await t.exec("rm", ".gitattributes");
  await t.exec(
    "mkfifo",
    ".gitattributes",
    ".gitignore",
    "deep/.gitignore",
    "deep/er/.gitattributes",
    "plain",
  );
  await t.exec("ln", "-s", "plain", ".gitmodules");
  await t.exec("git", "init", "-q", "made");
  await t.write("made/c.txt", "c\n");
  await t.exec("rm", "made/.git/HEAD");
  await t.exec("mkfifo", "made/.git/HEAD", "made/.git/refs/heads/main");
  await t.exec("ln", "-s", "/dev/zero", "made/.git/commondir");
  await t.exec("mkdir", "linked");
  await t.exec("ln", "-s", "../made/.git", "linked/.git");
  const { commit, left_out } = await t.take();
  const changed = await t.changed(commit);
  assert.deepEqual(changed.filter((path) => path.endsWith(".txt")), ["a.txt", "deep/er/b.txt", "made/c.txt"]);
  for (
    const path of [
      ".gitattributes",
      ".gitignore",
      ".gitmodules",
      "deep/.gitignore",
      "deep/er/.gitattributes",
      "linked/.git",
      "made/.git/HEAD",
      "made/.git/commondir",
      "made/.git/refs/heads/main",
    ]
  ) {
    assert.match(
      left_out.join("\n"),
      new RegExp(`^"${path.replaceAll(".", "\\.")}": git would read it`, "m"),
    );
  }
});
