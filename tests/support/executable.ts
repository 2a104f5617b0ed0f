/** The executable that `deno task compile` made, for tests of it. */

import { resolve } from "node:path";

const named = Deno.env.get("AUTOPILOT_TEST_BINARY") ?? "";

/** Absolute path; empty when none is named: compiling takes longer than most tests. */
export const EXECUTABLE: string = named === "" ? "" : resolve(named);

/** Options of a test of the executable: left out loudly where there is none. */
export function executable(name: string): { name: string; ignore: boolean } {
  return EXECUTABLE === ""
    ? { name: `${name} (left out: AUTOPILOT_TEST_BINARY names no executable)`, ignore: true }
    : { name, ignore: false };
}
