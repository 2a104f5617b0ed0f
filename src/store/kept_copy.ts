/** The copy of an SQLite database that is kept before its schema changes. Migrations know no way back: the copy is it. */

import { basename, dirname, join } from "node:path";
import { loggerOf } from "../log.ts";
import { copySqlite, migrationsIn } from "./sqlite_files.ts";

/** Copies that are kept per database; older ones are removed, as each is as large as the database was. */
const KEPT = 3;

/**
 * Copies the database to `<path>.before-<migration>-<time>`.
 *
 * @param lacking the migrations that are about to run
 */
export async function keepCopy(path: string, lacking: readonly string[]): Promise<void> {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const copy = `${path}.before-${lacking[0]}-${stamp}`;
  const unfinished = `${copy}.partial`;
  await copySqlite(path, unfinished);
  if (migrationsIn(unfinished)?.includes(lacking[0])) {
    // Another process was faster, and has kept its own copy.
    await Deno.remove(unfinished);
    return;
  }
  await Deno.rename(unfinished, copy);
  loggerOf("store").info("The database gets a new schema; as it was before it is kept in {copy}", { copy });
  for (const old of (await copiesOf(path)).slice(0, -KEPT)) await Deno.remove(old);
}

/** Oldest first. */
async function copiesOf(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.before-`;
  const found: { path: string; at: string }[] = [];
  for await (const { name } of Deno.readDir(dirname(path))) {
    const at = /^\d{4}_\w+-(.+Z)$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : "")?.[1];
    if (at !== undefined) found.push({ path: join(dirname(path), name), at });
  }
  return found.sort((a, b) => a.at < b.at ? -1 : 1).map((one) => one.path);
}
