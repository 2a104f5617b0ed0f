/** What a snapshot contains that a reviewer should be told: links that lead out, odd names, paths of filters. */

import { posix } from "node:path";
import type { Repository } from "../process/git.ts";
import type { TreeGit } from "./tree_git.ts";

export interface Change {
  path: string;
  /** Mode after the change; `000000` when deleted. */
  mode: string;
  object: string;
}

const LINK = "120000";
const DELETED = "000000";
const MAX_NAMED = 20;

/** What the index has that differs from a commit. */
export async function changesSince({ git }: TreeGit, commit: string): Promise<Change[]> {
  const raw = await git([
    "diff-index",
    "--cached",
    "-z",
    "--raw",
    "--no-renames",
    "--ignore-submodules=none",
    commit,
  ]);
  const parts = raw.split("\0");
  const changes: Change[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    // ":oldmode newmode oldobject newobject status"
    const [, mode, , object] = parts[i].split(" ");
    changes.push({ path: parts[i + 1], mode, object });
  }
  return changes;
}

/** The words of warning on a snapshot's changes. */
export async function warningsOf(
  repository: Repository,
  tree: TreeGit,
  changes: Change[],
): Promise<string[]> {
  const present = changes.filter((change) => change.mode !== DELETED);
  return [
    ...await leavingLinks(repository, present),
    ...named(present.filter(({ path }) => hasControls(path)), "has control characters in its name"),
    ...await filteredPaths(tree, present),
  ];
}

async function leavingLinks(repository: Repository, changes: Change[]): Promise<string[]> {
  const leaving: Change[] = [];
  for (const change of changes.filter(({ mode }) => mode === LINK)) {
    const target = await repository.git(["cat-file", "blob", change.object]);
    if (leavesTree(change.path, target)) leaving.push(change);
  }
  return named(leaving, "is a link that leads out of the repository");
}

/** Whether a link at `path` (relative to the tree) leads out of the tree. */
export function leavesTree(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  const resolved = posix.normalize(posix.join(posix.dirname(path), target));
  return resolved === ".." || resolved.startsWith("../");
}

function hasControls(path: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\u0000-\u001f\u007f\ufffd]/.test(path);
}

async function filteredPaths({ git }: TreeGit, changes: Change[]): Promise<string[]> {
  if (changes.length === 0) return [];
  const answer = await git(["check-attr", "-z", "--stdin", "filter"], {
    stdin: changes.map(({ path }) => `${path}\0`).join(""),
  });
  const parts = answer.split("\0");
  const filtered: Change[] = [];
  for (let i = 0; i + 2 < parts.length; i += 3) {
    const value = parts[i + 2];
    if (value === "unspecified" || value === "unset") continue;
    const change = changes.find(({ path }) => path === parts[i]);
    if (change !== undefined) filtered.push(change);
  }
  return named(
    filtered,
    "belongs to a git filter (such as LFS), which was not run: it was committed as it is",
  );
}

function named(changes: Change[], what: string): string[] {
  const shown = changes.slice(0, MAX_NAMED).map(({ path }) => `${JSON.stringify(path)} ${what}`);
  return changes.length > MAX_NAMED ? [...shown, `${changes.length - MAX_NAMED} more: ${what}`] : shown;
}
