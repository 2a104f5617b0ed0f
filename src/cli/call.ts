/** What a command line turns out to be. */

import type { Command, CommandInput } from "./command.ts";

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
