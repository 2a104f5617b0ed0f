/**
 * Bounds of what would grow for ever: agents' homes, which hold the conversations of issues, and caches of package
 * managers. What a run under way or a coming one needs stays: homes go some time after their issue is done, caches only
 * while nobody works. An issue that is taken up again without its home begins a new conversation with its whole thread.
 */

import { join } from "node:path";
import type { Issue } from "../domain/issue.ts";
import { loggerOf } from "../log.ts";
import { sizeOf } from "../workspace/disk_use.ts";
import { namesIn } from "../workspace/names_in.ts";
import { removeTree } from "../workspace/remove_tree.ts";

/** Long enough for "not quite, please change …" after a merge. */
export const HOME_DAYS = 14;
/** What the caches of all repositories may take together: a few large projects with all their toolchains' packages. */
export const CACHE_BYTES = 20e9;
const DAY_MS = 86_400_000;
const REMOVED = ".removed-";

export interface GrowthDeps {
  homes: string;
  caches: string;
  /** Largest size of all caches in bytes. */
  cache_bytes: number;
  now(): Date;
  /** `null` when this database has no such issue. */
  issue(number: number): Promise<{ issue: Issue } | null>;
  /** Issues of unfinished runs, of every server on this database. */
  busy(): Promise<ReadonlySet<string>>;
}

export async function boundGrowth(deps: GrowthDeps): Promise<void> {
  await boundHomes(deps);
  await boundCaches(deps);
}

async function boundHomes({ homes, now, issue, busy }: GrowthDeps): Promise<void> {
  for (const name of await namesIn(homes)) {
    if (name.startsWith(REMOVED)) await removeTree(join(homes, name));
    if (!/^\d{1,10}$/.test(name)) continue;
    const found = await issue(Number(name));
    if (found === null || found.issue.status !== "done") continue;
    if (now().getTime() - Date.parse(found.issue.updated_at) < HOME_DAYS * DAY_MS) continue;
    if ((await busy()).has(found.issue.id)) continue;
    await removeAside(homes, name);
  }
}

/** Whole folders of a repository, the one that was used least lately first: half a cache helps nobody. */
async function boundCaches({ caches, cache_bytes, busy }: GrowthDeps): Promise<void> {
  const found: { folder: string; name: string; used: number; bytes: number }[] = [];
  for (const repository of await namesIn(caches)) {
    const folder = join(caches, repository);
    for (const name of await namesIn(folder)) {
      if (name.startsWith(REMOVED)) {
        await removeTree(join(folder, name));
        continue;
      }
      const { bytes, bytes_at_least } = await sizeOf([join(folder, name)]);
      const used = (await Deno.stat(join(folder, name))).mtime?.getTime() ?? 0;
      // So many files that nobody counts them are too much, whatever they weigh.
      found.push({ folder, name, used, bytes: bytes_at_least ? cache_bytes + 1 : bytes });
    }
  }
  let total = found.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { folder, name, bytes } of found.sort((a, b) => a.used - b.used)) {
    if (total <= cache_bytes) return;
    if ((await busy()).size > 0) return;
    loggerOf("runner").info("Caches take more than {gb} GB: {folder} is removed and fills anew", {
      gb: cache_bytes / 1e9,
      folder: join(folder, name),
    });
    await removeAside(folder, name);
    total -= bytes;
  }
}

/** Out of the way in one step: whoever wants the folder meanwhile makes a new one. */
async function removeAside(folder: string, name: string): Promise<void> {
  const aside = join(folder, `${REMOVED}${crypto.randomUUID().slice(0, 8)}`);
  await Deno.rename(join(folder, name), aside);
  await removeTree(aside);
}
