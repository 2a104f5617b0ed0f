/**
 * Files of the user's checkout that the project wants in the workspace, such as `.env.test`: what git does not keep
 * and checks need. They are never committed. Neither the list nor the tree is trusted: nothing outside of the
 * checkout is read, nothing outside of the tree is written.
 */

import { dirname, join, relative, sep } from "node:path";
import { messageOfError } from "../domain/errors.ts";
import { PROJECT_FILE } from "../domain/project_file.ts";
import { tryGit } from "../process/git_run.ts";
import type { Repository } from "../process/git.ts";
import { saveWorkspace, type Workspace } from "./workspace_state.ts";

/** Largest file that is brought in, in bytes. */
const MAX_SIZE = 16 * 1024 * 1024;

/** A file of the list can't be brought in. The message says which, why, and what to do. */
export class CopyError extends Error {
  override name = "CopyError";
}

/**
 * Brings the files in. A path that the repository keeps is left as it is: the user's changes to it are not the
 * agent's work. Answers the paths that were brought in.
 *
 * @param paths checked by parseProjectFile()
 * @throws CopyError
 */
export async function copyFiles(
  repository: Repository,
  workspace: Workspace,
  paths: readonly string[],
): Promise<string[]> {
  if (paths.length === 0) return [];
  const root = await checkoutRoot(repository);
  const sources = new Map<string, string>();
  for (const path of paths) {
    const source = await sourceOf(root, path);
    await makeFolders(workspace.tree, path);
    if (await lstat(join(workspace.tree, path)) === null) sources.set(path, source);
  }
  const copied = [...sources.keys()];
  // First: a snapshot of this workspace must know them, whoever takes it and whenever.
  workspace.copied = copied;
  await saveWorkspace(workspace);
  for (const [path, source] of sources) {
    try {
      await Deno.writeFile(join(workspace.tree, path), await Deno.readFile(source), { createNew: true });
    } catch (error) {
      throw new CopyError(refusal(path, messageOfError(error)), { cause: error });
    }
  }
  await hideFromAgent(workspace, copied);
  return copied;
}

async function checkoutRoot(repository: Repository): Promise<string> {
  const { workdir, env } = repository;
  const found = await tryGit(["-C", workdir, "rev-parse", "--path-format=absolute", "--show-toplevel"], {
    env,
  });
  if (found.code === 0) return await Deno.realPath(found.stdout.replace(/\n$/, ""));
  throw new CopyError(
    `${PROJECT_FILE} lists files under "copy", but ${workdir} has no checkout to take them from`,
  );
}

/** The real file behind the path. Links are followed as long as they stay in the checkout. */
async function sourceOf(root: string, path: string): Promise<string> {
  let real: string;
  try {
    real = await Deno.realPath(join(root, path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new CopyError(refusal(path, "the checkout has no such file"));
    }
    throw new CopyError(refusal(path, messageOfError(error)), { cause: error });
  }
  const inside = relative(root, real).split(sep);
  if (inside[0] === ".." || inside[0] === "" || real === root) {
    throw new CopyError(refusal(path, "it leads out of the repository"));
  }
  if (inside.some((part) => part.toLowerCase() === ".git")) {
    throw new CopyError(refusal(path, "it leads into git's own files"));
  }
  const { isFile, size } = await Deno.stat(real);
  if (!isFile) throw new CopyError(refusal(path, "it is no file"));
  if (size > MAX_SIZE) {
    throw new CopyError(refusal(path, `it has ${size} bytes, and at most ${MAX_SIZE} are copied`));
  }
  return real;
}

/** Makes the folders of a path in the tree, none of which may be a link: the repository could hold one that leads out. */
async function makeFolders(tree: string, path: string): Promise<void> {
  let folder = tree;
  for (const part of dirname(path).split("/").filter((part) => part !== ".")) {
    folder = join(folder, part);
    const found = await lstat(folder);
    if (found === null) await Deno.mkdir(folder);
    else if (!found.isDirectory) {
      throw new CopyError(refusal(path, `${JSON.stringify(part)} in the repository is no folder`));
    }
  }
}

/** Keeps the agent's own `git status` clean. What it does with that file is of no consequence for the snapshot. */
async function hideFromAgent(workspace: Workspace, paths: readonly string[]): Promise<void> {
  const lines = paths.map((path) => `/${path.replace(/[\\*?[\]#! ]/g, "\\$&")}\n`);
  await Deno.writeTextFile(join(workspace.tree, ".git/info/exclude"), `\n${lines.join("")}`, {
    append: true,
  });
}

function refusal(path: string, why: string): string {
  return `${PROJECT_FILE} lists ${
    JSON.stringify(path)
  } under "copy", but ${why}: put the file there, or take it out of the list`;
}

async function lstat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    // "Not a directory": a file of the repository stands where the path needs a folder; making that says so.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}
