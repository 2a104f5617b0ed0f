/** The MCP server of a session's process: hands every call on to the board's own, and keeps what the session claims. */

import {
  type CallToolResult,
  type InitializeResult,
  LATEST_PROTOCOL_VERSION,
  type ListToolsResult,
  Server,
} from "@modelcontextprotocol/server";
import { RUN_ID_META } from "../../domain/by_hand.ts";
import { messageOfError } from "../../domain/errors.ts";
import type { BoardCall } from "./call.ts";
import type { Keeper } from "./keeper.ts";

export interface BridgeDeps {
  call: BoardCall;
  keeper: Keeper;
  say(text: string): void;
  version: string;
}

/** A server for one connection. A board that does not answer now may do so when a tool is called. */
export async function bridge({ call, keeper, say, version }: BridgeDeps): Promise<Server> {
  const server = new Server({ name: "autopilot", version }, {
    capabilities: { tools: {} },
    instructions: await instructionsOf(call, version).catch((error) => {
      say(messageOfError(error));
      return "";
    }),
  });
  server.setRequestHandler("tools/list", () => call<ListToolsResult>("tools/list", {}));
  server.setRequestHandler("tools/call", async ({ params: { name, arguments: input = {} } }) => {
    let result: CallToolResult;
    try {
      result = await call<CallToolResult>("tools/call", { name, arguments: input });
    } catch (error) {
      return { content: [{ type: "text", text: messageOfError(error) }], isError: true };
    }
    if (result.isError === true) return result;
    const claimed = result._meta?.[RUN_ID_META];
    if (typeof claimed === "string") await keeper.hold(claimed);
    if (name === "report" || name === "ask_human") keeper.release(String(input.run_id ?? ""));
    return result;
  });
  return server;
}

async function instructionsOf(call: BoardCall, version: string): Promise<string> {
  const { instructions = "" } = await call<InitializeResult>("initialize", {
    protocolVersion: LATEST_PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: "autopilot mcp", version },
  });
  return instructions;
}
