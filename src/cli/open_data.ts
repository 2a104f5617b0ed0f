/** The data that this process works on: the folder and the database. */

import { systemClock } from "../clock.ts";
import { type Config, hideSecrets } from "../config.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { CommandError, EXIT } from "./exit.ts";

/** The environment does not let the program start. The message says what was tried and what to do. */
export class StartError extends CommandError {
  override name = "StartError";
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.failed, "not_started", options);
  }
}

/**
 * The data folder holds the board and the agents' homes: nobody else on the machine may look into it.
 *
 * @throws {StartError} when it can't be made
 */
export async function makePrivate(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & 0o077) !== 0) {
      loggerOf("server").warn("Other users of this machine can look into {path}: chmod 700 it", { path });
    }
  } catch (error) {
    throw new StartError(
      `The data folder ${path} can't be made: ${messageOfError(error)}. Set another with --data`,
      {
        cause: error,
      },
    );
  }
}

/** Opens the database, migrating it where needed. @throws {StartError} without the password of its address */
export async function openDatabase(config: Pick<Config, "database_url">): Promise<Store> {
  try {
    return await openStore({ url: config.database_url, clock: systemClock });
  } catch (error) {
    throw new StartError(
      `The database ${hideSecrets(config.database_url)} can't be opened: ${messageOfError(error)}`,
      {
        cause: error,
      },
    );
  }
}
