/** What an issue's branch changes, file by file. */

export const FILE_STATUSES = ["added", "modified", "deleted", "renamed"] as const;
export type FileStatus = typeof FILE_STATUSES[number];

/** One changed file. Names are as git has them: any characters but NUL. */
export interface FileDiff {
  path: string;
  /** The name before a rename; else the same as `path`. */
  old_path: string;
  status: FileStatus;
  /** Lines; 0 for a binary file. */
  additions: number;
  deletions: number;
  binary: boolean;
  /** As `git apply` takes it; empty for a binary file, and when it was left out for its size. */
  patch: string;
  /** `true`: the patch was left out for its size. */
  truncated?: boolean;
}

export interface Diff {
  /** The commits that are compared; both empty while there is nothing to compare. */
  base: string;
  head: string;
  /** By path. */
  files: FileDiff[];
  /** `true`: there are more files than these. */
  truncated?: boolean;
}

/** Where an issue's work is. */
export interface IssueWork {
  /** Empty before the first run with changes. */
  branch: string;
  /** The commit of its last run with changes, for when the branch is gone; empty when there is none. */
  commit: string;
  /** The commit that its first run began with; empty when it is not known. */
  base_commit: string;
}

/** The commit asked for is none of the branch. */
export class UnknownCommitError extends Error {
  override name = "UnknownCommitError";
  constructor(readonly commit: string) {
    super(`Commit ${commit} is none of this branch: read the whole diff`);
  }
}

/**
 * Compares an issue's work with what it began from, or with a later commit of its branch.
 *
 * @throws UnknownCommitError when `since` is no commit of the branch
 */
export type ReadDiff = (work: IssueWork, options?: { since?: string }) => Promise<Diff>;

export const NO_DIFF: Readonly<Diff> = { base: "", head: "", files: [] };
