/**
 * A second process for the concurrency tests. For every line that it reads, as many claimers at once as its second
 * argument says take one issue each of the database that the first one names; it answers a line with their numbers.
 */

import { systemClock } from "../../src/clock.ts";
import { readLines } from "../../src/process/lines.ts";
import { openStore } from "../../src/store/open.ts";
import { claimRound } from "./claim_round.ts";

await using store = await openStore({ url: Deno.args[0], clock: systemClock });
const text = new TextEncoder();
for await (const _ of readLines(Deno.stdin.readable)) {
  const numbers = await claimRound(store, "other", Number(Deno.args[1]));
  Deno.stdout.writeSync(text.encode(`${JSON.stringify(numbers)}\n`));
}
