/** `autopilot token mint`: makes a token and shows it, this once. */

import { DATABASE_OPTIONS } from "../../config.ts";
import { type Scope, SCOPES } from "../../domain/credential.ts";
import { originsProblem } from "../../domain/token.ts";
import type { Command } from "../command.ts";
import { CommandError, EXIT } from "../exit.ts";
import { withTokens } from "../token_source.ts";

export const command: Command = {
  arguments: [{ name: "<name>", meaning: 'Whose it is, such as "laptop of Anna"' }],
  options: [
    { flags: "--scope <scope>", meaning: "What it may do (default: member)", choices: SCOPES },
    { flags: "--origin <origins>", meaning: "Only pages of these origins may use it, by comma" },
    { flags: "--days <days>", meaning: "For how long it is valid (default: until it is revoked)" },
  ],
  config: DATABASE_OPTIONS,
  examples: [
    { line: 'token mint "laptop of Anna"', meaning: "a member: files, answers, moves, accepts" },
    { line: "token mint CI --scope agent --days 90", meaning: "for a program that files and comments" },
    { line: "token mint shop --scope feedback --origin https://shop.example", meaning: "a key for a page" },
  ],
  notes: "Works on the database of this machine, or through the server that AUTOPILOT_URL names.",
  async run(context, { args: [name], options }) {
    const scope = String(options.scope ?? "member") as Scope;
    const origins = String(options.origin ?? "").split(",").map((part) => part.trim()).filter(Boolean);
    const days = Number(options.days ?? 0);
    if (!Number.isInteger(days) || days < 0) {
      throw new CommandError(`--days takes a whole number, not "${options.days}"`, EXIT.usage, "usage");
    }
    for (const origin of origins) {
      if (URL.parse(origin)?.origin === origin) continue;
      throw new CommandError(`"${origin}" is no origin, such as https://shop.example`, EXIT.usage, "usage");
    }
    const problem = originsProblem(scope, origins);
    if (problem !== null) throw new CommandError(`${problem} (--origin)`, EXIT.usage, "usage");
    const minted = await withTokens(context, (source) => source.mint({ name, scope, origins, days }));
    if (context.json) context.out.json(minted);
    else {
      context.out.line(minted.token);
      context.err.line(
        `A ${scope} token for ${name}, shown this once. Revoke it: autopilot token revoke ${minted.id}`,
      );
    }
    return EXIT.ok;
  },
};
