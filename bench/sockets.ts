/** Fan-out: how long after a write its event reaches every socket, beside a bare `Deno.upgradeWebSocket` loop. */

import { startServer } from "../tests/support/server.ts";
import { startBare } from "./processes.ts";
import { factorRow, type Row } from "./report.ts";
import type { FanOutOptions, FanOutResult } from "./sockets_client.ts";

/** Many, as the 99th of 100 shall not be the one round that met a slow disk. */
const ROUNDS = 100;

export async function socketRows(counts: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const sockets of counts) {
    const ours = await measureOurs(sockets);
    const bare = await measureBare(sockets, ours.message_bytes);
    const name = `event → ${sockets.toLocaleString("en")} sockets`;
    const row = factorRow(`${name}, p99`, ours.p99_ms, bare.p99_ms, "ms", 1.3);
    rows.push({ ...row, numbers: { ...row.numbers, p50_ms: ours.p50_ms, bare_p50_ms: bare.p50_ms } });
  }
  return rows;
}

async function measureOurs(sockets: number): Promise<FanOutResult> {
  await using server = await startServer();
  const port = Number(new URL(server.url).port);
  const body = JSON.stringify({ title: "An event for everyone" });
  return await measure({
    port,
    sockets,
    rounds: ROUNDS,
    socket_path: "/api/autopilot/ws",
    post_path: "/api/autopilot/issues",
    body,
  });
}

/** A bare server that sends as many bytes. */
async function measureBare(sockets: number, bytes: number): Promise<FanOutResult> {
  await using bare = await startBare("fan-out", String(bytes));
  return await measure({
    port: bare.port,
    sockets,
    rounds: ROUNDS,
    socket_path: "/",
    post_path: "/",
    body: "{}",
  });
}

async function measure(options: FanOutOptions): Promise<FanOutResult> {
  const client = new URL("./sockets_client.ts", import.meta.url).pathname;
  const args = ["run", "-A", client, JSON.stringify(options)];
  const { stdout, success } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`The socket client failed with ${options.sockets} sockets`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
