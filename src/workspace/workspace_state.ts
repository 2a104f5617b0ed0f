/** What a workspace is, and the file that lets a later process go on with it. */

import { join } from "node:path";

export interface Workspace {
  /** `<root>/<issue>-<last 8 of the run's id>`; everything below belongs to this run. */
  dir: string;
  /** The files, as the agent sees them. */
  tree: string;
  /** Autopilot's own index of the tree. */
  index: string;
  /** HOME of the agent; one per issue, kept over runs, as a session is resumed from it. */
  home: string;
  /** The attachments under readable names. */
  attachments: string;
  /** The commit that the tree was made from. */
  base_commit: string;
  /** The branch that the work goes back to (the base of its pull request). */
  base_ref: string;
  /** The branch, without `refs/heads/`. */
  branch: string;
  /** The commit that holds what was taken from the tree so far; equals `base_commit` at first. */
  tip: string;
  /** Files of the user's checkout that were brought in: paths in the tree, never committed. */
  copied?: string[];
  /** Larger files are not taken; left out or 0: all are. */
  max_file_bytes?: number;
  /** What was moved out of the tree so that git can take the rest, in words for people. */
  moved?: { left_out: string[]; warnings: string[] };
  /** Left out as long as no command but the agent's has run. */
  own_work?: OwnWork;
}

/** Whose files are what; kept with the workspace, so that a rescuer knows it too. Both are ids of git trees. */
export interface OwnWork {
  /** What was on disk when the last command began (`running`) or ended. */
  seen: string;
  /** What of that is the agent's work, on the base. */
  work: string;
  /** A command is at work: nothing on disk that differs is the agent's. */
  running: boolean;
}

export const STATE_FILE = "workspace.json";

/** Writes down what a later process needs to go on; by rename, so that it is there as a whole or not at all. */
export async function saveWorkspace(workspace: Workspace): Promise<void> {
  const path = join(workspace.dir, STATE_FILE);
  await Deno.writeTextFile(`${path}.new`, JSON.stringify(workspace), { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
}

/** Where files that stand in the way of a snapshot are kept: beside the tree, never deleted before it. */
export function asideFolder(workspace: Workspace): string {
  return join(workspace.dir, "aside");
}
