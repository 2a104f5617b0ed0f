/** The command line: which command is meant, and what can be said without reading its flags. */

import { ConfigError } from "../config.ts";
import { nearest } from "../options.ts";
import { type CommandLine, PROGRAM } from "./call.ts";
import type { CommandRow } from "./command.ts";
import { SERVE } from "./serve_row.ts";

/**
 * Deno reads whatever a literal import() names when the program starts, called or not. It does not look into a
 * constant: so a server is spared all other commands. build/late.ts finds these constants for the executable.
 */
const LATE_TABLE = "./commands.ts";
const LATE_HELP = "./help.ts";
const LATE_ARGUMENTS = "./arguments.ts";

/** The table of commands. */
export async function commandTable(): Promise<readonly CommandRow[]> {
  return (await import(LATE_TABLE) as typeof import("./commands.ts")).COMMANDS;
}

/**
 * Parses the arguments after the program's name. A line that does not begin with a command's name is one of
 * `serve`.
 *
 * @throws {ConfigError} for what is unknown or incomplete, with what is near
 */
export async function parseCommandLine(args: readonly string[], version: string): Promise<CommandLine> {
  const [first = ""] = args;
  if (first === "--version") return { kind: "print", text: `${version}\n` };
  if (first === "--help" || first === "-h" || (first === "help" && args.length === 1)) {
    const { overview } = await import(LATE_HELP) as typeof import("./help.ts");
    return { kind: "print", text: overview(await commandTable()) };
  }
  if (first === "help") return await parseCommandLine([...args.slice(1), "--help"], version);
  const { row, rest } = first === "" || first.startsWith("-")
    ? { row: SERVE, rest: args }
    : rowOf(args, await commandTable());
  const command = await row.load();
  // Commander costs 15 ms at start; most starts have no arguments.
  if (rest.length === 0 && !command.arguments?.some(({ name }) => name.startsWith("<"))) {
    const none = command.arguments?.map(() => "") ?? [];
    return {
      kind: "run",
      command,
      input: { args: none, options: {} },
      flags: {},
      config_file: null,
      json: false,
    };
  }
  const { parseArguments } = await import(LATE_ARGUMENTS) as typeof import("./arguments.ts");
  try {
    return await parseArguments(row, command, rest);
  } catch (error) {
    if (!first.startsWith("-") || !(error instanceof ConfigError)) throw error;
    const later = await commandWithin(args);
    if (later === null) throw error;
    throw new ConfigError(`Options follow the command they are for: ${PROGRAM} ${later} ${first} …`, {
      cause: error,
    });
  }
}

/** The command that is named behind flags, where it is not looked for. */
async function commandWithin(args: readonly string[]): Promise<string | null> {
  const names = (await commandTable()).map(({ name }) => name);
  for (const [at, word] of args.entries()) {
    const name = [`${word} ${args[at + 1] ?? ""}`, word].find((name) => names.includes(name));
    if (name !== undefined) return name;
  }
  return null;
}

/** The command that the line begins with, and what is left of the line. @throws {ConfigError} */
function rowOf(
  args: readonly string[],
  table: readonly CommandRow[],
): { row: CommandRow; rest: readonly string[] } {
  const [first = "", second = ""] = args;
  const find = (name: string) => table.find((row) => row.name === name);
  const two = find(`${first} ${second}`);
  if (two !== undefined) return { row: two, rest: args.slice(2) };
  const one = find(first);
  if (one !== undefined) return { row: one, rest: args.slice(1) };

  const members = table.filter(({ name }) => name.startsWith(`${first} `));
  if (members.length > 0) {
    const lines = members.map(({ name, summary }) => `  ${PROGRAM} ${name.padEnd(16)} ${summary}`);
    const said = second === "" || second.startsWith("-")
      ? "What of it?"
      : `It has no ${JSON.stringify(second)}:`;
    throw new ConfigError(`"${first}" is a group of commands. ${said}\n${lines.join("\n")}`);
  }
  const guess = nearest(first, [...new Set(table.flatMap(({ name }) => [name, name.split(" ")[0]]))]);
  throw new ConfigError(
    `There is no command ${JSON.stringify(first)}` +
      (guess === null ? "" : `: did you mean "${guess}"?`) + `\n${PROGRAM} --help lists the commands`,
  );
}
