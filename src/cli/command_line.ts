/** The command line: flags from the table of options, `--config`, `--help`, `--version`. */

import type { ConfigSources } from "../config.ts";
import { ConfigError, envNameOf, flagNameOf, OPTION_NAMES, OPTIONS } from "../config.ts";
import type { Option } from "../options.ts";

export type CommandLine =
  | { kind: "serve"; flags: ConfigSources["flags"]; config_file: string | null }
  | { kind: "print"; text: string };

/**
 * Parses the arguments after the program's name.
 *
 * @throws {ConfigError} for what is unknown or incomplete, with the nearest known flag
 */
export async function parseCommandLine(args: readonly string[], version: string): Promise<CommandLine> {
  // Commander costs 15 ms at start; most starts have no arguments.
  if (args.length === 0) return { kind: "serve", flags: {}, config_file: null };
  const { Command, CommanderError } = await import("commander");

  let printed = "";
  const program = new Command("autopilot")
    .description(
      "Issues → Agent → Code: a board whose ready issues Claude Code implements in your repository.",
    )
    .version(version, "--version", "Print the version")
    .helpOption("--help", "Print this help")
    .option("--config <path>", "Options file in dotenv form (default: autopilot.env in the data folder)")
    .addHelpText(
      "after",
      "\nEvery option is also a variable of the environment and of the options file;\nflags win over the environment, that over the file.\n",
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => printed += text, writeErr: () => {} });
  for (const name of OPTION_NAMES) {
    const option: Option<unknown> = OPTIONS[name];
    program.option(
      `${flagNameOf(name)} ${option.placeholder === "" ? "[switch]" : option.placeholder}`,
      `${plain(option.meaning)} (${envNameOf(name)}; default: ${plain(option.shown)})`,
    );
  }

  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "print", text: printed };
    throw new ConfigError(`${error.message.replace(/^error: /, "")}\n--help lists all options`, {
      cause: error,
    });
  }

  const given = program.opts<Record<string, string | true>>();
  const flags: Record<string, string> = {};
  for (const name of OPTION_NAMES) {
    const value = given[camelCase(name)];
    if (value !== undefined) flags[name] = value === true ? "1" : value;
  }
  return { kind: "serve", flags, config_file: typeof given.config === "string" ? given.config : null };
}

/** Markdown marks have no meaning in a terminal. */
function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}

/** The key under which commander answers `--poll-seconds`. */
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
