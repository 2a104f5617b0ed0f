/** Removing what an agent left, whatever it did to the modes of its folders. */

import { join } from "node:path";

/** Somebody else, such as another server's housekeeping, may be at it as well. */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    await unlock(path);
    await Deno.remove(path, { recursive: true });
  }
}

/** A folder that may not be written, such as package managers make on purpose, keeps its entries. */
async function unlock(folder: string): Promise<void> {
  await Deno.chmod(folder, 0o700);
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    // A link to a folder is no folder here: nothing outside is touched.
    if (isDirectory) await unlock(join(folder, name));
  }
}
