/**
 * Whether a server of this machine lives, told by a file that it keeps locked: the kernel gives the lock back at the
 * moment of its death, however it dies. A process id alone would be fooled by another program that got the same number,
 * after a restart of the machine above all.
 */

import { join } from "node:path";
import { loggerOf } from "../log.ts";
import { tryFileLock } from "../process/file_lock.ts";
import { namesIn } from "../workspace/names_in.ts";

/** A file may be held for a moment by somebody who looks whether it is held. */
const TRIES = 20;
const PAUSE_MS = 10;

/** Holds the lock of this process until the function returned is called, or the process is gone. */
export async function holdServerLock(
  folder: string,
  host: string,
  pid: number,
): Promise<() => Promise<void>> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const path = lockPath(folder, host, pid);
  const file = await lockNamed(path);
  if (file === null || !await locksWork(path)) {
    loggerOf("runner").warn(
      "{folder} does not keep locks: runs of a server that dies are rescued only when their lease ends",
      { folder },
    );
    file?.close();
    await removeIfThere(path);
    return () => Promise.resolve();
  }
  return async () => {
    await removeIfThere(path);
    file.close();
  };
}

/** False only when the kernel says so; a server of which this folder knows nothing lives until its lease ends. */
export async function serverLives(folder: string, host: string, pid: number): Promise<boolean> {
  const free = await tryLock(lockPath(folder, host, pid), false);
  free?.close();
  return free === null;
}

/** Removes the files of servers that are gone, but for those that somebody may still ask for. */
export async function removeFreeLocks(
  folder: string,
  wanted: readonly { host: string; pid: number }[],
): Promise<void> {
  const keep = wanted.map(({ host, pid }) => lockPath(folder, host, pid));
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (!name.endsWith(".lock") || keep.includes(path)) continue;
    const file = await tryLock(path, false);
    if (file === null) continue;
    // While the lock is held: a server that gets this number at this moment makes itself a new file.
    await removeIfThere(path);
    file.close();
  }
}

async function lockNamed(path: string): Promise<Deno.FsFile | null> {
  for (let tries = 1; tries <= TRIES; tries++) {
    const file = await tryLock(path, true);
    if (file !== null) {
      if (await isNamed(file, path)) return file;
      // Somebody removed the file between its opening and its lock.
      file.close();
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

/** A second lock on the same file must be refused; some network file systems grant everything. */
async function locksWork(path: string): Promise<boolean> {
  const second = await tryLock(path, false);
  second?.close();
  return second === null;
}

/** `null` when somebody holds it, or when there is no such file and none shall be made. */
async function tryLock(path: string, create: boolean): Promise<Deno.FsFile | null> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true, create, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  try {
    if (await tryFileLock(file, true)) return file;
  } catch {
    // A file system without locks says so by an error. As with a lock that is held, nothing is known for certain.
  }
  file.close();
  return null;
}

async function isNamed(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [held, named] = await Promise.all([file.stat(), Deno.stat(path)]);
    return held.ino === named.ino && held.dev === named.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function lockPath(folder: string, host: string, pid: number): string {
  return join(folder, `${host.replace(/[^\w.-]/g, "_")}-${pid}.lock`);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
