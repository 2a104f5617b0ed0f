/** What is written from the table of options: README's table, the example of an options file, lines of one. */

import { envNameOf, OPTION_NAMES, type OptionName, OPTIONS } from "../config.ts";
import type { Option } from "../options.ts";

/** README's table of options, in Markdown. */
export function optionsTable(): string {
  const rows = OPTION_NAMES.map((name) => {
    const option: Option<unknown> = OPTIONS[name];
    return `| \`${envNameOf(name)}\` | ${option.shown} | ${option.meaning.replaceAll("|", "\\|")} |`;
  });
  return ["| Variable | Default | Meaning |", "|---|---|---|", ...rows].join("\n");
}

/** Longest line of a comment in the example. */
const WIDTH = 110;

/** `autopilot.env.example`: every option with its meaning and default, none of them set. */
export function exampleFile(): string {
  const parts = OPTION_NAMES.filter((name) => name !== "failpoint").map((name) => {
    const option: Option<unknown> = OPTIONS[name];
    const { meaning, shown, secret, placeholder } = option;
    const kind = placeholder === "" ? "1 or 0" : placeholder.replace(/[<>]/g, "");
    const lines = wrapped(`${plain(meaning)} (${kind}; default: ${plain(shown)})`);
    if (secret) lines.push(...wrapped(`Or ${envNameOf(name)}_FILE: a file that holds it`));
    return [...lines, `#${envNameOf(name)}=${/^`[^`<]*`$/.test(shown) ? shown.slice(1, -1) : ""}`].join("\n");
  });
  return [
    "# Options of Autopilot: copy this to autopilot.env in the data folder (autopilot init writes a short one),",
    "# or name it with --config. Flags and the environment win over this file.",
    "",
    parts.join("\n\n"),
    "",
  ].join("\n");
}

/** A line of an options file that gives back this value. @throws {TypeError} for one that no line can hold */
export function optionLine(name: OptionName, value: string): string {
  const quote = /^[\w./:@+,%=-]*$/.test(value) ? "" : ["'", "`", '"'].find((mark) => !value.includes(mark));
  // Within double quotes a backslash has a meaning of its own.
  if (quote === undefined || (quote === '"' && value.includes("\\"))) {
    throw new TypeError(
      `No line of an options file can hold ${JSON.stringify(value)}: it has all kinds of quotes`,
    );
  }
  return `${envNameOf(name)}=${quote}${value}${quote}`;
}

/** Markdown marks have no meaning outside of Markdown. */
export function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
