/** `autopilot completions`: what a shell needs to complete commands, flags and values. */

import { type OptionName, OPTIONS } from "../../config.ts";
import { flagNameOf } from "../../config/sources.ts";
import { plain } from "../../config/texts.ts";
import type { Option } from "../../options.ts";
import type { Command, CommandRow } from "../command.ts";
import { type Completion, type CompletionFlag, completionScript, SHELLS } from "./completion_scripts.ts";
import { EXIT } from "../exit.ts";

export const command: Command = {
  arguments: [{ name: "<shell>", meaning: "For which shell", choices: SHELLS }],
  config: [],
  no_json: true,
  examples: [
    { line: "completions bash >~/.local/share/bash-completion/completions/autopilot", meaning: "bash" },
    { line: 'completions zsh >"${fpath[1]}/_autopilot"', meaning: "zsh" },
    { line: "completions fish >~/.config/fish/completions/autopilot.fish", meaning: "fish" },
  ],
  async run({ commands, out }, { args: [shell] }) {
    const table = await commands();
    out.raw(completionScript(shell, await Promise.all(table.map(completionOf))));
    return EXIT.ok;
  },
};

async function completionOf({ name, summary, load }: CommandRow): Promise<Completion> {
  const command = await load();
  const own = (command.options ?? []).map(({ flags, meaning, choices }): CompletionFlag => ({
    names: flags.split(/[ ,]+/).filter((word) => word.startsWith("-")),
    meaning,
    values: choices ?? [],
    takes: !/[<[]/.test(flags) ? "nothing" : /<(path|file|folder)>/.test(flags) ? "path" : "text",
  }));
  const json: CompletionFlag = { names: ["--json"], meaning: "Print JSON", values: [], takes: "nothing" };
  const config: CompletionFlag = { names: ["--config"], meaning: "Options file", values: [], takes: "path" };
  return {
    name,
    summary,
    arguments: (command.arguments ?? []).map(({ choices }) => choices ?? []),
    flags: [...own, ...command.no_json ? [] : [json], ...command.config.map(tableFlag), config],
  };
}

function tableFlag(name: OptionName): CompletionFlag {
  const { placeholder, meaning }: Option<unknown> = OPTIONS[name];
  return {
    names: [flagNameOf(name)],
    meaning: plain(meaning),
    values: placeholder.includes("|") ? placeholder.slice(1, -1).split("|") : [],
    takes: placeholder === "" ? "nothing" : placeholder === "<path>" ? "path" : "text",
  };
}
