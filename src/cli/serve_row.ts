/** The command that a line without a command's name means. */

import type { CommandRow } from "./command.ts";

export const SERVE: CommandRow = {
  name: "serve",
  summary: "Serve the board and, with --runner, let agents work (the default)",
  load: async () => (await import("./commands/serve_command.ts")).command,
};
