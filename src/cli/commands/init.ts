/** `autopilot init`: asks a few questions and writes the options file. */

import { dirname, join, resolve } from "node:path";
import { exists } from "../../archive/swap.ts";
import { type Config, type OptionName, OPTIONS, SERVER_OPTIONS } from "../../config.ts";
import { flagNameOf } from "../../config/sources.ts";
import { optionLine, plain } from "../../config/texts.ts";
import { messageOfError } from "../../domain/errors.ts";
import { type Option, OptionValueError } from "../../options.ts";
import type { Command, CommandContext } from "../command.ts";
import { CommandError, EXIT } from "../exit.ts";
import { machineOf } from "../load_config.ts";
import { OPTIONS_FILE } from "../options_file.ts";

/** What most people want to set, in the order of the questions. */
const QUESTIONS: readonly { name: OptionName; question: string; if_runner?: true }[] = [
  { name: "port", question: "Port of the board" },
  { name: "runner", question: "Shall agents work on ready issues? (yes or no)" },
  { name: "workdir", question: "Git repository that they work for", if_runner: true },
  {
    name: "check",
    question: "Shell command that checks their work, such as npm test (may stay empty)",
    if_runner: true,
  },
  {
    name: "max_usd_per_day",
    question: "Most US dollars that they may cost in one day (0: no limit)",
    if_runner: true,
  },
];

export const command: Command = {
  options: [
    { flags: "-y, --yes", meaning: "Ask nothing: the flags and the defaults count" },
    { flags: "--force", meaning: "Replace an options file that is there" },
  ],
  config: SERVER_OPTIONS.filter((name) => name !== "failpoint"),
  examples: [
    { line: "init", meaning: "asks, and writes autopilot.env into the data folder" },
    { line: "init --yes --runner --workdir ~/code/project", meaning: "asks nothing" },
  ],
  notes: "What is given as a flag is written and not asked for. --config names the file to write.",
  async run(context, { options }) {
    const config = await context.config();
    const path = resolve(context.given.config_file ?? join(config.data, OPTIONS_FILE));
    if (options.force !== true && await exists(path)) {
      throw new CommandError(
        `${path} is there already: edit it, or replace it with --force`,
        EXIT.failed,
        "exists",
      );
    }
    const values = answers(context, config, options.yes === true);
    const lines = [...values].flatMap((
      [name, value],
    ) => [`# ${plain(OPTIONS[name].meaning)}`, line(name, value)]);
    const text = `# Options of Autopilot; autopilot serve --help lists all of them.\n\n${lines.join("\n")}\n`;
    await write(path, text);
    if (context.json) context.out.json({ path, options: Object.fromEntries(values) });
    else {
      context.out.line(`Wrote ${path}`);
      const where = context.given.config_file === null && values.get("data") === undefined
        ? ""
        : ` --config ${path}`;
      context.out.line(`Start the board with: autopilot${where}`);
    }
    return EXIT.ok;
  },
};

/** The options to write: those of the flags, then those of the questions. */
function answers(
  context: CommandContext,
  config: Config,
  yes: boolean,
): Map<OptionName, string> {
  const { flags } = context.given;
  const values = new Map<OptionName, string>();
  for (const name of SERVER_OPTIONS) {
    // Relative paths would mean another place where the server starts.
    if (flags[name] !== undefined) values.set(name, isPath(name) ? String(config[name]) : flags[name]);
  }
  const asks = !yes && Deno.stdin.isTerminal();
  if (!yes && !asks) {
    throw new CommandError(
      "Nobody can be asked, as standard input is no terminal: --yes takes the flags and the defaults",
      EXIT.usage,
      "usage",
    );
  }
  let runner = config.runner;
  for (const { name, question, if_runner } of QUESTIONS) {
    if (values.has(name) || (if_runner && !runner)) continue;
    const value = asks ? ask(context, name, question, config) : shown(config[name]);
    if (name === "runner") runner = value === "1";
    if (value !== "") values.set(name, value);
  }
  return values;
}

/** Asks until the answer can be used; an empty one takes the default. */
function ask(context: CommandContext, name: OptionName, question: string, config: Config): string {
  const fallback = shown(config[name]);
  const option: Option<unknown> = OPTIONS[name];
  for (;;) {
    // prompt()'s own default would be text to edit, which the terminal's users don't expect.
    const answer = prompt(`${question}${fallback === "" ? "" : ` [${fallback}]`}:`);
    if (answer === null || answer === "") return fallback;
    try {
      return shown(option.parse(answer, machineOf({ ...context.env })));
    } catch (error) {
      if (!(error instanceof OptionValueError)) throw error;
      context.err.line(`${flagNameOf(name)}: ${error.message}`);
    }
  }
}

function isPath(name: OptionName): boolean {
  return OPTIONS[name].placeholder === "<path>";
}

function shown(value: unknown): string {
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

function line(name: OptionName, value: string): string {
  try {
    return optionLine(name, value);
  } catch (error) {
    throw new CommandError(messageOfError(error), EXIT.usage, "usage", { cause: error });
  }
}

/** For its owner alone: an address of a database may hold a password. */
async function write(path: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const part = `${path}.part`;
    await Deno.writeTextFile(part, text, { mode: 0o600 });
    await Deno.rename(part, path);
  } catch (error) {
    throw new CommandError(`${path} can't be written: ${messageOfError(error)}`, EXIT.failed, "not_written", {
      cause: error,
    });
  }
}
