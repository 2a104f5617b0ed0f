/** A process for the tests of starting together: opens the database named by its argument when it is told to. */

import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";

Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
for await (const _ of Deno.stdin.readable) continue;
await using store = await openStore({ url: Deno.args[0], clock: systemClock });
await store.agents.seen({ id: Deno.args[1], host: "host", pid: Deno.pid });
