/** `autopilot config`: every option, its value and where it comes from. */

import {
  CLIENT_OPTIONS,
  envNameOf,
  maskedValue,
  OPTION_NAMES,
  OPTIONS,
  SERVER_OPTIONS,
  sourceOf,
} from "../../config.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { configSources } from "../load_config.ts";
import { styled } from "../printer.ts";

export const command: Command = {
  config: [...SERVER_OPTIONS, ...CLIENT_OPTIONS],
  examples: [
    { line: "config", meaning: "what counts here and now" },
    { line: "config --json", meaning: "the same for programs" },
    { line: "config --config ./autopilot.env", meaning: "with another options file" },
  ],
  notes: "Secrets are masked. A server that runs already has the options of its own start.",
  async run(context) {
    const config = await context.config();
    const sources = await configSources(context.given, { ...context.env });
    const rows = OPTION_NAMES.map((name) => ({
      name,
      variable: envNameOf(name),
      value: maskedValue(name, config[name]),
      source: sourceOf(name, sources) ?? "default",
      meaning: OPTIONS[name].meaning,
    }));
    if (context.json) {
      context.out.json(rows);
      return EXIT.ok;
    }
    const width = (of: (row: typeof rows[number]) => string) =>
      Math.max(...rows.map((row) => of(row).length));
    const names = width(({ variable }) => variable);
    // A long value does not push all sources out of sight.
    const values = Math.min(40, width(({ value }) => value));
    for (const { variable, value, source } of rows) {
      const name = variable.padEnd(names);
      const text = `  ${value.padEnd(values)}  `;
      if (source === "default") context.out.line(styled("dim", `${name}${text}default`));
      else context.out.line(styled("bold", name), text, source);
    }
    return EXIT.ok;
  },
};
