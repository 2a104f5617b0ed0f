/**
 * What of a tree is kept from git before it takes the work: files that would make it wait for ever, and files that are
 * too large for a repository that somebody has to clone.
 */

import { join } from "node:path";
import type { TreeGit } from "./tree_git.ts";
import { asideFolder, type Workspace } from "./workspace_state.ts";

/** Files of the tree that git opens by itself, beside those of repositories within the tree. */
const READ_BY_GIT = [".gitignore", ".gitattributes", ".gitmodules"];

/** More entries are not looked through: git has a time limit of its own. */
const MAX_ENTRIES = 1_000_000;
const AT_ONCE = 16;

/**
 * Moves out of the tree what git would open and never come to the end of: pipes that nobody writes to, devices, and
 * links to such. Answers a word for each.
 */
export async function moveBlockersAside(workspace: Workspace): Promise<string[]> {
  const said: string[] = [];
  for (const path of await blockersIn(workspace.tree)) {
    await Deno.mkdir(asideFolder(workspace), { recursive: true, mode: 0o700 });
    await Deno.rename(join(workspace.tree, path), join(asideFolder(workspace), crypto.randomUUID()));
    said.push(`${JSON.stringify(path)}: git would read it, but it is a pipe, a device, or a link to such`);
  }
  return said;
}

interface Folder {
  path: string;
  /** Within the `.git` of a repository in the tree, which git looks into. */
  in_git: boolean;
}

async function blockersIn(tree: string): Promise<string[]> {
  const found: string[] = [];
  let entries = 0;
  let folders: Folder[] = [{ path: "", in_git: false }];
  while (folders.length > 0 && entries < MAX_ENTRIES) {
    const next: Folder[] = [];
    const look = async ({ path: folder, in_git }: Folder) => {
      for (const entry of await entriesOf(join(tree, folder))) {
        entries++;
        const path = join(folder, entry.name);
        const is_git = entry.name === ".git";
        // The agent's own clone, which nobody reads.
        if (is_git && folder === "") continue;
        if (entry.isDirectory) next.push({ path, in_git: in_git || is_git });
        else if (in_git || is_git || READ_BY_GIT.includes(entry.name.toLowerCase())) {
          if (!entry.isFile && await blocks(join(tree, path), entry, is_git)) found.push(path);
        }
      }
    };
    for (let at = 0; at < folders.length; at += AT_ONCE) {
      await Promise.all(folders.slice(at, at + AT_ONCE).map(look));
    }
    folders = next;
  }
  return found;
}

async function blocks(path: string, { isSymlink }: Deno.DirEntry, is_git: boolean): Promise<boolean> {
  // A `.git` that is a link leads to a folder that is not looked through.
  if (!isSymlink || is_git) return true;
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    return !isFile && !isDirectory;
  } catch {
    // A link to nowhere, in a circle, or to where nobody may look: git does not get there either.
    return false;
  }
}

/** A folder that may not be read is git's to name. */
async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A file that is not taken; of one that the repository has already, the version of before stays. */
export interface LargeFile {
  /** In the tree. */
  path: string;
  /** Bytes. */
  size: number;
}

/** New and changed files that are larger than the workspace allows. */
export async function largeFiles(
  { git }: TreeGit,
  { tree, max_file_bytes = 0 }: Workspace,
): Promise<LargeFile[]> {
  if (max_file_bytes === 0) return [];
  const listed = await git(["ls-files", "-o", "-m", "-z", "--exclude-standard"]);
  const paths = [...new Set(listed.split("\0"))].filter((path) => path !== "");
  const large: LargeFile[] = [];
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    await Promise.all(
      paths.slice(at, at + AT_ONCE).map(async (path) => {
        const size = await fileSize(join(tree, path));
        if (size > max_file_bytes) large.push({ path, size });
      }),
    );
  }
  return large;
}

export function wordsForLarge({ path, size }: LargeFile, { max_file_bytes = 0 }: Workspace): string {
  return `${JSON.stringify(path)}: it has ${megabytes(size)} MB, and files of more than ` +
    `${megabytes(max_file_bytes)} MB are not taken (AUTOPILOT_MAX_FILE_MB)`;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / (1024 * 1024));
}

/** 0 for what is gone, or no plain file. */
async function fileSize(path: string): Promise<number> {
  try {
    const { isFile, size } = await Deno.lstat(path);
    return isFile ? size : 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return 0;
    throw error;
  }
}
