/** `autopilot mcp`: the board's tools for a coding agent, over standard input and output. */

import process from "node:process";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { CLIENT_OPTIONS } from "../../config.ts";
import { BRIDGE_LEASE_MINUTES } from "../../domain/by_hand.ts";
import { messageOfError } from "../../domain/errors.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { bridge } from "../mcp/bridge.ts";
import { Keeper } from "../mcp/keeper.ts";
import { boardCaller } from "../mcp/call.ts";

export const command: Command = {
  config: CLIENT_OPTIONS,
  no_json: true,
  examples: [
    {
      line: "mcp",
      meaning: "what Claude Code starts after: claude mcp add autopilot -- autopilot mcp",
    },
  ],
  notes:
    "Standard output speaks the Model Context Protocol, messages for people go to standard error. The server is the\n" +
    "one at AUTOPILOT_URL, with AUTOPILOT_TOKEN. An issue that the session claims stays its own while this process\n" +
    `lives; ${BRIDGE_LEASE_MINUTES} minutes after its end the issue goes back to the other agents.`,
  async run(context) {
    const client = await context.client();
    const say = (text: string) => context.err.line(`autopilot mcp: ${text}`);
    const call = boardCaller(client);
    const keeper = new Keeper({ call, say });
    const ended = new Promise<void>((resolve) => process.stdin.once("close", resolve).once("end", resolve));
    const server = serveStdio(() => bridge({ call, keeper, say, version: context.build.version }), {
      onerror: (error) => say(messageOfError(error)),
    });
    await ended;
    keeper.stop();
    await server.close();
    return EXIT.ok;
  },
};
