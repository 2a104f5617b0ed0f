/** What a running server takes over from changed options: `SIGHUP` makes it look. */

import { type Config, type OptionName, SERVER_OPTIONS } from "../config.ts";
import { envNameOf } from "../config/sources.ts";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { configureLogging } from "./logging.ts";

/** The options that count from the reload on. All others are read once, at the start. */
export const RELOADABLE: readonly OptionName[] = ["log_level", "log_format"];

/** Which options differ. Lists are compared by their items. */
export function changedOptions(before: Config, after: Config): OptionName[] {
  return SERVER_OPTIONS.filter((name) => String(before[name]) !== String(after[name]));
}

/**
 * Reads the options again and takes over what can change while the server runs. Options that can't be used change
 * nothing; the log says what is wrong, and which changes wait for a restart.
 *
 * @returns the options that count now
 */
export async function reload(running: Config, read: () => Promise<Config>): Promise<Config> {
  const log = loggerOf("server");
  let found: Config;
  try {
    found = await read();
  } catch (error) {
    log.error("The options are kept as they are: {why}", { why: messageOfError(error) });
    return running;
  }
  const changed = changedOptions(running, found);
  const taken = changed.filter((name) => RELOADABLE.includes(name));
  const waiting = changed.filter((name) => !RELOADABLE.includes(name));
  const now = { ...running, ...Object.fromEntries(taken.map((name) => [name, found[name]])) } as Config;
  if (taken.length > 0) await configureLogging(now);
  log.info("Options read again; changed: {changed}", { changed: taken.map(envNameOf).join(", ") || "none" });
  if (waiting.length > 0) {
    log.warn("These changes count after a restart: {names}", { names: waiting.map(envNameOf).join(", ") });
  }
  return Object.freeze(now);
}

/** Reloads one after the other, as often as it is asked, until it is over. */
export class Reloads {
  #last: Promise<Config>;
  #over = false;

  constructor(config: Config, readonly read: () => Promise<Config>) {
    this.#last = Promise.resolve(config);
  }

  readonly again = (): void => {
    if (!this.#over) this.#last = this.#last.then((running) => reload(running, this.read));
  };

  /** Waits for the one under way; later ones do nothing. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#last;
  }
}
