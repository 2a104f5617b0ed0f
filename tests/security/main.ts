/** Prints which tests attack which security requirement, then runs them. */

import { namedTests, tableOf } from "./requirements.ts";

const tests = await namedTests();
Deno.stdout.writeSync(new TextEncoder().encode(`${tableOf(tests)}\n\n`));
const child = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    "tests/run.ts",
    "--filter=/^S\\d/",
    ...new Set(tests.map(({ file }) => file)),
    ...Deno.args,
  ],
  cwd: new URL("../../", import.meta.url),
  stdin: "null",
}).spawn();
Deno.exit((await child.status).code);
