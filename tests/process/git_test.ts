import assert from "node:assert/strict";
import { join } from "node:path";
import { objectFolders, openRepository, RepositoryError } from "../../src/process/git.ts";
import { makeRepo } from "../support/repo.ts";

Deno.test("openRepository() finds the repository from a folder within it, and its branches", async () => {
  await using repo = await makeRepo({ "dir/a.txt": "a" });
  await repo.git("checkout", "-q", "-b", "work");
  const repository = await openRepository(join(repo.path, "dir"), repo.env);
  assert.equal(repository.git_dir, join(repo.path, ".git"));
  assert.equal(repository.objects_dir, join(repo.path, ".git/objects"));
  assert.equal(repository.head_branch, "work");
  assert.equal(repository.default_branch, "main");
  assert.deepEqual([repository.remote, repository.github], ["", null]);
  assert.equal(await repository.resolve("HEAD"), repository.head_commit);
  assert.equal(await repository.resolve("main"), repository.head_commit);
  for (const no of ["nope", "", "--all", "HEAD:dir/a.txt", "-rf"]) {
    assert.equal(await repository.resolve(no), null, no);
  }
});

Deno.test("openRepository() refuses what it can't work for, and says what to do", async () => {
  await using repo = await makeRepo(null);
  const refuses = async (folder: string, words: RegExp) => {
    await assert.rejects(openRepository(folder, repo.env), (error: Error) => {
      assert.ok(error instanceof RepositoryError, String(error));
      assert.match(error.message, words);
      assert.ok(error.message.includes(folder));
      return true;
    });
  };
  await refuses(join(repo.dir, "nowhere"), /does not exist: set AUTOPILOT_WORKDIR/);
  await refuses(join(repo.dir, "home"), /is no git repository: run git init/);
  await refuses(join(repo.dir, "home/.gitconfig"), /it is no folder/);
  await refuses(repo.path, /has no commit yet: make a first commit/);
});

Deno.test({
  name: "openRepository() explains a repository of another user",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using repo = await makeRepo();
    for (const path of [repo.path, join(repo.path, ".git")]) await Deno.chown(path, 12345, 12345);
    await assert.rejects(openRepository(repo.path, repo.env), /belongs to another user: .*safe\.directory/);
  },
});

Deno.test("S18 openRepository() is not led astray by git's variables in the server's environment", async () => {
  await using repo = await makeRepo();
  await using other = await makeRepo({ "other.txt": "x" });
  const env = {
    ...repo.env,
    GIT_DIR: join(other.path, ".git"),
    GIT_WORK_TREE: other.path,
    GIT_INDEX_FILE: "/nowhere",
  };
  assert.equal((await openRepository(repo.path, env)).git_dir, join(repo.path, ".git"));
});

Deno.test("openRepository() chooses the remote and the default branch as git would", async () => {
  await using repo = await makeRepo();
  await repo.git("remote", "add", "upstream", "https://github.com/acme/app.git");
  await repo.git("remote", "add", "origin", "git@github.com:me/app.git");
  await repo.git("update-ref", "refs/remotes/origin/trunk", "HEAD");
  await repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk");
  const repository = await openRepository(repo.path, repo.env);
  assert.deepEqual([repository.remote, repository.default_branch], ["origin", "trunk"]);
  assert.deepEqual(repository.github, { host: "github.com", owner: "me", repo: "app" });
  await repo.git("config", "remote.pushDefault", "upstream");
  assert.equal((await openRepository(repo.path, repo.env)).github?.owner, "acme");
});

Deno.test("openRepository() leaves the user's own ssh command alone", async () => {
  await using repo = await makeRepo();
  assert.match((await openRepository(repo.path, repo.env)).env.GIT_SSH_COMMAND, /BatchMode=yes/);
  await repo.git("config", "core.sshCommand", "ssh -i key");
  assert.equal((await openRepository(repo.path, repo.env)).env.GIT_SSH_COMMAND, undefined);
});

Deno.test("pushBranch() says so when there is no remote, and when the remote is gone", async () => {
  await using repo = await makeRepo();
  const commit = await repo.git("rev-parse", "HEAD");
  const push = async () =>
    await (await openRepository(repo.path, repo.env)).pushBranch({ commit, branch: "b" });
  assert.match((await push()).message, /has no remote: add one/);
  await repo.git("remote", "add", "origin", join(repo.dir, "gone.git"));
  assert.match((await push()).message, /does not appear to be a git repository/);
});

Deno.test("S18 pushBranch() runs no hook of the repository, and reports what a hook of the server says", async () => {
  await using repo = await makeRepo();
  const bare = join(repo.dir, "bare.git");
  await repo.git("clone", "-q", "--bare", repo.path, bare);
  await repo.git("remote", "add", "origin", bare);
  const hook = "#!/bin/sh\ntouch " + join(repo.dir, "ran");
  await Deno.writeTextFile(join(repo.path, ".git/hooks/pre-push"), hook, { mode: 0o755 });
  const repository = await openRepository(repo.path, repo.env);
  const commit = repository.head_commit;
  assert.equal((await repository.pushBranch({ commit, branch: "one" })).status, "new");
  await assert.rejects(Deno.lstat(join(repo.dir, "ran")), Deno.errors.NotFound);
  await Deno.writeTextFile(join(bare, "hooks/pre-receive"), "#!/bin/sh\necho GH013 rule >&2\nexit 1", {
    mode: 0o755,
  });
  const refused = await repository.pushBranch({ commit, branch: "two" });
  assert.equal(refused.ok, false);
  assert.match(refused.message, /pre-receive hook declined[^]*GH013 rule/);
});

Deno.test("objectFolders() follows alternates, relative ones and circles too", async () => {
  const dir = await Deno.makeTempDir();
  for (const name of ["a", "b", "c"]) await Deno.mkdir(join(dir, name, "info"), { recursive: true });
  await Deno.writeTextFile(join(dir, "a/info/alternates"), `# comment\n${dir}/b\n`);
  await Deno.writeTextFile(join(dir, "b/info/alternates"), "../c\n../a\n");
  assert.deepEqual(objectFolders(join(dir, "a")), ["a", "b", "c"].map((name) => join(dir, name)));
  await Deno.remove(dir, { recursive: true });
});

Deno.test("git() fails when an answer is too long to be taken in, instead of going on with a part of it", async () => {
  await using repo = await makeRepo();
  await Deno.writeFile(join(repo.dir, "large"), new Uint8Array(64 * 1024 * 1024 + 1));
  const id = await repo.git("hash-object", "-w", "--", join(repo.dir, "large"));
  const { git } = await openRepository(repo.path, repo.env);
  await assert.rejects(git(["cat-file", "blob", id]), /git cat-file answered more than can be taken in/);
});
