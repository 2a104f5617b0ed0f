/** The API behind a real `Deno.serve` on loopback, and a client that writes bytes of its own choice. */

import type { ApiDeps } from "../../src/api/env.ts";
import { openTestApi, type TestApi } from "./support.ts";

export interface LiveApi extends AsyncDisposable {
  readonly api: TestApi;
  readonly port: number;
  /** Writes the bytes (`PORT` stands for the port) and answers the first answer. */
  raw(request: string): Promise<string>;
}

export async function serveTestApi(
  options: Partial<ApiDeps["options"]> = {},
  deps: Partial<ApiDeps> = {},
): Promise<LiveApi> {
  let port = 0;
  const api = await openTestApi({ options: { ...options, port: () => port }, deps });
  const hostname = options.host ?? "127.0.0.1";
  const server = Deno.serve({ hostname, port: 0, onListen: () => {} }, (request, info) => {
    return api.app.fetch(request, info);
  });
  port = server.addr.port;
  return {
    api,
    port,
    raw: (request) => exchange(hostname, port, request.replaceAll("PORT", String(port))),
    [Symbol.asyncDispose]: async () => {
      await api.app.close();
      await server.shutdown();
      await api[Symbol.asyncDispose]();
    },
  };
}

async function exchange(hostname: string, port: number, request: string): Promise<string> {
  using connection = await Deno.connect({ hostname, port });
  await connection.write(Uint8Array.from(request, (char) => char.charCodeAt(0)));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 << 10);
  let answer = "";
  for (;;) {
    let read: number | null;
    try {
      read = await connection.read(buffer);
    } catch (error) {
      // The server may reset a connection whose request it did not read to the end.
      if (error instanceof Deno.errors.ConnectionReset) return answer;
      throw error;
    }
    if (read === null) return answer;
    answer += decoder.decode(buffer.subarray(0, read), { stream: true });
    if (isWhole(answer)) return answer;
  }
}

/** Whether the head and as many characters as it announces are there (the test's answers are ASCII). */
function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /^content-length: (\d+)\r?$/im.exec(answer.slice(0, end))?.[1];
  return answer.length >= end + 4 + Number(length ?? 0);
}

/** The status of a raw HTTP/1 answer; 0 when there was none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);
}
