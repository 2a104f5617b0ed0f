/**
 * Workspaces: a private work tree per run, made from the user's repository without touching its checkout, index or
 * branches. The agent's `.git` in it shares the repository's objects and is never read by Autopilot, which keeps an
 * index of its own beside the tree.
 */

import { basename, join } from "node:path";
import { failpoint } from "../failpoint.ts";
import type { Repository } from "../process/git.ts";
import { GitError } from "../process/git_run.ts";
import { makeAgentClone, pointAgentClone, shareIndex } from "./agent_clone.ts";
import { holdBase, releaseBase } from "./held_base.ts";
import { removeTree } from "./remove_tree.ts";
import { openTreeGit } from "./tree_git.ts";
import { saveWorkspace, STATE_FILE, type Workspace } from "./workspace_state.ts";

export type { Workspace };

/** A tree that was made before anybody needed it. */
export interface SpareTree {
  dir: string;
  /** The commit that its files are of. */
  commit: string;
}

/** Where spare trees come from (spares.ts). */
export interface Spares {
  /** The caller owns what it gets. `null` when there is none. */
  take(): SpareTree | null;
}

export interface PrepareOptions {
  repository: Repository;
  /** Folder of all workspaces. */
  root: string;
  /** Folder of the agents' HOMEs. */
  homes: string;
  issue_number: number;
  run_id: string;
  branch: string;
  /** Branch or commit to start from when the issue's branch does not exist yet. Default: HEAD of the repository. */
  base?: string;
  attachments: { name: string; path: string }[];
  /** Larger files are not taken from the workspace; left out or 0: all are. */
  max_file_bytes?: number;
  spares?: Spares;
}

/**
 * Makes the workspace of a run: from the issue's branch when there is one, else from the base.
 *
 * @throws GitError when the branch can't exist, the base is unknown or the files can't be written
 */
export async function prepareWorkspace(options: PrepareOptions): Promise<Workspace> {
  const { repository, branch } = options;
  const { base_tip, ...start } = await startingPoint(options);
  const dir = workspaceDir(options.root, options.issue_number, options.run_id);
  const workspace: Workspace = {
    dir,
    ...treeIn(dir),
    home: join(options.homes, String(options.issue_number)),
    attachments: join(dir, "attachments"),
    ...start,
    branch,
    tip: start.base_commit,
    max_file_bytes: options.max_file_bytes ?? 0,
  };
  // What a crash left of the same run is no use: its state file would be there if it had been complete.
  await removeFolder(dir, options.root);
  await Promise.all([
    holdBase(repository, dir, workspace.base_commit),
    layTree(repository, workspace, options.spares?.take() ?? null),
  ]);
  for (const path of [workspace.home, workspace.attachments]) {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  }
  await Promise.all([
    copyAttachments(options.attachments, workspace.attachments),
    pointAgentClone(repository, workspace, base_tip),
    saveWorkspace(workspace),
  ]);
  return workspace;
}

/** Where a workspace's folder has its tree, and Autopilot's own index of it. */
function treeIn(dir: string): { tree: string; index: string } {
  return { tree: join(dir, "tree"), index: join(dir, "index") };
}

/** The files of the base commit: those of a spare tree, brought to that commit, else written anew. */
async function layTree(repository: Repository, workspace: Workspace, spare: SpareTree | null): Promise<void> {
  const { dir, tree, base_commit } = workspace;
  if (spare !== null) {
    await Deno.rename(spare.dir, dir);
    if (spare.commit === base_commit) return;
    await writeFiles(repository, workspace, base_commit);
  } else {
    await makeTree(repository, { tree, index: workspace.index }, base_commit);
  }
}

async function makeTree(
  repository: Repository,
  place: { tree: string; index: string },
  commit: string,
): Promise<void> {
  await Deno.mkdir(place.tree, { recursive: true, mode: 0o700 });
  await makeAgentClone(repository, place.tree, commit);
  await writeFiles(repository, place, commit);
}

/** One process that fills the index and writes the files; filters and hooks are off (see tree_git.ts). */
async function writeFiles(
  repository: Repository,
  place: { tree: string; index: string },
  commit: string,
): Promise<void> {
  const { git } = await openTreeGit(repository, place);
  const only = ["--no-sparse-checkout", "--no-recurse-submodules"];
  await git(["read-tree", "--reset", "-u", ...only, commit]);
  await shareIndex(place);
}

/** Makes a tree that no run owns yet; `dir` must not exist. A later workspace takes it over by a rename. */
export async function makeSpareTree(repository: Repository, dir: string, commit: string): Promise<void> {
  await makeTree(repository, treeIn(dir), commit);
}

/** What is on disk for a run; null when its workspace was never complete or is gone. */
export async function openWorkspace(
  options: { root: string; issue_number: number; run_id: string },
): Promise<Workspace | null> {
  const dir = workspaceDir(options.root, options.issue_number, options.run_id);
  try {
    return JSON.parse(await Deno.readTextFile(join(dir, STATE_FILE))) as Workspace;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Removes the workspace; the HOME stays. At once out of the way by a rename, then deleted. */
export async function removeWorkspace(workspace: Workspace, repository: Repository): Promise<void> {
  await removeFolder(workspace.dir, join(workspace.dir, ".."));
  await releaseBase(repository, workspace.dir);
}

export async function removeFolder(dir: string, root: string): Promise<void> {
  const doomed = join(root, `.removed-${basename(dir)}-${crypto.randomUUID().slice(0, 8)}`);
  try {
    await Deno.rename(dir, doomed);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  failpoint("workspace_aside");
  await removeTree(doomed);
  failpoint("workspace_removed");
}

/** The folder of a run, by its issue and its id. */
export function workspaceDir(root: string, issue_number: number, run_id: string): string {
  // Ids begin with the time: only their end tells two runs of one minute apart.
  return join(root, `${issue_number}-${run_id.replace(/[^A-Za-z0-9]/g, "").slice(-8)}`);
}

/** Names that need no look by git: what domain's branchName() makes. */
const PLAIN_BRANCH = /^autopilot\/\d+(-[a-z0-9]+)*$/;

/** Where the work starts and where it shall go back to, and the tip of that branch when it is one. */
async function startingPoint(
  { repository, branch, base }: PrepareOptions,
): Promise<{ base_commit: string; base_ref: string; base_tip: string | null }> {
  const from = base ?? "HEAD";
  const parents = branch.split("/").slice(0, -1).map((_, i, parts) => parts.slice(0, i + 1).join("/"));
  const [head_branch, [existing, start, named, ...blocking]] = await Promise.all([
    base === undefined ? repository.branchNow() : "",
    repository.resolveAll([
      `refs/heads/${branch}`,
      from,
      `refs/heads/${base ?? repository.default_branch}`,
      ...parents.map((parent) => `refs/heads/${parent}`),
    ]),
    PLAIN_BRANCH.test(branch) || repository.git(["check-ref-format", "--branch", branch]),
  ]);
  refuseBlockedName(branch, parents.find((_, i) => blocking[i] !== null));
  const base_commit = existing ?? start;
  if (base_commit === null) {
    throw new GitError(
      `Cannot start from ${JSON.stringify(from)} as ${repository.workdir} has no such branch`,
      1,
      "",
    );
  }
  // HEAD is the tip of the branch that is checked out.
  if (head_branch !== "") return { base_commit, base_ref: head_branch, base_tip: start };
  return { base_commit, base_ref: base ?? repository.default_branch, base_tip: named };
}

/** git can't have both `a` and `a/b`: say so now and not after the agent's work. */
function refuseBlockedName(branch: string, parent: string | undefined): void {
  if (parent === undefined) return;
  throw new GitError(
    `Cannot make the branch ${branch} as a branch named ${parent} exists: rename it with git branch -m ${parent} <other>`,
    1,
    "",
  );
}

async function copyAttachments(attachments: { name: string; path: string }[], folder: string): Promise<void> {
  const taken = new Set<string>();
  for (const attachment of attachments) {
    const name = uniqueName(safeName(attachment.name), taken);
    taken.add(name.toLowerCase());
    await Deno.copyFile(attachment.path, join(folder, name));
    await Deno.chmod(join(folder, name), 0o400);
  }
}

/** A name that is one plain path part, whatever the uploader called it. */
function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const safe = last.normalize("NFC").replace(/[^\p{L}\p{N}._ -]+/gu, "_").replace(/^[. -]+/, "").slice(-100)
    .trim();
  return safe === "" ? "file" : safe;
}

function uniqueName(name: string, taken: Set<string>): string {
  if (!taken.has(name.toLowerCase())) return name;
  const dot = name.lastIndexOf(".") > 0 ? name.lastIndexOf(".") : name.length;
  for (let n = 2;; n++) {
    const candidate = `${name.slice(0, dot)}-${n}${name.slice(dot)}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}
