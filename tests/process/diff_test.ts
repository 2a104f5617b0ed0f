import assert from "node:assert/strict";
import { join } from "node:path";
import { type FileDiff, UnknownCommitError } from "../../src/domain/diff.ts";
import { type DiffLimits, diffReader } from "../../src/process/diff.ts";
import { openRepository } from "../../src/process/git.ts";
import { sectionsOf } from "../../src/process/patches.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";

const BRANCH = "autopilot/1-test";
const NO_WORK = { branch: BRANCH, commit: "", base_commit: "" };

async function readerOf(repo: TestRepo, limits?: Partial<DiffLimits>) {
  const all = { files: 3_000, patch_bytes: 512 << 10, total_bytes: 8 << 20, ...limits };
  return diffReader(
    await openRepository(repo.path, repo.env),
    "main",
    limits === undefined ? undefined : all,
  );
}

/** What git itself makes of the file's patch, when applied to the base: the tree of the head. */
async function applied(repo: TestRepo, base: string, files: readonly FileDiff[]): Promise<string> {
  const patch = join(repo.dir, "all.patch");
  await Deno.writeTextFile(patch, files.map((file) => file.patch).join(""));
  await repo.git("read-tree", base);
  await repo.git("apply", "--cached", "--whitespace=nowarn", patch);
  return await repo.git("write-tree");
}

const brief = ({ path, old_path, status, additions, deletions, binary }: FileDiff) =>
  [path, old_path, status, additions, deletions, binary] as const;

Deno.test("diffReader() tells every kind of change, and patches that git applies", async () => {
  await using repo = await makeRepo({
    "kept.txt": "same\n",
    "edited.txt": "one\ntwo\nthree\n",
    "gone.txt": "bye\n",
    "old name.txt": "a\nb\nc\nd\ne\nf\n",
    "tool.sh": "#!/bin/sh\n",
    "becomes-link": "text\n",
    "no-end.txt": "x",
  });
  await repo.git("checkout", "-q", "-b", BRANCH);
  await repo.git("rm", "-q", "gone.txt");
  await repo.git("mv", "old name.txt", "new name.txt");
  await Deno.chmod(join(repo.path, "tool.sh"), 0o755);
  await Deno.remove(join(repo.path, "becomes-link"));
  await Deno.symlink("kept.txt", join(repo.path, "becomes-link"));
  await Deno.symlink("/nowhere", join(repo.path, "a-link"));
  const head = await repo.commit({
    "edited.txt": "one\n2\nthree\nfour\n",
    "new name.txt": "a\nb\nc\nd\ne\nF\n",
    "added.txt": "diff --git a/x b/x\n--- a/x\n",
    "no-end.txt": "y",
  });
  const { base, head: told, files } = await (await readerOf(repo))(NO_WORK);
  assert.equal(told, head);
  assert.equal(base, await repo.git("rev-parse", "main"));
  assert.deepEqual(files.map(brief), [
    ["a-link", "a-link", "added", 1, 0, false],
    ["added.txt", "added.txt", "added", 2, 0, false],
    ["becomes-link", "becomes-link", "modified", 1, 1, false],
    ["edited.txt", "edited.txt", "modified", 2, 1, false],
    ["gone.txt", "gone.txt", "deleted", 0, 1, false],
    ["new name.txt", "old name.txt", "renamed", 1, 1, false],
    ["no-end.txt", "no-end.txt", "modified", 1, 1, false],
    ["tool.sh", "tool.sh", "modified", 0, 0, false],
  ]);
  const patch = (path: string) => files.find((file) => file.path === path)?.patch ?? "";
  assert.match(patch("tool.sh"), /^old mode 100644\nnew mode 100755$/m);
  assert.match(patch("no-end.txt"), /^\\ No newline at end of file$/m);
  assert.match(patch("new name.txt"), /^rename from old name\.txt\nrename to new name\.txt$/m);
  assert.equal(await applied(repo, base, files), await repo.git("rev-parse", `${head}^{tree}`));
  assert.ok(files.every((file) => file.truncated === undefined));
});

Deno.test("diffReader() gives hostile names as they are", async () => {
  const names = [
    "-rf",
    "--output=x",
    ":(exclude)*",
    '"quoted".txt',
    "new\nline.txt",
    "\ndiff --git a/x b/x",
    "tab\there",
    "back\\slash",
    "ü-日本-🙂.txt",
    " blank ",
    "a b/-c/d",
    "esc\x1b[31m",
    "<img src=x onerror=alert(1)>",
  ];
  await using repo = await makeRepo({ "moved\nfrom": "1\n2\n3\n4\n5\n" });
  await repo.git("checkout", "-q", "-b", BRANCH);
  await repo.git("mv", "moved\nfrom", "moved\tto");
  const head = await repo.commit(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
  const { base, files } = await (await readerOf(repo))(NO_WORK);
  assert.deepEqual(files.map((file) => file.path).sort(), [...names, "moved\tto"].sort());
  const moved = files.find((file) => file.path === "moved\tto");
  assert.deepEqual([moved?.old_path, moved?.status], ["moved\nfrom", "renamed"]);
  for (const { path, patch } of files.filter((file) => file.status === "added")) {
    const added = patch.split("\n").filter((line) => line.startsWith("+") && !line.startsWith("+++ "));
    assert.deepEqual(added, path.split("\n").map((line) => `+${line}`), path);
  }
  assert.equal(await applied(repo, base, files), await repo.git("rev-parse", `${head}^{tree}`));
});

Deno.test("diffReader() leaves out what is binary or too large, and nothing else", async () => {
  await using repo = await makeRepo();
  await repo.git("checkout", "-q", "-b", BRANCH);
  await Deno.writeFile(join(repo.path, "b.bin"), new Uint8Array([0, 1, 2, 255]));
  await repo.commit({ "a.txt": "before\n", "huge.txt": "x".repeat(30 << 20), "z.txt": "behind\n" });
  const { files } = await (await readerOf(repo))(NO_WORK);
  assert.deepEqual(files.map(({ path, binary, truncated }) => [path, binary, truncated ?? false]), [
    ["a.txt", false, false],
    ["b.bin", true, false],
    ["huge.txt", false, true],
    ["z.txt", false, false],
  ]);
  assert.deepEqual(files.map((file) => file.patch === ""), [false, true, true, false]);
  assert.equal(files[2].additions, 1);
  assert.match(files[3].patch, /^\+behind$/m);
});

Deno.test("diffReader() keeps within its limits of files and bytes", async () => {
  await using repo = await makeRepo();
  await repo.git("checkout", "-q", "-b", BRANCH);
  await repo.commit(
    Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`f${String(i).padStart(2, "0")}`, "x".repeat(1000)]),
    ),
  );
  const few = await (await readerOf(repo, { files: 5 }))(NO_WORK);
  assert.deepEqual([few.files.length, few.truncated], [5, true]);
  const bytes = await (await readerOf(repo, { total_bytes: 5_000 }))(NO_WORK);
  assert.deepEqual([bytes.files.length, bytes.truncated], [20, undefined]);
  const patches = bytes.files.filter((file) => file.patch !== "");
  assert.ok(patches.length >= 3 && patches.length <= 5, `${patches.length}`);
  assert.ok(bytes.files.every((file) => (file.patch === "") === (file.truncated === true)));
});

Deno.test("diffReader() compares with where the issue's work began, whatever became of the base", async () => {
  await using repo = await makeRepo({ "a.txt": "a\n" });
  const begun = await repo.git("rev-parse", "main");
  await repo.git("checkout", "-q", "-b", BRANCH);
  await repo.commit({ "work.txt": "1\n" });
  await repo.git("checkout", "-q", "main");
  const later = await repo.commit({ "others.txt": "others\n" });
  const read = await readerOf(repo);
  const work = { branch: BRANCH, commit: "", base_commit: begun };
  const paths = async (more = {}) => (await read({ ...work, ...more })).files.map((file) => file.path);
  assert.deepEqual(await paths(), ["work.txt"], "the base went on");

  await repo.git("checkout", "-q", BRANCH);
  await repo.git("merge", "-q", "--no-edit", "main");
  assert.deepEqual(await paths(), ["work.txt"], "the branch took the base up");
  assert.equal((await read(work)).base, later);

  await repo.git("checkout", "-q", "main");
  await repo.git("merge", "-q", "--ff-only", BRANCH);
  assert.deepEqual(await paths({ base_commit: later }), ["work.txt"], "merged as a whole");

  const head = await repo.git("rev-parse", BRANCH);
  await repo.git("branch", "-D", BRANCH);
  assert.deepEqual(await paths({ base_commit: later, commit: head }), ["work.txt"], "the branch is gone");
  assert.deepEqual(await read({ ...work, commit: "" }), { base: "", head: "", files: [] });
  assert.deepEqual(await read({ branch: "", commit: "", base_commit: "" }), {
    base: "",
    head: "",
    files: [],
  });
});

Deno.test("diffReader() compares with a commit of the branch, and with no other", async () => {
  await using repo = await makeRepo();
  await repo.git("checkout", "-q", "-b", "secret");
  const foreign = await repo.commit({ "secret.txt": "s\n" });
  await repo.git("checkout", "-q", "-b", BRANCH, "main");
  const first = await repo.commit({ "one.txt": "1\n" });
  const second = await repo.commit({ "two.txt": "2\n" });
  const read = await readerOf(repo);
  const diff = await read(NO_WORK, { since: first });
  assert.deepEqual([diff.base, diff.head, diff.files.map((file) => file.path)], [first, second, ["two.txt"]]);
  assert.deepEqual((await read(NO_WORK, { since: second })).files, []);
  for (const since of [foreign, "0".repeat(40), "--all", "main\nHEAD"]) {
    await assert.rejects(read(NO_WORK, { since }), UnknownCommitError, since);
  }
});

Deno.test("diffReader() runs no program that the repository or the user's settings name", async () => {
  await using repo = await makeRepo({ ".gitattributes": "*.txt diff=evil\n", "a.txt": "a\n" });
  const ran = join(repo.dir, "ran");
  await repo.git("config", "diff.external", `touch ${ran}; true`);
  await repo.git("config", "diff.evil.command", `touch ${ran}; true`);
  await repo.git("config", "diff.evil.textconv", `touch ${ran}; cat`);
  await repo.git("config", "color.ui", "always");
  await repo.git("config", "diff.noprefix", "true");
  await repo.git("config", "diff.mnemonicPrefix", "true");
  await repo.git("checkout", "-q", "-b", BRANCH);
  await repo.commit({ "a.txt": "b\n" });
  const { files } = await (await readerOf(repo))(NO_WORK);
  assert.match(files[0].patch, /^diff --git a\/a\.txt b\/a\.txt\n[^]*^-a\n\+b\n$/m);
  await assert.rejects(Deno.stat(ran), Deno.errors.NotFound);
});

Deno.test("sectionsOf() cuts the same wherever the chunks end", async () => {
  const text = "diff --git a\n+diff --git x\n ok\ndiff --gi no\ndiff --git b\n" + "+long\n".repeat(40) +
    "diff --git c\n-end";
  const bytes = new TextEncoder().encode(text);
  const expected = ["diff --git a\n+diff --git x\n ok\ndiff --gi no\n", null, "diff --git c\n-end"];
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = (async function* () {
      for (let at = 0; at < bytes.length; at += size) {
        yield await Promise.resolve(bytes.subarray(at, at + size));
      }
    })();
    const found: (string | null)[] = [];
    for await (const section of sectionsOf(chunks, 60)) found.push(section);
    assert.deepEqual(found, expected, `${size}`);
  }
});
