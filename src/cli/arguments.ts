/** A command's arguments and flags, by commander: loaded when there are any. */

import { ConfigError, envNameOf, flagNameOf, type OptionName, OPTIONS } from "../config.ts";
import { plain } from "../config/texts.ts";
import type { Option } from "../options.ts";
import { type CommandLine, PROGRAM } from "./call.ts";
import type { Command, CommandRow } from "./command.ts";

/** @throws {ConfigError} for what is unknown or incomplete, with what is near */
export async function parseArguments(
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
      `${inOurWords(error.message)}\n${PROGRAM} ${row.name} --help says what it takes`,
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

/** Commander's message, in the form that the other options' messages have. */
function inOurWords(message: string): string {
  const text = message.replace(/^error: /, "");
  const choice =
    /^option '(?:-\w, )?(?<flag>--[\w-]+).*?' argument '(?<value>.*)' is invalid\. Allowed choices are (?<all>.*)\.$/s
      .exec(text)?.groups ??
      /^command-argument value '(?<value>.*)' is invalid for argument '(?<flag>.*?)'\. Allowed choices are (?<all>.*)\.$/s
        .exec(text)?.groups;
  return choice === undefined
    ? text.charAt(0).toUpperCase() + text.slice(1)
    : `${choice.flag} = ${JSON.stringify(choice.value)} can't be used: it is one of ${choice.all}`;
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
