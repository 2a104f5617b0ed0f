/**
 * Many WebSockets in a process of its own, on raw TCP: a WebSocket object per connection would measure itself.
 * Each round posts once and notes when the message's last byte reached each socket.
 */

import { quantile } from "./report.ts";

export interface FanOutOptions {
  port: number;
  sockets: number;
  rounds: number;
  socket_path: string;
  post_path: string;
  body: string;
}

export interface FanOutResult {
  p50_ms: number;
  p99_ms: number;
  /** Payload of one message. */
  message_bytes: number;
}

const encoder = new TextEncoder();
const options: FanOutOptions = JSON.parse(Deno.args[0]);

class Client {
  readonly #buffer = new Uint8Array(16_384);
  #filled = 0;
  constructor(readonly socket: Deno.Conn) {}

  static async open(): Promise<Client> {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: options.port });
    const client = new Client(socket);
    await socket.write(encoder.encode(
      `GET ${options.socket_path} HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    ));
    while (!client.#skipHead()) await client.#read();
    return client;
  }

  #skipHead(): boolean {
    const text = new TextDecoder("latin1").decode(this.#buffer.subarray(0, this.#filled));
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) return false;
    if (!text.startsWith("HTTP/1.1 101")) throw new Error(`No WebSocket: ${text.slice(0, 300)}`);
    this.#drop(end + 4);
    return true;
  }

  /** Reads one whole frame from the server; the size of its payload. */
  async frame(): Promise<number> {
    for (;;) {
      const size = this.#frameSize();
      if (size !== null && this.#filled >= size.total) {
        const opcode = this.#buffer[0] & 0x0f;
        this.#drop(size.total);
        if (opcode === 1) return size.payload;
        if (opcode === 8) throw new Error("The server closed a socket");
      } else await this.#read();
    }
  }

  #frameSize(): { total: number; payload: number } | null {
    if (this.#filled < 4) return null;
    const short = this.#buffer[1] & 0x7f;
    if (short === 127) throw new Error("A frame of more than 64 KB");
    if (short < 126) return { total: 2 + short, payload: short };
    const payload = this.#buffer[2] * 256 + this.#buffer[3];
    return { total: 4 + payload, payload };
  }

  async #read(): Promise<void> {
    const read = await this.socket.read(this.#buffer.subarray(this.#filled));
    if (read === null) throw new Error("The server cut a socket");
    this.#filled += read;
  }

  #drop(bytes: number): void {
    this.#buffer.copyWithin(0, bytes, this.#filled);
    this.#filled -= bytes;
  }
}

const clients: Client[] = [];
while (clients.length < options.sockets) {
  const batch = Math.min(100, options.sockets - clients.length);
  clients.push(...await Promise.all(Array.from({ length: batch }, Client.open)));
}
const greets = options.socket_path !== "/";
if (greets) await Promise.all(clients.map((client) => client.frame()));

const times: number[] = [];
let message_bytes = 0;
for (let round = 0; round < options.rounds; round++) {
  const started = performance.now();
  const arrivals = clients.map(async (client) => {
    message_bytes = await client.frame();
    // The first rounds warm up both sides.
    if (round >= 3) times.push(performance.now() - started);
  });
  const answer = await fetch(`http://127.0.0.1:${options.port}${options.post_path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: options.body,
  });
  await answer.text();
  if (!answer.ok) throw new Error(`POST answered ${answer.status}`);
  await Promise.all(arrivals);
}
const result: FanOutResult = { p50_ms: quantile(times, 0.5), p99_ms: quantile(times, 0.99), message_bytes };
Deno.stdout.writeSync(encoder.encode(JSON.stringify(result)));
Deno.exit(0);
