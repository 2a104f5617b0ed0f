/** `autopilot token revoke`: ends a token, its sessions and its connections. */

import { DATABASE_OPTIONS } from "../../config.ts";
import { NotFoundError } from "../../domain/errors.ts";
import type { Command } from "../command.ts";
import { CommandError, EXIT } from "../exit.ts";
import { withTokens } from "../token_source.ts";

export const command: Command = {
  arguments: [{ name: "<id>", meaning: 'As "autopilot token list" shows it' }],
  config: DATABASE_OPTIONS,
  examples: [{
    line: "token revoke 019a0f3e-…",
    meaning: "its sessions and open boards end within a second",
  }],
  notes: "Works on the database of this machine, or through the server that AUTOPILOT_URL names.",
  async run(context, { args: [id] }) {
    try {
      const token = await withTokens(context, (source) => source.revoke(id));
      if (context.json) context.out.json(token);
      else context.out.line(`Revoked: ${token.kind} ${token.name} (${token.scope})`);
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      throw new CommandError(
        `${error.message}: "autopilot token list" shows them`,
        EXIT.refused,
        "not_found",
      );
    }
  },
};
