/**
 * A private folder beside a file that is being made: there must be room for it anyway, and a rename from it is one step.
 * Its owner holds a lock that the kernel gives back when it dies, so the next one here knows what is left over.
 */

import { basename, dirname, join } from "node:path";
import { ArchiveError } from "../archive/tar.ts";
import { tryFileLock } from "../process/file_lock.ts";
import { makeTempFolder } from "../process/temp_folder.ts";

const PREFIX = ".autopilot-archive-";
const LOCK = "in_use.lock";
/** A folder without a lock counts as left over after so long, in milliseconds. Nobody's archive takes a day. */
const OLD_MS = 86_400_000;

export interface Scratch extends AsyncDisposable {
  readonly folder: string;
  /** What owners that died had left beside the target; it is removed. */
  readonly removed: readonly string[];
}

/** @throws ArchiveError when there is no folder to put the target in */
export async function scratchBeside(target: string): Promise<Scratch> {
  const parent = dirname(target);
  try {
    const removed = await removeLeftovers(parent);
    const folder = await makeTempFolder(PREFIX, parent);
    const lock = await takeLock(folder);
    return {
      folder,
      removed,
      async [Symbol.asyncDispose]() {
        try {
          await Deno.remove(folder, { recursive: true });
        } finally {
          lock.close();
        }
      },
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const said = `There is no folder ${parent}: make it, or name another file than ${basename(target)} in it`;
    throw new ArchiveError(said, { cause: error });
  }
}

/** The lock has its name only once it is held: under that name nobody finds it free but after a death. */
async function takeLock(folder: string): Promise<Deno.FsFile> {
  const early = join(folder, `${LOCK}.new`);
  const file = await Deno.open(early, { read: true, write: true, createNew: true, mode: 0o600 });
  try {
    if (await tryFileLock(file, true)) await Deno.rename(early, join(folder, LOCK));
  } catch {
    // A file system without locks: the folder's age tells then.
  }
  return file;
}

async function removeLeftovers(parent: string): Promise<string[]> {
  const removed: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const folder = join(parent, name);
    try {
      if (!await isLeftOver(folder)) continue;
      await Deno.remove(folder, { recursive: true });
      removed.push(folder);
    } catch {
      // Gone meanwhile, or another user's: not ours to remove.
    }
  }
  return removed;
}

async function isLeftOver(folder: string): Promise<boolean> {
  const { mtime, uid } = await Deno.stat(folder);
  if (uid !== null && uid !== Deno.uid()) return false;
  try {
    using lock = await Deno.open(join(folder, LOCK), { read: true, write: true });
    return await tryFileLock(lock, true);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return mtime !== null && Date.now() - mtime.getTime() > OLD_MS;
  }
}
