/** Clients of the MCP server: the SDK's own, over HTTP. */

import { RUN_ID_META } from "../../src/domain/by_hand.ts";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

export interface Tools extends AsyncDisposable {
  /** Names of the tools, in order. */
  list(): Promise<string[]>;
  /** Calls a tool. */
  call(name: string, input?: Record<string, unknown>): Promise<ToolAnswer>;
}

export interface ToolAnswer {
  ok: boolean;
  text: string;
  /** Of a claim; else "". */
  run_id: string;
}

/** @param send for apps without a port; left out: the network */
export async function connectTools(
  url: string,
  token: string,
  { send, modern = false }: { send?: (request: Request) => Promise<Response>; modern?: boolean } = {},
): Promise<Tools> {
  const transport = new StreamableHTTPClientTransport(new URL("/mcp", url), {
    requestInit: { headers: token === "" ? {} : { authorization: `Bearer ${token}` } },
    ...send === undefined ? {} : { fetch: (input, init) => send(new Request(input, init)) },
  });
  const client = new Client(
    { name: "test", version: "1.0.0" },
    modern ? { versionNegotiation: { mode: "auto" } } : {},
  );
  await client.connect(transport);
  return toolsOf(client);
}

export function toolsOf(client: Client): Tools {
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(name, input = {}) {
      const { content, isError, _meta } = await client.callTool({ name, arguments: input });
      const text = content.map((part) => part.type === "text" ? part.text : `[${part.type}]`).join("\n");
      return { ok: isError !== true, text, run_id: String(_meta?.[RUN_ID_META] ?? "") };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
