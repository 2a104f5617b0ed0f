/**
 * Puts new files in the place of old ones, several as if they were one: a journal says what shall be done before the first
 * of them is touched, so after a crash the same steps are done again. The old files are moved aside, never removed.
 */

import { dirname } from "node:path";
import { messageOfError } from "../domain/errors.ts";

export interface Move {
  /** What shall be at `target`; `null` when nothing shall. In the file system of `target`. */
  staged: string | null;
  target: string;
  /** Where what is at `target` now goes. In the same file system. */
  aside: string;
}

/** Writes the journal and does what it says. @throws Error when a step fails; `finishSwap` goes on from there */
export async function swapIn(journal: string, moves: readonly Move[]): Promise<void> {
  const partial = `${journal}.partial`;
  {
    using file = await Deno.open(partial, { create: true, truncate: true, write: true, mode: 0o600 });
    const text = new TextEncoder().encode(JSON.stringify({ moves }, null, 2) + "\n");
    for (let done = 0; done < text.length;) done += await file.write(text.subarray(done));
    await file.sync();
  }
  await Deno.rename(partial, journal);
  await syncFolder(dirname(journal));
  await finishSwap(journal);
}

/** Does what a journal says, as far as it is not done. Answers the moves, `null` when there is no journal. */
export async function finishSwap(journal: string): Promise<Move[] | null> {
  const moves = await readJournal(journal);
  if (moves === null) return null;
  for (const move of moves) await finishMove(move);
  for (const folder of new Set(moves.map(({ target }) => dirname(target)))) await syncFolder(folder);
  await Deno.remove(journal);
  return moves;
}

/** The moves of a journal that nobody has finished; `null` when there is none. */
async function readJournal(journal: string): Promise<Move[] | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(journal);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  try {
    return (JSON.parse(text) as { moves: Move[] }).moves;
  } catch (cause) {
    throw new Error(`The journal ${journal} can't be read: ${messageOfError(cause)}`, { cause });
  }
}

async function finishMove({ staged, target, aside }: Move): Promise<void> {
  const done = staged !== null && !await exists(staged);
  if (done) {
    if (await exists(target)) return;
    throw new Error(
      `Neither ${staged} nor ${target} is there: somebody moved it. The old one is at ${aside}`,
    );
  }
  if (await exists(target)) {
    if (await exists(aside)) throw new Error(`${target} can't be moved aside: ${aside} is there already`);
    await Deno.rename(target, aside);
  }
  if (staged !== null) await Deno.rename(staged, target);
}

/** Whether something has this name. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes names durable, where the system can do that. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}
