/** The database that this process works on. */

import { systemClock } from "../clock.ts";
import { type Config, hideSecrets } from "../config.ts";
import { messageOfError } from "../domain/errors.ts";
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
