/** Autopilot's start: what was built, the command line, the exit code. */

import manifest from "./deno.json" with { type: "json" };
import { buildOf } from "./src/cli/build.ts";
import { runCommandLine } from "./src/cli/run.ts";

if (import.meta.main) {
  const { build, args } = buildOf(manifest.version, Deno.args);
  Deno.exit(await runCommandLine(args, { env: Deno.env.toObject(), build }));
}
