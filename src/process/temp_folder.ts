/** Folders for what is needed for a moment, or until it gets its name. */

import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a new folder that only this user may enter. Unlike `Deno.makeTempDir()` it asks for no right to write the whole
 * parent: the executable may not write the programs that it may start, so to Deno 2.6 neither the home that has
 * `.local/bin/claude` in it.
 *
 * @throws what `Deno.mkdir()` throws, such as NotFound without the parent
 */
export async function makeTempFolder(prefix: string, parent: string = tmpdir()): Promise<string> {
  const folder = join(parent, prefix + crypto.randomUUID().replaceAll("-", "").slice(0, 16));
  await Deno.mkdir(folder, { mode: 0o700 });
  return folder;
}
