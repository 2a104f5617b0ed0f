/** How much of the disk folders take. */

import { join } from "node:path";

/** More entries are not counted: the answer is a warning to people, not worth minutes of a disk's time. */
const MAX_ENTRIES = 200_000;
const AT_ONCE = 32;

/** Bytes of all files below, links not followed; `bytes_at_least` when there were too many to count. */
export async function sizeOf(
  folders: readonly string[],
): Promise<{ bytes: number; bytes_at_least: boolean }> {
  let bytes = 0;
  let entries = 0;
  const waiting = [...folders];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const files: string[] = [];
    for (const { name, isDirectory } of await entriesOf(folder)) {
      if (isDirectory) waiting.push(join(folder, name));
      else files.push(join(folder, name));
      if (++entries >= MAX_ENTRIES) return { bytes, bytes_at_least: true };
    }
    for (let at = 0; at < files.length; at += AT_ONCE) {
      for (const size of await Promise.all(files.slice(at, at + AT_ONCE).map(fileSize))) bytes += size;
    }
  }
  return { bytes, bytes_at_least: false };
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (isPassing(error)) return [];
    throw error;
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await Deno.lstat(path)).size;
  } catch (error) {
    if (isPassing(error)) return 0;
    throw error;
  }
}

/** Agents write and delete while this looks, and may forbid to look. */
function isPassing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.PermissionDenied;
}
