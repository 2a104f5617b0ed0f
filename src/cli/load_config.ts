/** Brings the sources of the options together. */

import { join, resolve } from "node:path";
import {
  type Config,
  ConfigError,
  type ConfigSources,
  parseConfig,
  secretFiles,
  userDataFolder,
} from "../config.ts";
import { messageOfError } from "../domain/errors.ts";
import type { Machine } from "../options.ts";
import { OPTIONS_FILE, readOptionsFile } from "./options_file.ts";

/** What the command line says of the options. */
export interface GivenOptions {
  flags: ConfigSources["flags"];
  /** The options file that `--config` names; `null`: the one in the data folder, if there is one. */
  config_file: string | null;
}

/**
 * Reads the options of this start.
 *
 * @throws {ConfigError} naming the option that can't be used
 */
export async function loadConfig(given: GivenOptions, env: Record<string, string>): Promise<Config> {
  return parseConfig(await configSources(given, env), machineOf(env));
}

/** The sources themselves, with the options file and the files of secrets found and read. @throws {ConfigError} */
export async function configSources(
  given: GivenOptions,
  env: Record<string, string>,
): Promise<ConfigSources> {
  const machine = machineOf(env);
  const first = await withSecrets({ flags: given.flags, env, file: null });
  const { data } = parseConfig(first, machine);
  const path = given.config_file === null
    ? join(data, OPTIONS_FILE)
    : resolve(machine.cwd, given.config_file);
  const file = await readOptionsFile(path, { required: given.config_file !== null });
  return await withSecrets({ ...first, file });
}

/** Reads the files that `AUTOPILOT_<secret>_FILE` names; a line end at the end is no part of a secret. */
async function withSecrets(sources: ConfigSources): Promise<ConfigSources> {
  const secrets = new Map<string, string>();
  for (const { value, label } of secretFiles(sources)) {
    try {
      secrets.set(value, (await Deno.readTextFile(value)).replace(/\r?\n$/, ""));
    } catch (error) {
      throw new ConfigError(
        `${label} = ${JSON.stringify(value)}: the file can't be read: ${messageOfError(error)}`,
        { cause: error },
      );
    }
  }
  return { ...sources, secrets };
}

export function machineOf(env: Record<string, string>): Machine {
  return { hostname: Deno.hostname(), cwd: Deno.cwd(), data_home: userDataFolder(env, Deno.build.os) };
}
