/** What an issue's branch changes, by git. */

import {
  type Diff,
  type FileDiff,
  type IssueWork,
  NO_DIFF,
  type ReadDiff,
  UnknownCommitError,
} from "../domain/diff.ts";
import { chunksUntil } from "./chunks.ts";
import type { Repository } from "./git.ts";
import { GitError, startGit } from "./git_run.ts";
import { type ListedFile, parseFileList, sectionsOf } from "./patches.ts";

export interface DiffLimits {
  /** Files that are told. */
  files: number;
  /** Bytes of one file's patch, and of all together. */
  patch_bytes: number;
  total_bytes: number;
}

const LIMITS: DiffLimits = { files: 3_000, patch_bytes: 512 << 10, total_bytes: 8 << 20 };

/** The patches of 2 million lines take 2 s. */
const TIMEOUT_MS = 60_000;
/** Commits never change: what was compared is kept for the next reader. */
const KEPT = 4;

/** Of the plumbing: the user's settings for diffs don't count, and no program that they name runs. */
const DIFF = [
  "diff-tree",
  "-r",
  "-M",
  "-l1000",
  "--no-ext-diff",
  "--no-textconv",
  "--no-color",
  "--submodule=short",
  "--ignore-submodules=none",
  "--src-prefix=a/",
  "--dst-prefix=b/",
];

/**
 * @param base_name the branch or commit from which work starts: the option `base`, else the default branch
 */
export function diffReader(
  repository: Repository,
  base_name: string,
  limits: DiffLimits = LIMITS,
): ReadDiff {
  const kept = new Map<string, Promise<Diff>>();
  return async (work, { since } = {}) => {
    const ends = await endsOf(repository, base_name, work, since);
    if (ends === null) return { ...NO_DIFF };
    const key = `${ends.base}..${ends.head}`;
    let diff = kept.get(key);
    if (diff === undefined) {
      kept.set(key, diff = compare(repository, ends, limits));
      diff.catch(() => kept.delete(key));
      if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    }
    return await diff;
  };
}

interface Ends {
  base: string;
  head: string;
}

async function endsOf(
  repository: Repository,
  base_name: string,
  { branch, commit, base_commit }: IssueWork,
  since: string | undefined,
): Promise<Ends | null> {
  const [tip, last, begun, trunk, now, asked] = await repository.resolveAll(
    [`refs/heads/${branch}`, commit, base_commit, base_name, "HEAD", since ?? ""].map((name) => name || "-"),
  );
  const head = (branch === "" ? null : tip) ?? last;
  if (head === null) return null;
  const base = await baseOf(repository, head, begun, trunk) ?? await mergeBase(repository, now, head);
  if (base === null) return null;
  if (since === undefined) return { base, head };
  if (asked === null || !await isAncestor(repository, asked, head)) throw new UnknownCommitError(since);
  // What the base took up meanwhile is not the issue's work.
  return { base: await isAncestor(repository, asked, base) ? base : asked, head };
}

/**
 * Where the issue's own commits begin. That is where its first run began, or, when the branch took up newer commits of
 * the base since, the last of those. A branch that is merged as a whole has no commits of its own any more: for it the
 * first run's beginning counts.
 */
async function baseOf(
  repository: Repository,
  head: string,
  begun: string | null,
  trunk: string | null,
): Promise<string | null> {
  const first = begun !== null && await isAncestor(repository, begun, head) ? begun : null;
  const fork = await mergeBase(repository, trunk, head);
  if (fork === null || fork === head) return first;
  return first !== null && !await isAncestor(repository, first, fork) ? first : fork;
}

async function mergeBase(repository: Repository, a: string | null, b: string): Promise<string | null> {
  if (a === null) return null;
  return await answerOrNull(repository.git(["merge-base", a, b]));
}

async function isAncestor(repository: Repository, old: string, young: string): Promise<boolean> {
  return await answerOrNull(repository.git(["merge-base", "--is-ancestor", old, young])) !== null;
}

/** `merge-base` says no by exit code 1. */
async function answerOrNull(answer: Promise<string>): Promise<string | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitError && error.code === 1) return null;
    throw error;
  }
}

async function compare(repository: Repository, { base, head }: Ends, limits: DiffLimits): Promise<Diff> {
  const list = await repository.git([...DIFF, "--raw", "--numstat", "-z", base, head], {
    timeout_ms: TIMEOUT_MS,
  });
  const files = parseFileList(list);
  await addPatches(repository, { base, head }, files, limits);
  const shown = files.slice(0, limits.files).map(({ sections: _, ...file }): FileDiff => file);
  return { base, head, files: shown, ...(files.length > limits.files ? { truncated: true } : {}) };
}

/** Fills in the patches. Read as a stream, as a file of one line may be of any size. */
async function addPatches(
  repository: Repository,
  { base, head }: Ends,
  files: readonly ListedFile[],
  limits: DiffLimits,
): Promise<void> {
  // Its own directory for attributes: those of whatever folder the server runs in don't belong to the repository.
  const child = startGit([`--git-dir=${repository.git_dir}`, ...DIFF, "-p", base, head], {
    env: repository.env,
    cwd: repository.git_dir,
  });
  let timed_out = false;
  const timer = setTimeout(() => {
    timed_out = true;
    void child.killGroup("KILL");
  }, TIMEOUT_MS);
  let complete = false;
  try {
    const sections = sectionsOf(chunksUntil(child.stdout, child.exited.then(() => {})), limits.patch_bytes);
    let room = limits.total_bytes;
    for (const [index, file] of files.entries()) {
      if (index >= limits.files || room <= 0) {
        file.truncated = !file.binary;
        continue;
      }
      let patch: string | null = "";
      for (let i = 0; i < file.sections; i++) {
        const { value, done } = await sections.next();
        if (done) throw new GitError(`git diff-tree ended before ${JSON.stringify(file.path)}`, 0, "");
        patch = patch === null || value === null ? null : patch + value;
      }
      if (file.binary) continue;
      if (patch === null || patch.length > room) file.truncated = true;
      else {
        file.patch = patch;
        room -= patch.length;
      }
    }
    complete = (await sections.next()).done === true;
    await sections.return();
  } finally {
    clearTimeout(timer);
    if (!complete) await child.killGroup("KILL");
    await child.exited;
  }
  const { code } = await child.exited;
  if (timed_out || (complete && code !== 0)) {
    const why = timed_out
      ? `took longer than ${TIMEOUT_MS / 1000} s`
      : child.stderrTail().trim().slice(0, 2_000);
    throw new GitError(`git diff-tree failed: ${why}`, code, child.stderrTail());
  }
}
