/** `deno task soak [--minutes=10] [--settle=3] [--issues=240]`: exits with 1 when a promise was broken. */

import { parseArgs } from "node:util";
import { runSoak } from "./run_soak.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "10" },
    settle: { type: "string", default: "3" },
    issues: { type: "string", default: "240" },
  },
});

function count(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (!(number > 0)) throw new RangeError(`--${name} must be a number above 0: it is ${values[name]}`);
  return number;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

const { table, broken } = await runSoak({
  minutes: count("minutes"),
  settle_minutes: count("settle"),
  issues: Math.round(count("issues")),
});
print(table);
print(broken.length === 0 ? "\nEvery promise was kept." : `\nBroken:\n${broken.join("\n")}`);
Deno.exit(broken.length === 0 ? 0 : 1);
