/**
 * Repositories within the tree. git would store one as a mere link to a commit that nobody else has, so the work in
 * it would be lost; and git asks a submodule for its state by running git with that submodule's own configuration,
 * which the agent can write. So: submodules of the project are left as they were, and other repositories are taken as
 * plain files.
 */

import { join } from "node:path";
import type { Change } from "./snapshot_report.ts";
import type { TreeGit } from "./tree_git.ts";
import { asideFolder, type Workspace } from "./workspace_state.ts";

/** The mode by which git stores a link to another repository's commit. */
const LINK_MODE = "160000";

/**
 * Makes git pass over the submodules that are still there: by a mark in Autopilot's index, since git looks into a
 * submodule even where a pathspec excludes it. Answers a word for those that the agent filled.
 */
export async function hideSubmodules({ git }: TreeGit, workspace: Workspace): Promise<string[]> {
  const left_out: string[] = [];
  const listed = (await git(["ls-files", "-s", "-z"])).split("\0");
  for (const entry of listed.filter((entry) => entry.startsWith(`${LINK_MODE} `))) {
    const path = entry.slice(entry.indexOf("\t") + 1);
    const entries = await entriesOf(join(workspace.tree, path));
    // Gone, or a file now: that git may record.
    const mark = entries === null ? "--no-skip-worktree" : "--skip-worktree";
    await git(["update-index", mark, "-z", "--stdin"], { stdin: `${path}\0` });
    if (entries) {
      left_out.push(`${JSON.stringify(path)}: files within a submodule belong to another repository`);
    }
  }
  return left_out;
}

/**
 * Moves the `.git` of embedded repositories out of the tree, so that their files can be added. Answers what it did;
 * nothing when there is none (left).
 *
 * @param changes what the index has more than the base
 * @param untracked what could not be added; a repository without a commit is among it
 */
export async function releaseEmbedded(
  { git }: TreeGit,
  workspace: Workspace,
  changes: Change[],
  untracked: string[],
): Promise<string[]> {
  const added = changes.filter(({ mode }) => mode === LINK_MODE).map(({ path }) => path);
  const released: string[] = [];
  for (const path of new Set([...added, ...await repositoriesIn(workspace, untracked)])) {
    if (!await moveAside(workspace, join(workspace.tree, path, ".git"))) continue;
    released.push(
      `${JSON.stringify(path)} was a repository of its own: its files were taken, its history was not`,
    );
  }
  if (added.length > 0) {
    await git(["update-index", "--force-remove", "-z", "--stdin"], {
      stdin: added.map((path) => `${path}\0`).join(""),
    });
  }
  return released;
}

async function repositoriesIn(workspace: Workspace, untracked: string[]): Promise<string[]> {
  const found: string[] = [];
  const pending = untracked.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1));
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for await (const entry of Deno.readDir(join(workspace.tree, path))) {
      if (entry.name === ".git") found.push(path);
      else if (entry.isDirectory) pending.push(join(path, entry.name));
    }
  }
  return found;
}

/** How many entries a folder has; null when it is no folder. */
async function entriesOf(path: string): Promise<number | null> {
  try {
    if (!(await Deno.lstat(path)).isDirectory) return null;
    let count = 0;
    for await (const _ of Deno.readDir(path)) count++;
    return count;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

async function moveAside(workspace: Workspace, path: string): Promise<boolean> {
  await Deno.mkdir(asideFolder(workspace), { recursive: true, mode: 0o700 });
  try {
    await Deno.rename(path, join(asideFolder(workspace), crypto.randomUUID()));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
