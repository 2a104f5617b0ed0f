/**
 * Workspaces that nobody works in any more: of a server that died after its run had ended, of a run that another machine
 * gave up for lost. A folder goes only when its work is safe on a branch; one that can't be made safe is moved aside.
 */

import { join } from "node:path";
import type { DiskUse } from "../domain/agent.ts";
import { messageOfError } from "../domain/errors.ts";
import type { Issue } from "../domain/issue.ts";
import type { Run } from "../domain/run.ts";
import { loggerOf } from "../log.ts";
import { sizeOf } from "../workspace/disk_use.ts";
import { namesIn } from "../workspace/names_in.ts";
import { removeTree } from "../workspace/remove_tree.ts";
import type { Snapshot } from "../workspace/snapshot.ts";
import type { Workspace } from "../workspace/workspace.ts";

export interface HousekeepingDeps {
  /** Folders of the workspaces, of those in quarantine, and others that grow. */
  root: string;
  aside: string;
  others: readonly string[];
  now(): Date;
  /** `null` when this database has no such issue. */
  issue(number: number): Promise<{ issue: Issue; runs: Run[] } | null>;
  /** Name of the folder of a run. */
  folderOf(issue: Issue, run: Run): string;
  openWorkspace(issue: Issue, run: Run): Promise<Workspace | null>;
  snapshot(workspace: Workspace, issue: Issue): Promise<Snapshot>;
  removeFolder(dir: string): Promise<void>;
  quarantine(workspace: Pick<Workspace, "dir">): Promise<string>;
  /** Names of the folders for which the user's repository holds a commit, those of other databases among them. */
  heldBases(): Promise<string[]>;
  releaseBase(name: string): Promise<void>;
  /** Says something on the issue. */
  tell(issue: Issue, body: string): Promise<void>;
}

/** Whoever ended the run removes its folder at once; so much later nobody is at it. */
const GRACE_MS = 10 * 60_000;
const REMOVED = /^\.removed-/;
const OF_A_RUN = /^(\d{1,10})-[A-Za-z0-9]+$/;

/** One pass. A folder that makes trouble is named in the log and left for the next one. */
export async function keepHouse(deps: HousekeepingDeps): Promise<DiskUse> {
  let workspaces = 0;
  for (const name of await namesIn(deps.root)) {
    try {
      if (REMOVED.test(name)) await removeTree(join(deps.root, name));
      else if (OF_A_RUN.test(name) && !await cleared(name, deps)) workspaces++;
    } catch (error) {
      workspaces++;
      loggerOf("runner").warn("Cannot clear {folder}: {error}", {
        folder: join(deps.root, name),
        error: messageOfError(error),
      });
    }
  }
  const quarantined = await namesIn(deps.aside);
  const used = [...await namesIn(deps.root), ...quarantined];
  for (const name of await deps.heldBases()) {
    const found = used.includes(name) ? null : await runOf(name, deps);
    if (found !== null && found.run.finished_at !== "") await deps.releaseBase(name);
  }
  return {
    workspaces,
    quarantined: quarantined.length,
    ...await sizeOf([deps.root, deps.aside, ...deps.others]),
  };
}

/** Whether the folder is gone. */
async function cleared(name: string, deps: HousekeepingDeps): Promise<boolean> {
  const found = await runOf(name, deps);
  // Of another database, or of a run under way: its own people look after it.
  if (found === null || found.run.finished_at === "") return false;
  const { issue, run } = found;
  const workspace = await deps.openWorkspace(issue, run);
  const dir = join(deps.root, name);
  // What the run was ended with is all that the agent ever did: it was gone by then.
  const safe = workspace === null || (run.commit !== "" && workspace.tip === run.commit);
  if (!safe) {
    if (deps.now().getTime() - Date.parse(run.finished_at) < GRACE_MS) return false;
    return await saved(workspace, issue, run, deps);
  }
  await deps.removeFolder(dir);
  return true;
}

/** The run that a folder is named after; `null` when this database has none. */
async function runOf(name: string, deps: HousekeepingDeps): Promise<{ issue: Issue; run: Run } | null> {
  const number = OF_A_RUN.exec(name)?.[1];
  const found = number === undefined ? null : await deps.issue(Number(number));
  const run = found?.runs.find((run) => deps.folderOf(found.issue, run) === name);
  return found === null || run === undefined ? null : { issue: found.issue, run };
}

/** Takes what is left in the folder of a run that was ended without it. */
async function saved(
  workspace: Workspace,
  issue: Issue,
  run: Run,
  deps: HousekeepingDeps,
): Promise<boolean> {
  let taken: Snapshot;
  try {
    taken = await deps.snapshot(workspace, issue);
  } catch (error) {
    const place = await deps.quarantine(workspace);
    await deps.tell(
      issue,
      `Run ${run.attempt} left files that could not be committed (${
        messageOfError(error)
      }). They are kept in ` +
        `\`${place}\`.`,
    );
    return place !== workspace.dir;
  }
  if (taken.commit !== "" && taken.commit !== run.commit) {
    await deps.tell(
      issue,
      `Run ${run.attempt} left work that was on no branch yet. It is on \`${taken.branch}\` at ` +
        `\`${taken.commit.slice(0, 12)}\` now.`,
    );
  }
  await deps.removeFolder(workspace.dir);
  return true;
}
