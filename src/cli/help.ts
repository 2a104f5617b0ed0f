/** Help texts. */

import type { Command, CommandRow } from "./command.ts";

/** A longer example has its meaning on the next line. */
const MAX_EXAMPLE = 50;

const EXIT_CODES = `Exit codes:
  0  done
  1  it was tried and went wrong
  2  the command line, or an option, can't be used
  3  the server said no: not found, not possible now, not a valid value
  4  the server wants another token (AUTOPILOT_TOKEN)
  5  no server answers (AUTOPILOT_URL)
`;

/** `autopilot --help` */
export function overview(commands: readonly CommandRow[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: autopilot [command] [options]

Issues → Agent → Code: a board whose ready issues Claude Code implements in your repository.

Commands:
${list.join("\n")}

Examples:
  autopilot                                     serve the board on http://127.0.0.1:8787/autopilot
  autopilot --runner --workdir ~/code/project   the same, and agents work on what is ready
  autopilot demo                                the whole loop in 30 seconds, without Claude Code
  autopilot <command> --help                    what a command takes; serve's has every option

Every option is also a variable of the environment and of the options file: --port is AUTOPILOT_PORT.
Flags win over the environment, that over the file. Commands that ask a running server find it at
AUTOPILOT_URL and show it AUTOPILOT_TOKEN.

${EXIT_CODES}`;
}

/** What follows the list of a command's options. */
export function helpFooter({ examples, notes }: Command): string {
  const width = Math.min(MAX_EXAMPLE, Math.max(...examples.map(({ line }) => line.length)));
  const lines = examples.map(({ line, meaning }) =>
    line.length <= width
      ? `  autopilot ${line.padEnd(width)}  ${meaning}`
      : `  autopilot ${line}\n${" ".repeat(width + 14)}${meaning}`
  );
  return `\nExamples:\n${lines.join("\n")}\n${notes === undefined ? "" : `\n${notes}\n`}\n${EXIT_CODES}`;
}
