/** Modules that the program imports by a constant, so that Deno does not read them at the start. */

import { dirname, join } from "node:path";

/** Paths of what `const LATE_… = "./x.ts"` names anywhere in the folder. An executable must be told of them. */
export async function lateModules(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await lateModules(path));
    else if (name.endsWith(".ts")) {
      const text = await Deno.readTextFile(path);
      for (const [, named] of text.matchAll(/^const LATE_\w+ = "([^"]+)";$/gm)) {
        found.push(join(dirname(path), named));
      }
    }
  }
  return [...new Set(found)].sort();
}
