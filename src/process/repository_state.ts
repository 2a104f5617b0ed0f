/** What of a repository's state agents and their commits will meet. Nothing is changed, and no hook or filter runs. */

import { join } from "node:path";
import type { Repository } from "./git.ts";
import { tryGit } from "./git_run.ts";

export interface RepositoryState {
  /** Files that are changed or new in the user's checkout and not committed. */
  dirty: number;
  shallow: boolean;
  /** Paths of submodules at HEAD. */
  submodules: string[];
  /** Whether files at HEAD are kept by Git LFS. */
  lfs: boolean;
  /** Names of hooks that would run for the user's own commits and pushes. */
  hooks: string[];
  /** Whether the user's own commits are signed. */
  signing: boolean;
}

interface Limits {
  timeout_ms: number;
  kill_after_ms: number;
}

/** @throws {GitError} when git takes too long */
export async function repositoryState(repository: Repository, limits: Limits): Promise<RepositoryState> {
  const { workdir, env } = repository;
  const ask = async (...args: string[]) => {
    const { code, stdout } = await tryGit(["-C", workdir, ...args], { env, ...limits });
    return code === 0 ? stdout.replace(/\n$/, "") : "";
  };
  const [status, shallow, links, lfs, hooks_path, signing] = await Promise.all([
    ask("status", "--porcelain", "-z", "--ignore-submodules=all"),
    ask("rev-parse", "--is-shallow-repository"),
    ask("ls-tree", "-r", "-z", "HEAD", "--full-tree"),
    ask("grep", "-l", "--full-name", "-E", "filter=lfs", "HEAD", "--", ":(top,glob)**/.gitattributes"),
    ask("config", "--show-scope", "-z", "--get-all", "core.hooksPath"),
    ask("config", "--type=bool", "--get", "commit.gpgsign"),
  ]);
  return {
    // A renamed file has its old name in an entry of its own, which has no mark in front.
    dirty: status.split("\0").filter((entry) => /^[ MADRCUT?!]{2} /.test(entry)).length,
    shallow: shallow === "true",
    submodules: links.split("\0").filter((entry) => entry.startsWith("160000 ")).map((entry) =>
      entry.split("\t")[1]
    ),
    lfs: lfs !== "",
    hooks: await hooksIn(repository, configuredHooks(hooks_path)),
    signing: signing === "true",
  };
}

/** The last `core.hooksPath` that is not of Autopilot's own command line; entries are "<scope>\0<value>\0". */
function configuredHooks(listed: string): string {
  const parts = listed.split("\0");
  let found = "";
  for (let i = 0; i + 1 < parts.length; i += 2) if (parts[i] !== "command") found = parts[i + 1];
  return found;
}

async function hooksIn({ git_dir, workdir, env }: Repository, configured: string): Promise<string[]> {
  const home = configured.startsWith("~/") ? join(env.HOME ?? "", configured.slice(2)) : configured;
  const folder = home === "" ? join(git_dir, "hooks") : home.startsWith("/") ? home : join(workdir, home);
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!/^(pre-commit|commit-msg|prepare-commit-msg|post-commit|pre-push)$/.test(name)) continue;
      const { isFile, mode } = await Deno.stat(join(folder, name));
      if (isFile && ((mode ?? 0o100) & 0o111) !== 0) found.push(name);
    }
  } catch (error) {
    // No such folder, or one that this user can't look into: then git runs none either.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return found;
    if (error instanceof Deno.errors.NotADirectory) return found;
    throw error;
  }
  return found.sort();
}
