/** The reader of changes for the API: opens the repository when somebody first asks. */

import type { Config } from "../config.ts";
import { type Diff, type IssueWork, NO_DIFF, type ReadDiff } from "../domain/diff.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";

/** Not read before somebody asks: see command_line.ts. */
const LATE_GIT = "../process/git.ts";
const LATE_DIFF = "../process/diff.ts";

/** Where no repository can be opened the changes are empty; the log says why. */
export function lazyDiff(
  config: Pick<Config, "workdir" | "base">,
  host_env: Record<string, string>,
): ReadDiff {
  let opened: Promise<ReadDiff> | null = null;
  let told = "";
  return async (work: IssueWork, options): Promise<Diff> => {
    opened ??= open(config, host_env);
    let read: ReadDiff;
    try {
      read = await opened;
    } catch (error) {
      // The folder may become a repository later; its absence is told once.
      opened = null;
      const why = messageOfError(error);
      if (why !== told) loggerOf("server").warn("The board can't show changes: {why}", { why });
      told = why;
      return { ...NO_DIFF };
    }
    return await read(work, options);
  };
}

async function open({ workdir, base }: Pick<Config, "workdir" | "base">, host_env: Record<string, string>) {
  // Imported here: a board that is never asked starts without it.
  const [{ openRepository }, { diffReader }] = await Promise.all([
    import(LATE_GIT) as Promise<typeof import("../process/git.ts")>,
    import(LATE_DIFF) as Promise<typeof import("../process/diff.ts")>,
  ]);
  const repository = await openRepository(workdir, host_env);
  return diffReader(repository, base === "" ? repository.default_branch : base);
}
