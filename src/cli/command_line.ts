/** The command line: which command is meant, its arguments and flags, help and usage errors. */

import { ConfigError, envNameOf, flagNameOf, type OptionName, OPTIONS } from "../config.ts";
import { plain } from "../config/texts.ts";
import { nearest, type Option } from "../options.ts";
import type { Command, CommandInput, CommandRow } from "./command.ts";
import { COMMANDS, DEFAULT_COMMAND } from "./commands.ts";

/** A command and what it was given, ready to run. */
export interface Call {
  kind: "run";
  command: Command;
  input: CommandInput;
  /** Flags of the table of options, by option name. */
  flags: Record<string, string>;
  config_file: string | null;
  json: boolean;
}

export type CommandLine = Call | { kind: "print"; text: string };

/** How the program is called in help texts. */
export const PROGRAM = "autopilot";

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
    const { overview } = await import("./help.ts");
    return { kind: "print", text: overview(COMMANDS) };
  }
  if (first === "help") return await parseCommandLine([...args.slice(1), "--help"], version);
  const { row, rest } = rowOf(args);
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
  return await parseArguments(row, command, rest);
}

/** The command that the line begins with, and what is left of the line. @throws {ConfigError} */
function rowOf(args: readonly string[]): { row: CommandRow; rest: readonly string[] } {
  const [first = "", second = ""] = args;
  const find = (name: string) => COMMANDS.find((row) => row.name === name);
  if (first === "" || first.startsWith("-")) return { row: find(DEFAULT_COMMAND)!, rest: args };
  const two = find(`${first} ${second}`);
  if (two !== undefined) return { row: two, rest: args.slice(2) };
  const one = find(first);
  if (one !== undefined) return { row: one, rest: args.slice(1) };

  const members = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (members.length > 0) {
    const lines = members.map(({ name, summary }) => `  ${PROGRAM} ${name.padEnd(16)} ${summary}`);
    const said = second === "" || second.startsWith("-")
      ? "What of it?"
      : `It has no ${JSON.stringify(second)}:`;
    throw new ConfigError(`"${first}" is a group of commands. ${said}\n${lines.join("\n")}`);
  }
  const guess = nearest(first, [...new Set(COMMANDS.flatMap(({ name }) => [name, name.split(" ")[0]]))]);
  throw new ConfigError(
    `There is no command ${JSON.stringify(first)}` +
      (guess === null ? "" : `: did you mean "${guess}"?`) + `\n${PROGRAM} --help lists the commands`,
  );
}

async function parseArguments(
  row: CommandRow,
  command: Command,
  args: readonly string[],
): Promise<CommandLine> {
  const [{ Argument, Command: Parser, CommanderError, Option: Flag }, { helpFooter }] = await Promise.all([
    import("commander"),
    import("./help.ts"),
  ]);
  let printed = "";
  const parser = new Parser(`${PROGRAM} ${row.name}`)
    .description(row.summary + ".")
    .helpOption("-h, --help", "Print this help")
    .configureHelp({ helpWidth: 100 })
    .addHelpText("after", helpFooter(command))
    .exitOverride()
    .configureOutput({ writeOut: (text) => printed += text, writeErr: () => {} });
  for (const { name, meaning, choices } of command.arguments ?? []) {
    const argument = new Argument(name, meaning);
    parser.addArgument(choices === undefined ? argument : argument.choices([...choices]));
  }
  for (const { flags, meaning, choices } of command.options ?? []) {
    const flag = new Flag(flags, meaning);
    parser.addOption(choices === undefined ? flag : flag.choices([...choices]));
  }
  if (!command.no_json) parser.option("--json", "Print JSON, for programs");
  for (const name of command.config) {
    parser.option(...tableFlag(name));
    if (OPTIONS[name].secret) parser.option(...secretFileFlag(name));
  }
  parser.option("--config <path>", "Options file in dotenv form (default: autopilot.env in the data folder)");

  try {
    parser.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "print", text: printed };
    throw new ConfigError(
      `${error.message.replace(/^error: /, "")}\n${PROGRAM} ${row.name} --help says what it takes`,
      { cause: error },
    );
  }

  const { config, json, ...given } = parser.opts<Record<string, string | boolean>>();
  const flags: Record<string, string> = {};
  for (const name of command.config.flatMap((name) => [name, `${name}_file`])) {
    const value = given[camelCase(name)];
    if (value === undefined) continue;
    flags[name] = value === true ? "1" : String(value);
    delete given[camelCase(name)];
  }
  return {
    kind: "run",
    command,
    input: { args: (command.arguments ?? []).map((_, index) => parser.args[index] ?? ""), options: given },
    flags,
    config_file: typeof config === "string" ? config : null,
    json: json === true,
  };
}

function tableFlag(name: OptionName): [string, string] {
  const option: Option<unknown> = OPTIONS[name];
  return [
    `${flagNameOf(name)} ${option.placeholder === "" ? "[switch]" : option.placeholder}`,
    `${plain(option.meaning)} (${envNameOf(name)}; default: ${plain(option.shown)})`,
  ];
}

function secretFileFlag(name: OptionName): [string, string] {
  return [`${flagNameOf(name)}-file <path>`, `File that holds it (${envNameOf(name)}_FILE)`];
}

/** The key under which commander answers `--poll-seconds`. */
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
