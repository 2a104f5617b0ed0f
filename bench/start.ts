/** Start and rest: time to listening and memory, with an empty board and with a full one. */

import { join } from "node:path";
import { startServer } from "../tests/support/server.ts";
import { pause, residentMb, startBare } from "./processes.ts";
import { amountRow, quantile, type Row } from "./report.ts";

/** How long a server rests before its memory is read, in milliseconds. */
const REST_MS = 3_000;

/** @param full path of a database with 100,000 issues */
export async function startRows(rounds: number, full: string): Promise<Row[]> {
  const empty = await starts(rounds, {});
  const loaded = await starts(Math.max(3, Math.ceil(rounds / 2)), {
    AUTOPILOT_DATABASE_URL: `sqlite:${full}`,
  });
  const bare: number[] = [];
  let bare_mb = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await using server = await startBare("fixed", "2");
    bare.push(performance.now() - started);
    if (round === rounds - 1) {
      await pause(REST_MS);
      bare_mb = await residentMb(server.pid);
    }
  }
  const floor = quantile(bare, 0.5);
  return [
    amountRow("start to listening", empty.ms, "ms", 150, floor),
    amountRow("start to listening, 100,000 issues", loaded.ms, "ms", 300, floor),
    amountRow("memory at rest", empty.mb, "MB", 80, bare_mb),
    amountRow("memory at rest, 100,000 issues", loaded.mb, "MB", 80, bare_mb),
  ];
}

/** From the start of the process to the line that says it listens; the median. Memory of the last one. */
async function starts(rounds: number, env: Record<string, string>): Promise<{ ms: number; mb: number }> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });
  const times: number[] = [];
  let mb = 0;
  try {
    // The first start migrates the database and compiles the code; users start more often than once.
    for (let round = 0; round <= rounds; round++) {
      await using server = await startServer({ env, data: join(folder, "data") });
      if (round > 0) times.push(server.start_ms);
      if (round === rounds) {
        await pause(REST_MS);
        mb = await residentMb(server.pid);
      }
      await server.stop();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return { ms: quantile(times, 0.5), mb };
}
