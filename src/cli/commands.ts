/** The commands, in the order of the help. A command's file is loaded when it is called. */

import type { CommandRow } from "./command.ts";

/** Runs when the command line begins with no command. */
export const DEFAULT_COMMAND = "serve";

export const COMMANDS: readonly CommandRow[] = [
  {
    name: "serve",
    summary: "Serve the board and, with --runner, let agents work (the default)",
    load: async () => (await import("./serve_command.ts")).command,
  },
  {
    name: "config",
    summary: "Show every option, its value and where it comes from",
    load: async () => (await import("./config_command.ts")).command,
  },
  {
    name: "version",
    summary: "Show the version, the commit and the platform",
    load: async () => (await import("./version.ts")).command,
  },
];
