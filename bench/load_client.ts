/** Our own load generator: a process of its own, raw TCP, one request at a time on each connection. */

import type { LoadOptions, LoadResult } from "./load.ts";
import { quantile } from "./report.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

async function connection(options: LoadOptions, until: number, times: number[]): Promise<void> {
  const { port, path, method = "GET", headers = {}, body = "", status } = options;
  const fields = {
    ...headers,
    Host: `127.0.0.1:${port}`,
    ...body === "" ? {} : { "Content-Length": `${encoder.encode(body).length}` },
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const request = encoder.encode(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
  const buffer = new Uint8Array(1 << 20);
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  while (performance.now() < until) {
    const started = performance.now();
    await socket.write(request);
    let filled = 0;
    for (let wanted = Infinity; filled < wanted;) {
      const read = await socket.read(buffer.subarray(filled));
      if (read === null) throw new Error("The server closed the connection");
      filled += read;
      if (wanted === Infinity) wanted = answerSize(buffer.subarray(0, filled), status);
    }
    times.push(performance.now() - started);
  }
}

/** Bytes of the whole answer; `Infinity` while its head is incomplete. */
function answerSize(bytes: Uint8Array, status: number): number {
  const text = decoder.decode(bytes.subarray(0, 4096));
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return Infinity;
  if (!text.startsWith(`HTTP/1.1 ${status}`)) throw new Error(`Instead of ${status}: ${text.slice(0, 300)}`);
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (length === undefined && status !== 304 && status !== 204) {
    throw new Error(`No content-length: ${text.slice(0, end)}`);
  }
  return end + 4 + Number(length ?? 0);
}

const options: LoadOptions = JSON.parse(Deno.args[0]);
const times: number[] = [];
const started = performance.now();
const until = started + options.seconds * 1000;
await Promise.all(Array.from({ length: options.connections }, () => connection(options, until, times)));
const result: LoadResult = {
  per_second: times.length / ((performance.now() - started) / 1000),
  p50_ms: quantile(times, 0.5),
  p99_ms: quantile(times, 0.99),
};
Deno.stdout.writeSync(encoder.encode(JSON.stringify(result)));
