/** The `.git` that the agent sees: a repository of its own that borrows the objects of the real one. */

import { join } from "node:path";
import type { Repository } from "../process/git.ts";
import { git } from "../process/git_run.ts";
import type { Workspace } from "./workspace_state.ts";

/**
 * Made from nothing instead of by `git clone`: no remote that leads to the user's folder, no copying of thousands of
 * refs, and a shallow repository works too. HEAD is the branch at the base commit.
 */
export async function makeAgentClone(repository: Repository, workspace: Workspace): Promise<void> {
  const { tree, base_commit, branch, base_ref } = workspace;
  const format = base_commit.length === 64 ? "sha256" : "sha1";
  await git([
    "init",
    "-q",
    "--template=",
    `--object-format=${format}`,
    "--initial-branch",
    branch,
    "--",
    tree,
  ], {
    env: repository.env,
  });
  const dir = join(tree, ".git");
  await Deno.mkdir(join(dir, "info"), { recursive: true });
  await Deno.writeTextFile(join(dir, "objects/info/alternates"), `${repository.objects_dir}\n`);
  await copyIfThere(join(repository.git_dir, "shallow"), join(dir, "shallow"));
  await copyIfThere(join(repository.git_dir, "info/exclude"), join(dir, "info/exclude"));
  await writeRef(dir, branch, base_commit);
  // The branch that the work goes back to, for `git diff main` and `git log main`.
  const base_tip = base_ref === branch ? null : await repository.resolve(`refs/heads/${base_ref}`);
  if (base_tip !== null && !branch.startsWith(`${base_ref}/`)) await writeRef(dir, base_ref, base_tip);
}

/** A copy of Autopilot's index, so that the agent's own git sees a clean tree without reading every file. */
export async function shareIndex({ tree, index }: Workspace): Promise<void> {
  await Deno.copyFile(index, join(tree, ".git/index"));
}

async function writeRef(dir: string, branch: string, commit: string): Promise<void> {
  const path = join(dir, "refs/heads", branch);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, `${commit}\n`);
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await Deno.copyFile(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
