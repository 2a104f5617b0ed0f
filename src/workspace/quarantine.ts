/** Workspaces whose work could not be taken: moved aside, never deleted, for a human to look at. */

import { basename, join } from "node:path";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { workspaceDir } from "./workspace.ts";
import type { Workspace } from "./workspace_state.ts";

/** Moves the workspace into the folder; answers where it is now, which is where it was when it can't be moved. */
export async function quarantine(workspace: Pick<Workspace, "dir">, folder: string): Promise<string> {
  const place = join(folder, basename(workspace.dir));
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.rename(workspace.dir, place);
    return place;
  } catch (error) {
    loggerOf("runner").error("Cannot move {dir} to {place}: {error}; it stays where it is", {
      dir: workspace.dir,
      place,
      error: messageOfError(error),
    });
    return workspace.dir;
  }
}

/** Where the workspace of a run is in quarantine; empty when it is not there. */
export async function quarantined(folder: string, issue_number: number, run_id: string): Promise<string> {
  const place = workspaceDir(folder, issue_number, run_id);
  try {
    return (await Deno.lstat(place)).isDirectory ? place : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
