/** The options file: `AUTOPILOT_*` lines in dotenv form. */

import { ConfigError } from "../config.ts";

/** The options file that is read when nobody names one: this name in the data folder. */
export const OPTIONS_FILE = "autopilot.env";

/**
 * Reads an options file. A file that nobody asked for may be missing: then `null`.
 *
 * @throws {ConfigError} when it can't be read, or holds a line that is no assignment
 */
export async function readOptionsFile(
  path: string,
  { required }: { required: boolean },
): Promise<{ path: string; values: Record<string, string> } | null> {
  let content: string;
  try {
    content = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !required) return null;
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`The options file ${path} can't be read: ${why}`, { cause: error });
  }
  // dotenv passes over lines that it does not understand; a misspelt line must not go unnoticed.
  const unclear = unclearLine(content);
  if (unclear !== null) {
    throw new ConfigError(`The options file ${path} has a line that is no NAME=value: line ${unclear}`);
  }
  // Imported here: most starts have no such file.
  const { parse } = await import("dotenv");
  return { path, values: { ...parse(content) } };
}

/** The number of the first line that is neither empty, a comment, an assignment nor inside a quoted value. */
function unclearLine(content: string): number | null {
  let open = "";
  for (const [index, line] of content.split("\n").entries()) {
    if (open !== "") {
      if (line.includes(open)) open = "";
      continue;
    }
    if (/^\s*(#.*)?$/.test(line)) continue;
    const assignment = /^\s*(?:export\s+)?[\w.-]+\s*=\s*(.*)$/.exec(line);
    if (assignment === null) return index + 1;
    const quote = /^["'`]/.exec(assignment[1])?.[0] ?? "";
    if (quote !== "" && !assignment[1].slice(1).includes(quote)) open = quote;
  }
  return null;
}
