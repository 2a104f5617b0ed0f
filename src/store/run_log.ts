/** The run log in pages: one row per append, so that a flood of entries costs few rows. */

import { NotFoundError } from "../domain/errors.ts";
import type { LogEntry } from "../domain/log_entry.ts";
import type { Database, Tx } from "./database.ts";
import { lockRun } from "./run_rows.ts";
import type { RunLog } from "./store.ts";
import { storable } from "./text.ts";

/** Pages fetched at once while reading: most reads need one round, and no read loads a whole log. */
const PAGES_AT_ONCE = 16;

export function runLogIn(database: Database): RunLog {
  return {
    append: async (run_id, fence, entries) => {
      if (entries.length > 0) await database.write((tx) => append(tx, run_id, fence, entries));
    },
    read: (run_id, after, limit) => read(database, storable(run_id), after, limit),
    lastSeq: async (run_id) => {
      const row = await database.read.selectFrom("runs").select("log_seq")
        .where("id", "=", storable(run_id)).executeTakeFirst();
      if (row === undefined) throw new NotFoundError("run", run_id);
      return row.log_seq;
    },
  };
}

async function append(tx: Tx, run_id: string, fence: number, entries: LogEntry[]): Promise<void> {
  const first = entries[0].seq;
  const last = first + entries.length - 1;
  entries.forEach((entry, index) => {
    if (entry.seq !== first + index) throw gap(run_id, first + index, entry.seq);
  });
  const updated = await tx.db.updateTable("runs").set({ log_seq: last })
    .where("id", "=", run_id).where("fence", "=", fence).where("finished_at", "=", "")
    .where("log_seq", "=", first - 1).returning("id").executeTakeFirst();
  if (updated === undefined) {
    // Lost: the run is somebody else's or finished (FencedError), or the caller counted wrong.
    throw gap(run_id, (await lockRun(tx, run_id, fence)).log_seq + 1, first);
  }
  await tx.db.insertInto("run_log_pages")
    .values({ run_id, first_seq: first, last_seq: last, entries: JSON.stringify(entries) }).execute();
  tx.announce();
}

function gap(run_id: string, expected: number, found: number): Error {
  return new Error(
    `The log of run ${run_id} goes on with entry ${expected}, not ${found}: nothing was appended`,
  );
}

async function read(
  { read }: Database,
  run_id: string,
  after: number,
  limit: number,
): Promise<{ entries: LogEntry[]; next: number }> {
  const entries: LogEntry[] = [];
  let next = after;
  while (entries.length < limit) {
    const pages = await read.selectFrom("run_log_pages").select(["last_seq", "entries"])
      .where("run_id", "=", run_id).where("last_seq", ">", next)
      .orderBy("last_seq").limit(PAGES_AT_ONCE).execute();
    for (const page of pages) {
      for (const entry of JSON.parse(page.entries) as LogEntry[]) {
        if (entry.seq <= next || entries.length >= limit) continue;
        entries.push(entry);
        next = entry.seq;
      }
      if (entries.length >= limit) break;
    }
    if (pages.length < PAGES_AT_ONCE) break;
  }
  return { entries, next };
}
