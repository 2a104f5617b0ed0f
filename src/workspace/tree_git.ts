/**
 * git on a workspace's tree, with the real repository's git directory and Autopilot's own index. Nothing that the
 * agent can write decides what is run: no hooks, no file system monitor, and no filters, as `.gitattributes` in the
 * tree could choose any filter that the user has configured and feed it the agent's bytes outside of the sandbox.
 * Consequence: files of Git LFS and the like are pointers in the workspace, and what an agent writes to such a path is
 * committed as it is; the snapshot warns of it.
 */

import type { Repository } from "../process/git.ts";
import { git, type GitOptions, tryGit } from "../process/git_run.ts";
import type { RunResult } from "../process/spawn.ts";

import type { Workspace } from "./workspace_state.ts";

/** Large trees on a slow disk: minutes are normal. */
const TIMEOUT_MS = 15 * 60_000;

/** The user's settings that would leave files out, refuse them or change Autopilot's index. */
const SETTINGS = [
  "core.sparseCheckout=false",
  "index.sparse=false",
  "core.splitIndex=false",
  "core.untrackedCache=false",
  "core.safecrlf=false",
  "core.ignoreStat=false",
  "core.trustctime=true",
  "core.checkStat=default",
  "submodule.recurse=false",
  "diff.ignoreSubmodules=all",
  "i18n.commitEncoding=UTF-8",
].flatMap((setting) => ["-c", setting]);

interface TreeOptions {
  stdin?: string;
}

/** git for one tree. */
export interface TreeGit {
  /** Answers standard output; throws GitError when git fails. */
  git(args: string[], options?: TreeOptions): Promise<string>;
  /** Answers also a failure. */
  tryGit(args: string[], options?: TreeOptions): Promise<RunResult>;
}

/** Looks up the configured filters once, for the calls that follow closely. */
export async function openTreeGit(
  repository: Repository,
  workspace: Pick<Workspace, "tree" | "index">,
): Promise<TreeGit> {
  const place = [...SETTINGS, `--git-dir=${repository.git_dir}`, `--work-tree=${workspace.tree}`];
  const fixed: GitOptions = {
    cwd: workspace.tree,
    timeout_ms: TIMEOUT_MS,
    env: {
      ...repository.env,
      ...await withoutFilters(repository),
      GIT_INDEX_FILE: workspace.index,
    },
  };
  return {
    git: (args, options = {}) => git([...place, ...args], { ...fixed, ...options }),
    tryGit: (args, options = {}) => tryGit([...place, ...args], { ...fixed, ...options }),
  };
}

/** Every configured filter, overridden with an empty command, which git takes as "leave the bytes as they are". */
async function withoutFilters(repository: Repository): Promise<Record<string, string>> {
  const listed = await tryGit(
    [`--git-dir=${repository.git_dir}`, "config", "-z", "--name-only", "--get-regexp", "^filter\\."],
    { env: repository.env },
  );
  // "filter.<name>.<key>": the name may hold anything, dots and equal signs too, so no `-c name=value`.
  const drivers = new Set(
    listed.stdout.split("\0").filter((key) => key !== "").map((key) => key.slice(0, key.lastIndexOf("."))),
  );
  const entries = [...drivers].flatMap((driver) => [
    [`${driver}.clean`, ""],
    [`${driver}.smudge`, ""],
    [`${driver}.process`, ""],
    [`${driver}.required`, "false"],
  ]);
  const first = Number(repository.env.GIT_CONFIG_COUNT ?? "0") || 0;
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(first + entries.length) };
  entries.forEach(([key, value], i) => {
    env[`GIT_CONFIG_KEY_${first + i}`] = key;
    env[`GIT_CONFIG_VALUE_${first + i}`] = value;
  });
  return env;
}
