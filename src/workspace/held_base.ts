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

/**
 * Holds also trees that no branch will ever name, over the base: what setup and checks are told apart by is needed for
 * as long as the run lasts.
 */
export async function holdTrees(
  repository: Repository,
  dir: string,
  base: string,
  trees: Record<string, string>,
): Promise<void> {
  const entries = Object.entries(trees).map(([name, tree]) => `040000 tree ${tree}\t${name}\n`);
  const both = await repository.git(["mktree"], { stdin: entries.join("") });
  const commit = await repository.git(
    ["commit-tree", both, "-p", base, "-m", "Held for a run of Autopilot"],
    {
      env: {
        GIT_AUTHOR_NAME: "autopilot",
        GIT_AUTHOR_EMAIL: "autopilot@localhost",
        GIT_COMMITTER_NAME: "autopilot",
        GIT_COMMITTER_EMAIL: "autopilot@localhost",
      },
    },
  );
  await holdBase(repository, dir, commit);
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
