/** Finding a run inside a write, under its fence. */

import { handOwner } from "../domain/by_hand.ts";
import { FencedError } from "../domain/errors.ts";
import type { Tx } from "./database.ts";
import type { RunRow } from "./schema.ts";

/**
 * The run, locked until the commit, if it is unfinished and the caller still holds it.
 * @throws FencedError else: the caller must end its agent and write nothing more
 */
export async function lockRun(tx: Tx, run_id: string, fence: number): Promise<RunRow> {
  const row = await tx.db.selectFrom("runs").selectAll()
    .where("id", "=", run_id).where("fence", "=", fence).where("finished_at", "=", "")
    .$if(tx.kind === "postgres", (query) => query.forUpdate()).executeTakeFirst();
  if (row === undefined) throw new FencedError(run_id);
  return row;
}

/** The credential behind a run by hand, for the log. */
export function byCredential(host: string): { credential?: string } {
  const credential = handOwner(host) ?? "";
  return credential === "" ? {} : { credential };
}
