/** `autopilot token list`: who may use the board. */

import { DATABASE_OPTIONS } from "../../config.ts";
import type { Token } from "../../domain/token.ts";
import { systemClock } from "../../clock.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { styled } from "../printer.ts";
import { withTokens } from "../token_source.ts";

export const command: Command = {
  options: [{ flags: "--all", meaning: "Also those that have ended" }],
  config: DATABASE_OPTIONS,
  examples: [{ line: "token list", meaning: "tokens, sessions and unused login links" }],
  notes: "Works on the database of this machine, or through the server that AUTOPILOT_URL names.",
  async run(context, { options }) {
    const now = systemClock.now().toISOString();
    const all = await withTokens(context, (source) => source.list());
    const tokens = options.all === true ? all : all.filter((token) => stateOf(token, now) === "valid");
    if (context.json) context.out.json(tokens);
    else if (tokens.length === 0) context.out.line("There are no tokens, and nobody is logged in");
    else for (const token of tokens) context.out.line(...lineOf(token, now));
    return EXIT.ok;
  },
};

function stateOf({ revoked_at, expires_at }: Token, now: string): "valid" | "ended" {
  return revoked_at !== "" || (expires_at !== "" && expires_at <= now) ? "ended" : "valid";
}

function lineOf(token: Token, now: string) {
  const used = token.last_used_at === ""
    ? "never used"
    : `used ${token.last_used_at.slice(0, 16).replace("T", " ")}`;
  const parts = [
    token.kind.padEnd(8),
    token.scope.padEnd(9),
    token.name,
    `  ${used}`,
    token.expires_at === "" ? "" : `, until ${token.expires_at.slice(0, 10)}`,
    stateOf(token, now) === "ended" ? ", ended" : "",
  ];
  return [styled("dim", `${token.id}  `), parts.join("")];
}
