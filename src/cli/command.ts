/** What a command is: the shape of the files of this folder that `commands.ts` lists. */

import type { Config, OptionName } from "../config.ts";
import type { Client } from "./client.ts";
import type { ExitCode } from "./exit.ts";
import type { Printer } from "./printer.ts";

/** What was built, and from what. */
export interface Build {
  version: string;
  /** Commit of the sources, in an executable; empty when the sources themselves run. */
  commit: string;
  /** When the executable was built, ISO-8601; empty when the sources run. */
  built_at: string;
}

/** What a command works with. */
export interface CommandContext {
  readonly build: Build;
  /** The environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** The options from flags, environment, file and defaults. Read once, when first asked. @throws {ConfigError} */
  config(): Promise<Config>;
  /** A client of the server at `AUTOPILOT_URL`, with `AUTOPILOT_TOKEN`. Nothing is asked yet. @throws {ConfigError} */
  client(): Promise<Client>;
  /** Standard output: what was asked for. */
  readonly out: Printer;
  /** Standard error: everything else. */
  readonly err: Printer;
  /** `--json`: the output is one JSON value, or one per line where it is a stream. */
  readonly json: boolean;
  /** All of standard input as text, for arguments that are `-`. */
  readInput(): Promise<string>;
  /** Where the values of the options come from, for commands that tell it. */
  readonly given: { flags: Readonly<Record<string, string>>; config_file: string | null };
  /** The table of commands, for help and completions. */
  commands(): Promise<readonly CommandRow[]>;
}

/** What stood on the command line. */
export interface CommandInput {
  /** In the order of `Command.arguments`; left out ones are "". */
  args: readonly string[];
  /** By long name in camelCase as commander has them; a switch that was not given is missing. */
  options: Readonly<Record<string, string | boolean | undefined>>;
}

export interface Command {
  /** In order; `<name>` is needed, `[name]` may be left out. */
  readonly arguments?: readonly { name: string; meaning: string; choices?: readonly string[] }[];
  /** The command's own options in commander's form, such as `--kind <kind>` or `-f, --follow`. */
  readonly options?: readonly { flags: string; meaning: string; choices?: readonly string[] }[];
  /** The options of config.ts' table that the command takes as flags. `--config` is always taken. */
  readonly config: readonly OptionName[];
  /** True for a command whose output is not data: it takes no `--json`. */
  readonly no_json?: boolean;
  /** Command lines without the program's name, and what they do. At least one. */
  readonly examples: readonly { line: string; meaning: string }[];
  /** Further help, below the options. */
  readonly notes?: string;
  /**
   * Does it.
   *
   * @throws {CommandError} for what may be expected to go wrong
   * @throws {ConfigError} for options that can't be used
   */
  run(context: CommandContext, input: CommandInput): Promise<ExitCode>;
}

export interface CommandRow {
  /** One word, or two: a group and its member, such as `issue new`. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** Loads the command's file: only when it is called, or its help is asked for. */
  load(): Promise<Command>;
}
