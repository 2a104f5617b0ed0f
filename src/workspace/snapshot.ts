/** Taking the agent's work: the tree becomes a commit on the branch, whatever the agent did to its `.git`. */

import { failpoint } from "../failpoint.ts";
import type { Repository } from "../process/git.ts";
import { GitError, gitError } from "../process/git_run.ts";
import { hideSubmodules, releaseEmbedded } from "./embedded.ts";
import { largeFiles, moveBlockersAside, wordsForLarge } from "./held_back.ts";
import { ownTree, treeChanges } from "./own_work.ts";
import { type Change, changesSince, warningsOf } from "./snapshot_report.ts";
import { openTreeGit, type TreeGit } from "./tree_git.ts";
import { saveWorkspace, type Workspace } from "./workspace_state.ts";

export interface Snapshot {
  /** The commit that holds the work of this run; empty when the tree equals the base. */
  commit: string;
  /** Where it is: the branch, or another one when somebody moved the branch meanwhile. */
  branch: string;
  /** Files that differ from the base of this run. */
  changed_files: number;
  /** What could not be taken, each with the reason. */
  left_out: string[];
  /** What a reviewer should know of what was taken. */
  warnings: string[];
}

export interface SnapshotOptions {
  repository: Repository;
  message: string;
  /** Author and committer. */
  name: string;
  email: string;
}

/**
 * Commits the tree to the branch if it changed. May be called again for the same workspace: after a crash the
 * commit that was made is found again, and a later change becomes a second commit.
 *
 * The agent must have ended: a process that still writes makes the result a mixture.
 *
 * @throws GitError when nothing could be written; the workspace is untouched then and must be kept
 */
export async function snapshot(workspace: Workspace, options: SnapshotOptions): Promise<Snapshot> {
  const { repository } = options;
  if (!(await Deno.lstat(workspace.tree)).isDirectory) {
    throw new GitError(`Cannot take the work of ${workspace.tree} as it is no longer a folder`, 1, "");
  }
  // The lock of an earlier process that was killed: this folder has no other user.
  await Deno.remove(`${workspace.index}.lock`).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const git = await openTreeGit(repository, workspace);
  const { changes, tree, left_out } = await takeTree(git, workspace, repository);
  const nothing = changes.length === 0 && workspace.tip === workspace.base_commit;
  const place = nothing
    ? { commit: workspace.base_commit, branch: workspace.branch, warnings: [] }
    : await commitTree(workspace, options, tree ?? await writeTree(git, workspace));
  return {
    commit: place.commit === workspace.base_commit ? "" : place.commit,
    branch: place.branch,
    changed_files: changes.length,
    left_out: [...workspace.moved?.left_out ?? [], ...left_out],
    warnings: [
      ...place.warnings,
      ...workspace.moved?.warnings ?? [],
      ...await warningsOf(repository, git, changes),
    ],
  };
}

/** What is to be committed; `tree` is null where it is what the index has. */
async function takeTree(
  git: TreeGit,
  workspace: Workspace,
  repository: Repository,
): Promise<Added & { tree: string | null }> {
  const { own_work, base_commit } = workspace;
  if (own_work === undefined) return { ...await addAll(git, workspace), tree: null };
  // A command that a crash has cut off: what is on disk beyond the noted work is its own, and need not be looked at.
  const added = own_work.running ? { left_out: [] } : await addAll(git, workspace);
  const tree = own_work.running
    ? own_work.work
    : await ownTree(repository, workspace, await writeTree(git, workspace));
  return { ...added, tree, changes: await treeChanges(repository, base_commit, tree) };
}

/** Takes the files on disk into the index, and answers their tree. */
export async function treeOnDisk(workspace: Workspace, repository: Repository): Promise<string> {
  const git = await openTreeGit(repository, workspace);
  await addAll(git, workspace);
  return await writeTree(git, workspace);
}

/**
 * The index as a tree. What it names may be gone: taken by a process that died before it made the commit, and then
 * collected as garbage. git would not look at those files again, so the index begins anew.
 */
async function writeTree(git: TreeGit, workspace: Workspace): Promise<string> {
  const written = await git.tryGit(["write-tree"]);
  if (written.code === 0) return written.stdout.trim();
  await git.git(["read-tree", workspace.base_commit]);
  await addAll(git, workspace);
  return await git.git(["write-tree"]);
}

interface Added {
  /** What the index has now that differs from the base. */
  changes: Change[];
  left_out: string[];
}

/** More than any sane tree has repositories within repositories. */
const MAX_ROUNDS = 20;

/** Fills the index with the tree; whatever git refuses is named instead. */
async function addAll(git: TreeGit, workspace: Workspace): Promise<Added> {
  await noteMoved(workspace, "left_out", await moveBlockersAside(workspace));
  const left_out = await hideSubmodules(git, workspace);
  const { copied = [] } = workspace;
  const places = placesWithout(copied);
  for (let round = 1;; round++) {
    const large = await largeFiles(git, workspace);
    const add = ["add", "-A", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul"];
    const added = await git.tryGit(add, {
      stdin: placesWithout([...copied, ...large.map(({ path }) => path)]).map((place) => `${place}\0`).join(
        "",
      ),
    });
    const [changes, untracked, changed] = await Promise.all([
      changesSince(git, workspace.base_commit),
      git.git([
        "ls-files",
        "-o",
        "-z",
        "--exclude-standard",
        "--directory",
        "--no-empty-directory",
        "--",
        ...places,
      ]),
      git.git(["diff-files", "-z", "--name-only", "--ignore-submodules=all"]),
    ]);
    const released = await releaseEmbedded(git, workspace, changes, untracked.split("\0"));
    await noteMoved(workspace, "warnings", released);
    if (released.length > 0 && round < MAX_ROUNDS) continue;
    // 1: some files could not be added, and they are named. Anything else: git gave up before it had seen them all.
    if (added.code > 1) throw gitError(`Cannot take the work of ${workspace.tree}`, added);
    const missed = new Set([...untracked.split("\0"), ...changed.split("\0")].filter((path) => path !== ""));
    for (const file of large) {
      missed.delete(file.path);
      left_out.push(wordsForLarge(file, workspace));
    }
    left_out.push(
      ...[...missed].map((path) => `${JSON.stringify(path)}: git could not read it or refuses its name`),
    );
    return { changes, left_out };
  }
}

/** It happens once, and the tree may be looked at several times before somebody is told. */
async function noteMoved(
  workspace: Workspace,
  kind: "left_out" | "warnings",
  words: readonly string[],
): Promise<void> {
  if (words.length === 0) return;
  workspace.moved ??= { left_out: [], warnings: [] };
  workspace.moved[kind].push(...words);
  await saveWorkspace(workspace);
}

/** By pathspec and not by an ignore file, which one of the agent's own would overrule. */
function placesWithout(paths: readonly string[]): string[] {
  return [".", ...paths.map((path) => `:(exclude,literal)${path}`)];
}

interface Place {
  commit: string;
  branch: string;
  warnings: string[];
}

/** Makes the commit if the tree is new, and moves the branch to it if the branch is still where it was. */
async function commitTree(workspace: Workspace, options: SnapshotOptions, tree: string): Promise<Place> {
  const { repository } = options;
  const treeOf = (commit: string) => repository.git(["rev-parse", "--verify", `${commit}^{tree}`]);
  if (tree === await treeOf(workspace.tip)) {
    return { commit: workspace.tip, branch: workspace.branch, warnings: [] };
  }
  const ref = `refs/heads/${workspace.branch}`;
  const current = await repository.resolve(ref);
  if (
    current !== null && current !== workspace.tip && await isOurs(repository, current, workspace.tip, tree)
  ) {
    // Committed by a process that died before it could write it down.
    await moveTip(workspace, current);
    return { commit: current, branch: workspace.branch, warnings: [] };
  }
  const commit = await repository.git(["commit-tree", tree, "-p", workspace.tip, "-F", "-"], {
    stdin: options.message,
    env: {
      GIT_AUTHOR_NAME: options.name,
      GIT_AUTHOR_EMAIL: options.email,
      GIT_COMMITTER_NAME: options.name,
      GIT_COMMITTER_EMAIL: options.email,
    },
  });
  failpoint("commit_made");
  const place = await moveBranch(repository, workspace, current, commit);
  failpoint("branch_moved");
  await moveTip(workspace, commit);
  failpoint("snapshot_committed");
  return place;
}

async function isOurs(
  repository: Repository,
  commit: string,
  parent: string,
  tree: string,
): Promise<boolean> {
  const [its_tree, ...parents] = (await repository.git(["show", "-s", "--format=%T %P", commit])).split(" ");
  return its_tree === tree && parents.length === 1 && parents[0] === parent;
}

async function moveTip(workspace: Workspace, commit: string): Promise<void> {
  workspace.tip = commit;
  await saveWorkspace(workspace);
}

/** Compare-and-swap of the branch; when somebody else moved it, the work goes to a branch of its own. */
async function moveBranch(
  repository: Repository,
  workspace: Workspace,
  current: string | null,
  commit: string,
): Promise<Place> {
  const { branch, tip } = workspace;
  const old = current ?? "0".repeat(commit.length);
  const free = current === tip || (current === null && tip === workspace.base_commit);
  if (free) {
    try {
      await updateRef(repository, branch, commit, old);
      return { commit, branch, warnings: await checkoutWarning(repository, branch, tip) };
    } catch (error) {
      // Somebody moved or made it in between: the same case as below. A broken repository fails there too.
      if (!(error instanceof GitError)) throw error;
    }
  }
  const own = `${branch}-${commit.slice(0, 8)}`;
  await updateRef(repository, own, commit, "0".repeat(commit.length));
  return {
    commit,
    branch: own,
    warnings: [`The branch ${branch} was moved by somebody else during the run: the work is on ${own}`],
  };
}

async function updateRef(repository: Repository, branch: string, commit: string, old: string): Promise<void> {
  await repository.git([
    "update-ref",
    "-m",
    "autopilot: work of an agent",
    `refs/heads/${branch}`,
    commit,
    old,
  ]);
}

/** A branch that is checked out now looks reverted in that work tree; its files are the user's, so only a word. */
async function checkoutWarning(repository: Repository, branch: string, old: string): Promise<string[]> {
  const trees = (await repository.git(["worktree", "list", "--porcelain", "-z"])).split("\0\0");
  const holder = trees.find((tree) => tree.split("\0").includes(`branch refs/heads/${branch}`));
  if (holder === undefined) return [];
  const path = holder.split("\0").find((line) => line.startsWith("worktree "))?.slice("worktree ".length) ??
    "";
  return [
    `${branch} is checked out in ${path}, whose files are still those from before this run. ` +
    `To bring them up to date: git -C ${JSON.stringify(path)} read-tree -m -u ${old} HEAD`,
  ];
}
