/** What was built: `deno task compile` puts it in front of the executable's own arguments. */

import type { Build } from "./command.ts";

const MARK = "--autopilot-build=";

/** The argument that `deno compile` bakes into the executable. */
export function buildArgument({ commit, built_at }: Pick<Build, "commit" | "built_at">): string {
  return `${MARK}${commit},${built_at}`;
}

/** Takes that argument off again. Without one the sources run. */
export function buildOf(version: string, args: readonly string[]): { build: Build; args: readonly string[] } {
  const [first = "", ...rest] = args;
  if (!Deno.build.standalone || !first.startsWith(MARK)) {
    return { build: { version, commit: "", built_at: "" }, args };
  }
  const [commit, built_at] = first.slice(MARK.length).split(",");
  return { build: { version, commit, built_at }, args: rest };
}
