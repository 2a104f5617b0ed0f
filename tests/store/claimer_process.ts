/** A second process for the concurrency tests: claims from the database named by its argument until nothing is left. */

import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";

await using store = await openStore({ url: Deno.args[0], clock: systemClock });
const first = await store.runs.claim({ id: "other", host: "other", pid: 2 });
const text = new TextEncoder();
Deno.stdout.writeSync(text.encode("begun\n"));
// The end of standard input is the signal to go on.
for await (const _ of Deno.stdin.readable) continue;
const claimed = await Promise.all(Array.from({ length: 10 }, async (_, index) => {
  const numbers: number[] = [];
  for (;;) {
    const claim = await store.runs.claim({ id: `other-${index}`, host: "other", pid: 2 });
    if (claim === null) return numbers;
    numbers.push(claim.issue.number);
  }
}));
Deno.stdout.writeSync(text.encode(JSON.stringify([first!.issue.number, ...claimed.flat()])));
