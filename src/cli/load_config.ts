/** Brings the sources of the options together. */

import { join, resolve } from "node:path";
import { type Config, type ConfigSources, parseConfig, userDataFolder } from "../config.ts";
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

/** The sources themselves, with the options file found and read. @throws {ConfigError} */
export async function configSources(
  given: GivenOptions,
  env: Record<string, string>,
): Promise<ConfigSources> {
  const machine = machineOf(env);
  const sources = { flags: given.flags, env, file: null };
  const { data } = parseConfig(sources, machine);
  const path = given.config_file === null
    ? join(data, OPTIONS_FILE)
    : resolve(machine.cwd, given.config_file);
  return { ...sources, file: await readOptionsFile(path, { required: given.config_file !== null }) };
}

function machineOf(env: Record<string, string>): Machine {
  return { hostname: Deno.hostname(), cwd: Deno.cwd(), data_home: userDataFolder(env, Deno.build.os) };
}
