/**
 * The commit that a run started from, held in the user's repository: whoever rewrites the branch and collects the
 * garbage meanwhile would else take away what the agent's clone borrows and what its work will stand on.
 */

import { basename } from "node:path";
import type { Repository } from "../process/git.ts";

const PREFIX = "refs/autopilot/";

/** @param dir the run's workspace; its name is unique among all data folders */
export async function holdBase(repository: Repository, dir: string, commit: string): Promise<void> {
  await repository.git(["update-ref", `${PREFIX}${basename(dir)}`, commit]);
}

/** Lets go of it; it may be gone already. */
export async function releaseBase(repository: Repository, dir: string): Promise<void> {
  await repository.git(["update-ref", "-d", `${PREFIX}${basename(dir)}`]);
}

/** Names of the workspaces whose base is held, those of other data folders among them. */
export async function heldBases(repository: Repository): Promise<string[]> {
  const refs = await repository.git(["for-each-ref", "--format=%(refname)", PREFIX]);
  return refs.split("\n").filter((ref) => ref !== "").map((ref) => ref.slice(PREFIX.length));
}
