/** Reads the project's own file from the commit that new work starts from: never from a tree that an agent wrote. */

import { BRANCH_PREFIX } from "../domain/issue.ts";
import {
  MAX_PROJECT_FILE,
  parseProjectFile,
  PROJECT_FILE,
  ProjectFileError,
} from "../domain/project_file.ts";
import type { ProjectFile } from "../domain/project_file.ts";
import type { Repository } from "../process/git.ts";

/** One reader per server: the file is parsed again only when the commit is another one. */
export function projectReader(repository: Repository, base: string): () => Promise<ProjectFile> {
  let last: { commit: string; file: ProjectFile } | null = null;
  return async () => {
    const commit = await baseCommit(repository, base);
    // What is no commit is told by the workspace that can't be made from it.
    if (commit === null) return {};
    if (last?.commit !== commit) last = { commit, file: await readProjectFile(repository, commit) };
    return last.file;
  };
}

/**
 * The commit whose file counts: the base option, or HEAD. The issue's own branch never does, as its commits are an
 * agent's; nor does HEAD while the user looks at such a branch, for which the default branch stands in then.
 */
async function baseCommit(repository: Repository, base: string): Promise<string | null> {
  if (base !== "") return await repository.resolve(base);
  const [branch, head] = await Promise.all([repository.branchNow(), repository.resolve("HEAD")]);
  if (head === null || !await isAgents(repository, branch, head)) return head;
  return await repository.resolve(`refs/heads/${repository.default_branch}`);
}

async function isAgents(repository: Repository, branch: string, head: string): Promise<boolean> {
  if (branch !== "") return branch.startsWith(BRANCH_PREFIX);
  // Detached: on the tip of an agent's branch that nobody has merged yet.
  const branches = await repository.git([
    "for-each-ref",
    "--format=%(refname:short)",
    "--contains",
    head,
    "refs/heads",
  ]);
  const names = branches.split("\n").filter((name) => name !== "");
  return names.length > 0 && names.every((name) => name.startsWith(BRANCH_PREFIX));
}

/** @throws ProjectFileError when it is no file, too large, or says what it may not say */
async function readProjectFile(repository: Repository, commit: string): Promise<ProjectFile> {
  const listed = await repository.git(["ls-tree", "-l", "-z", "--full-tree", commit, "--", PROJECT_FILE]);
  if (listed === "") return {};
  // "<mode> <type> <object> <size>\t<path>"
  const [mode, type, object, size] = listed.split("\t")[0].split(/ +/);
  if (type !== "blob" || mode === "120000") {
    throw new ProjectFileError(
      `${PROJECT_FILE} in ${commit.slice(0, 12)} must be a plain file, but is ${
        type === "blob" ? "a link" : `a ${type}`
      }`,
    );
  }
  if (Number(size) > MAX_PROJECT_FILE) {
    throw new ProjectFileError(
      `${PROJECT_FILE} in ${commit.slice(0, 12)} has ${size} bytes: at most ${MAX_PROJECT_FILE} are allowed`,
    );
  }
  try {
    return parseProjectFile(await repository.git(["cat-file", "blob", object]));
  } catch (error) {
    if (!(error instanceof ProjectFileError)) throw error;
    throw new ProjectFileError(`${error.message} (read from commit ${commit.slice(0, 12)})`, {
      cause: error,
    });
  }
}
