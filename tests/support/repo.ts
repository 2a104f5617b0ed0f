/** Temporary git repositories, made by the real git under an own HOME. */

import { dirname, join } from "node:path";
import { run } from "../../src/process/spawn.ts";

export interface TestRepo extends AsyncDisposable {
  /** A folder for the test alone; everything below goes at the end. */
  readonly dir: string;
  /** The repository's checkout: `<dir>/repo`. */
  readonly path: string;
  /** An environment as the server's would be: own HOME, PATH of the machine, an identity for git. */
  readonly env: Record<string, string>;
  /** Runs git in the checkout and answers its trimmed output; throws on failure. */
  git(...args: string[]): Promise<string>;
  /** Writes files below the checkout. */
  write(files: Record<string, string>): Promise<void>;
  /** Writes files and commits everything; answers the commit. */
  commit(files: Record<string, string>, message?: string): Promise<string>;
}

const GITCONFIG = `[user]
  name = Test User
  email = user@example.invalid
[init]
  defaultBranch = main
`;

/** A repository on branch `main` with one commit of these files; without any commit when `files` is null. */
export async function makeRepo(
  files: Record<string, string> | null = { "README.md": "# Project\n" },
): Promise<TestRepo> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "autopilot-test-" }));
  const path = join(dir, "repo");
  const home = join(dir, "home");
  await Deno.mkdir(path);
  await Deno.mkdir(home);
  await Deno.writeTextFile(join(home, ".gitconfig"), GITCONFIG);
  const env = { HOME: home, PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", LANG: "C.UTF-8" };
  const repo: TestRepo = {
    dir,
    path,
    env,
    async git(...args) {
      const result = await run({ command: "git", args, cwd: path, env });
      if (result.code !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}`);
      return result.stdout.trim();
    },
    async write(contents) {
      for (const [name, text] of Object.entries(contents)) {
        await Deno.mkdir(dirname(join(path, name)), { recursive: true });
        await Deno.writeTextFile(join(path, name), text);
      }
    },
    async commit(contents, message = "A commit") {
      await repo.write(contents);
      await repo.git("add", "-A");
      await repo.git("commit", "-q", "--allow-empty", "-m", message);
      return await repo.git("rev-parse", "HEAD");
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(dir, { recursive: true });
    },
  };
  await repo.git("init", "-q");
  if (files !== null) await repo.commit(files, "First");
  return repo;
}
