/** Calls the MCP server of a board: one request of JSON-RPC, one answer. */

import type { Client } from "../client.ts";
import { CommandError, EXIT } from "../exit.ts";

/** Asks `/mcp`. @throws {CommandError} when nobody answers or the answer is an error */
export type BoardCall = <T>(method: string, params: Record<string, unknown>) => Promise<T>;

export function boardCaller(client: Client): BoardCall {
  let last_id = 0;
  return async <T>(method: string, params: Record<string, unknown>): Promise<T> => {
    const id = ++last_id;
    const response = await client.fetch("/mcp", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
    });
    const text = await response.text();
    const is_stream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const answer = (is_stream ? dataOf(text) : [text]).map(parse).find((message) => message?.id === id);
    if (answer === undefined) {
      throw new CommandError(`${client.url}/mcp gave no answer to ${method}: is AUTOPILOT_URL right?`);
    }
    if (answer?.error !== undefined) {
      throw new CommandError(String(answer.error.message ?? "Refused"), EXIT.refused, "json_rpc");
    }
    return answer?.result as T;
  };
}

interface RpcAnswer {
  id?: unknown;
  result?: unknown;
  error?: { message?: unknown };
}

/** What the events of a stream carry. */
function dataOf(stream: string): string[] {
  return stream.split(/\r?\n\r?\n/).map((event) =>
    event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart())
      .join("\n")
  ).filter((data) => data !== "");
}

function parse(text: string): RpcAnswer | null {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    // Not JSON: the caller says that no answer came.
    return null;
  }
}
