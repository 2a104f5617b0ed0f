/**
 * Telling the agent's work from what setup and checks write. Both run in the agent's tree, and a run whose only
 * change was made by `npm install` has changed nothing. So around each command the tree on disk is noted, and a
 * snapshot takes what differs from that:
 * - of setup nothing is taken: it prepares the place, and the branch must hold the agent's changes only;
 * - of a check that came to its end the new contents of files that the work has already: what was judged green (a
 *   formatter's result, a lock file) is what must be committed. Files that it made or removed are not: reports and
 *   build output are no work, and whoever runs the check again gets them again;
 * - of a command that was ended from outside nothing: it may have stopped in the middle of a file.
 */

import { join } from "node:path";
import type { Repository } from "../process/git.ts";
import { holdTrees } from "./held_base.ts";
import { type OwnWork, saveWorkspace, type Workspace } from "./workspace_state.ts";

export interface TreeChange {
  /** For people: bytes that are no UTF-8 are replaced. */
  path: string;
  /** As git quotes it and takes it back: names need not be UTF-8. */
  quoted: string;
  /** Mode after the change; `000000` when deleted. */
  mode: string;
  object: string;
  /** git's letter: A, D, M or T. */
  status: string;
}

/** The tree to commit, given the tree on disk. */
export async function ownTree(repository: Repository, workspace: Workspace, disk: string): Promise<string> {
  const { own_work } = workspace;
  if (own_work === undefined) return disk;
  if (own_work.running || disk === own_work.seen) return own_work.work;
  return await applied(
    repository,
    workspace,
    own_work.work,
    await treeChanges(repository, own_work.seen, disk),
  );
}

/** Notes that a command begins. Answers the tree of the agent's work. */
export async function commandBegins(
  repository: Repository,
  workspace: Workspace,
  disk: string,
): Promise<string> {
  const work = await ownTree(repository, workspace, disk);
  await save(repository, workspace, { seen: disk, work, running: true });
  return work;
}

/**
 * Notes that the command has ended. Answers the paths of what it changed: those that count as work, and the others.
 *
 * @param keep whether new contents of files that the work has count
 */
export async function commandEnded(
  repository: Repository,
  workspace: Workspace,
  disk: string,
  { keep }: { keep: boolean },
): Promise<{ taken: string[]; left: string[] }> {
  const before = workspace.own_work;
  if (before === undefined || !before.running) throw new Error("No command was noted to have begun");
  const changes = await treeChanges(repository, before.seen, disk);
  let taken: TreeChange[] = [];
  if (keep && changes.some(({ status }) => status === "M")) {
    const known = await namesOf(repository, before.work);
    taken = changes.filter(({ status, quoted }) => status === "M" && known.has(quoted));
  }
  const work = taken.length === 0 ? before.work : await applied(repository, workspace, before.work, taken);
  await save(repository, workspace, { seen: disk, work, running: false });
  const left = changes.filter((change) => !taken.includes(change));
  const paths = (some: TreeChange[]) => some.map(({ path }) => path);
  return { taken: paths(taken), left: paths(left) };
}

async function save(repository: Repository, workspace: Workspace, own_work: OwnWork): Promise<void> {
  const { seen, work } = own_work;
  await holdTrees(repository, workspace.dir, workspace.base_commit, { seen, work });
  workspace.own_work = own_work;
  await saveWorkspace(workspace);
}

/** What differs between two trees (or commits). */
export async function treeChanges(repository: Repository, from: string, to: string): Promise<TreeChange[]> {
  if (from === to) return [];
  const raw = await repository.git([
    ...QUOTED,
    "diff-tree",
    "-r",
    "--raw",
    "--no-renames",
    "--no-abbrev",
    from,
    to,
  ]);
  return raw.split("\n").filter((line) => line !== "").map((line) => {
    // ":oldmode newmode oldobject newobject status<tab>path"
    const tab = line.indexOf("\t");
    const [, mode, , object, status] = line.slice(0, tab).split(" ");
    const quoted = line.slice(tab + 1);
    return { path: unquoted(quoted), quoted, mode, object, status };
  });
}

/** The names in a tree, quoted. */
async function namesOf(repository: Repository, tree: string): Promise<Set<string>> {
  return new Set((await repository.git([...QUOTED, "ls-tree", "-r", "--name-only", tree])).split("\n"));
}

const QUOTED = ["-c", "core.quotePath=true"];

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
};

/** A name as git quotes it: as it is, or in quotes with escapes of C. */
function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  const binary = name.slice(1, -1).replace(
    /\\([0-7]{3}|.)/g,
    (_, escape: string) =>
      escape.length === 3 ? String.fromCharCode(parseInt(escape, 8)) : ESCAPES[escape] ?? escape,
  );
  return new TextDecoder().decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)));
}

/** The tree with the changes made to it, in an index of its own: the workspace's index belongs to the disk. */
async function applied(
  repository: Repository,
  workspace: Workspace,
  tree: string,
  changes: readonly TreeChange[],
): Promise<string> {
  const index = join(workspace.dir, "own-index");
  const env = { GIT_INDEX_FILE: index };
  await repository.git(["read-tree", tree], { env });
  await repository.git(["update-index", "--index-info"], {
    env,
    stdin: changes.map(({ mode, object, quoted }) => `${mode} ${object}\t${quoted}\n`).join(""),
  });
  const made = await repository.git(["write-tree"], { env });
  await Deno.remove(index);
  return made;
}
