/** Crashes at every failpoint and writes the table into docs/crashes.md: `deno run -A tests/crash/readme.ts`. */

import { type Failpoint, FAILPOINTS } from "../../src/failpoint.ts";
import { crashMatrix, matrixTable } from "./matrix.ts";

const PAGE = new URL("../../docs/crashes.md", import.meta.url);
const BEGIN = "<!-- crash matrix: tests/crash/readme.ts writes it -->";
const END = "<!-- end of the crash matrix -->";

/** What stands between the markers. */
export function quotedMatrix(page: string): string {
  const [, rest] = page.split(BEGIN);
  const [quote, after] = rest?.split(END) ?? [];
  if (after === undefined) throw new Error(`docs/crashes.md must hold ${BEGIN} and ${END}`);
  return quote;
}

async function main(): Promise<void> {
  const rows = await crashMatrix(Object.keys(FAILPOINTS) as Failpoint[]);
  const broken = rows.flatMap(({ point, broken }) => broken.map((what) => `${point}: ${what}`));
  if (broken.length > 0) throw new Error(`Not written, as promises were broken:\n${broken.join("\n")}`);
  const page = await Deno.readTextFile(PAGE);
  const old = BEGIN + quotedMatrix(page) + END;
  await Deno.writeTextFile(PAGE, page.replace(old, () => `${BEGIN}\n\n${matrixTable(rows)}\n\n${END}`));
}

if (import.meta.main) await main();
