/** The data folder: private, used by many or owned by one, and never in the middle of a restore. */

import { join } from "node:path";
import { exists } from "../archive/swap.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { tryFileLock } from "../process/file_lock.ts";
import { CommandError, EXIT } from "./exit.ts";
import { StartError } from "./open_data.ts";

/** Made before a restore touches the first file, removed after the last. */
export const RESTORE_JOURNAL = "restore.json";
/** The kernel gives the lock back when its holder dies, however it dies. */
const LOCK = "in_use.lock";

/** The folder in which attachments' files are. */
export function uploadsFolder(data: string): string {
  return join(data, "uploads");
}

/**
 * Uses the folder beside others, until the answer is disposed of.
 *
 * @throws StartError while somebody restores, and after a restore that was cut off
 */
export async function useDataFolder(data: string): Promise<Disposable> {
  await makePrivate(data);
  const file = await lock(data, false);
  if (file === "held") {
    throw new StartError(`A restore is under way in ${data}: wait for its end, then start again`);
  }
  if (await exists(join(data, RESTORE_JOURNAL))) {
    file?.close();
    throw new StartError(
      `A restore into ${data} was cut off. Nothing is lost: "autopilot restore --finish" ends it, then start again`,
    );
  }
  return { [Symbol.dispose]: () => file?.close() };
}

/** Has the folder alone, until the answer is disposed of. @throws CommandError while somebody else uses it */
export async function ownDataFolder(data: string): Promise<Disposable> {
  await makePrivate(data);
  const file = await lock(data, true);
  if (file === "held") {
    throw new CommandError(
      `${data} is in use: stop the server and the commands that work with it, then try again; nothing was changed`,
      EXIT.failed,
      "in_use",
    );
  }
  return { [Symbol.dispose]: () => file?.close() };
}

/** `null` on a file system without locks: then nobody is kept out. */
async function lock(data: string, alone: boolean): Promise<Deno.FsFile | "held" | null> {
  const file = await Deno.open(join(data, LOCK), { read: true, write: true, create: true, mode: 0o600 });
  try {
    if (await tryFileLock(file, alone)) return file;
  } catch (error) {
    loggerOf("server").warn("{data} does not keep locks: {error}", { data, error: messageOfError(error) });
    file.close();
    return null;
  }
  file.close();
  return "held";
}

/** It holds the board and the agents' homes: nobody else on the machine may look into it. */
async function makePrivate(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & 0o077) !== 0) {
      loggerOf("server").warn("Other users of this machine can look into {path}: chmod 700 it", { path });
    }
  } catch (error) {
    throw new StartError(
      `The data folder ${path} can't be made: ${messageOfError(error)}. Set another with --data`,
      { cause: error },
    );
  }
}
