/** Looks whether commits hold secrets of this server before they are pushed: what an agent has, it can write down. */

import type { Repository } from "./git.ts";
import { gitError, tryGit } from "./git_run.ts";

/** Shorter values would be found in innocent words. */
const MIN_SECRET = 8;
/** Commits of a branch that are looked at, the newest first. */
const MAX_COMMITS = 50;

/**
 * Files in which a commit of the branch, down to the base, holds one of the values and the base does not. The values go
 * to git by its input: arguments can be read by every user of the machine.
 *
 * @param options.base a commit; empty: everything counts
 * @throws GitError
 */
export async function filesWithSecrets(
  repository: Pick<Repository, "git" | "git_dir" | "env">,
  { commit, base, secrets }: { commit: string; base: string; secrets: readonly string[] },
): Promise<string[]> {
  const values = [...new Set(secrets)].filter((value) =>
    value.length >= MIN_SECRET && !/[\n\r\0]/.test(value)
  );
  if (values.length === 0) return [];
  const since = base === "" ? [] : [`^${base}`];
  const listed = await repository.git(["rev-list", `--max-count=${MAX_COMMITS}`, commit, ...since, "--"]);
  const commits = listed.split("\n").filter((line) => line !== "");
  if (commits.length === 0) return [];
  const [found, known] = await Promise.all([
    holders(repository, values, commits),
    base === "" ? new Set<string>() : holders(repository, values, [base]),
  ]);
  return [...found].filter((path) => !known.has(path)).sort();
}

async function holders(
  { git_dir, env }: Pick<Repository, "git_dir" | "env">,
  values: readonly string[],
  commits: readonly string[],
): Promise<Set<string>> {
  const args = [
    "--git-dir",
    git_dir,
    "grep",
    "--fixed-strings",
    "--text",
    "-l",
    "-z",
    "-f",
    "-",
    ...commits,
    "--",
  ];
  const result = await tryGit(args, { env, stdin: values.join("\n") + "\n" });
  // 1: nothing was found.
  if (result.code > 1) throw gitError("Cannot look for secrets in the branch", result);
  return new Set(
    result.stdout.split("\0").filter((name) => name !== "").map((name) => name.slice(name.indexOf(":") + 1)),
  );
}
