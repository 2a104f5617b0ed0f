/**
 * A second process for the concurrency tests, on the database that its first argument names. For every line that it
 * reads it plays one round of the kind and size that follow, and answers a line with what came of it.
 */

import { systemClock } from "../../src/clock.ts";
import { readLines } from "../../src/process/lines.ts";
import { openStore } from "../../src/store/open.ts";
import { type RoundKind, ROUNDS } from "./rounds.ts";

const [url, kind, size] = Deno.args;
const play = ROUNDS[kind as RoundKind];
await using store = await openStore({ url, clock: systemClock });
const text = new TextEncoder();
for await (const _ of readLines(Deno.stdin.readable)) {
  const result = await play(store, "other", Number(size));
  Deno.stdout.writeSync(text.encode(`${JSON.stringify(result)}\n`));
}
