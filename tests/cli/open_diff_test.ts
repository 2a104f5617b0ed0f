import assert from "node:assert/strict";
import { lazyDiff } from "../../src/cli/open_diff.ts";
import { makeRepo } from "../support/repo.ts";

Deno.test("lazyDiff() is empty without a repository, and reads it as soon as there is one", async () => {
  await using repo = await makeRepo(null);
  const read = lazyDiff({ workdir: repo.path, base: "" }, repo.env);
  const work = { branch: "autopilot/1-x", commit: "", base_commit: "" };
  assert.deepEqual(await read(work), { base: "", head: "", files: [] });
  const base = await repo.commit({ "a.txt": "a\n" });
  await repo.git("checkout", "-q", "-b", "autopilot/1-x");
  const head = await repo.commit({ "a.txt": "b\n" });
  await repo.git("checkout", "-q", "main");
  const diff = await read(work);
  assert.deepEqual([diff.base, diff.head, diff.files.map((file) => file.path)], [base, head, ["a.txt"]]);
});

Deno.test("lazyDiff() compares with the base that is configured", async () => {
  await using repo = await makeRepo();
  await repo.git("checkout", "-q", "-b", "next");
  const next = await repo.commit({ "next.txt": "n\n" });
  await repo.git("checkout", "-q", "-b", "autopilot/1-x");
  await repo.commit({ "a.txt": "b\n" });
  const read = lazyDiff({ workdir: repo.path, base: "next" }, repo.env);
  const diff = await read({ branch: "autopilot/1-x", commit: "", base_commit: "" });
  assert.deepEqual([diff.base, diff.files.map((file) => file.path)], [next, ["a.txt"]]);
});
