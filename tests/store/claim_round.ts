/** What both processes of the concurrency test do at the same time. */

import type { Store } from "../../src/store/store.ts";

/** So many claimers take one issue each, at once; the numbers of what they got. */
export async function claimRound(store: Store, name: string, claimers: number): Promise<number[]> {
  const claims = await Promise.all(
    Array.from(
      { length: claimers },
      (_, index) => store.runs.claim({ id: `${name}-${index}`, host: name, pid: Deno.pid }),
    ),
  );
  return claims.flatMap((claim) => claim === null ? [] : [claim.issue.number]);
}
