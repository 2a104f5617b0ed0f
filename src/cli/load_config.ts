/** Brings the sources of the options together. */

import { join, resolve } from "node:path";
import { type Config, parseConfig, userDataFolder } from "../config.ts";
import type { CommandLine } from "./command_line.ts";
import { OPTIONS_FILE, readOptionsFile } from "./options_file.ts";

/**
 * Reads the options of this start.
 *
 * @throws {ConfigError} naming the option that can't be used
 */
export async function loadConfig(
  command: Extract<CommandLine, { kind: "serve" }>,
  env: Record<string, string>,
): Promise<Config> {
  const machine = {
    hostname: Deno.hostname(),
    cwd: Deno.cwd(),
    data_home: userDataFolder(env, Deno.build.os),
  };
  const sources = { flags: command.flags, env, file: null };
  const { data } = parseConfig(sources, machine);
  const path = command.config_file === null
    ? join(data, OPTIONS_FILE)
    : resolve(machine.cwd, command.config_file);
  const file = await readOptionsFile(path, { required: command.config_file !== null });
  return parseConfig({ ...sources, file }, machine);
}
