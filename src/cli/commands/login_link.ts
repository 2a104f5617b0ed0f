/** `autopilot login-link`: prints a link that logs one browser in. */

import { DATABASE_OPTIONS } from "../../config.ts";
import type { Scope } from "../../domain/credential.ts";
import { LOGIN_SCOPES } from "../../domain/token.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { makeLoginLink } from "../make_link.ts";
import { openDatabase } from "../open_data.ts";
import { boardBase } from "../own_url.ts";
import { terminalUser } from "../token_source.ts";

/** How long a link works, in hours. */
const HOURS = 1;

export const command: Command = {
  options: [
    { flags: "--name <name>", meaning: "Who logs in with it (default: the user of this terminal)" },
    { flags: "--scope <scope>", meaning: "What they may do (default: admin)", choices: LOGIN_SCOPES },
  ],
  config: DATABASE_OPTIONS,
  examples: [
    { line: "login-link", meaning: "open it in a browser, within the hour" },
    { line: "login-link --name Anna --scope member", meaning: "for somebody else" },
  ],
  notes: "Works on the database of this machine, while a server runs on it or not.",
  async run(context, { options }) {
    const config = await context.config();
    const actor = terminalUser(context.env);
    await using store = await openDatabase(config);
    const link = await makeLoginLink(store, {
      base: config.url || boardBase(config, config.port),
      name: String(options.name ?? actor.name),
      scope: String(options.scope ?? "admin") as Scope,
      hours: HOURS,
      actor,
    });
    if (context.json) context.out.json(link);
    else {
      context.out.line(link.url);
      context.err.line("It works once, within the hour");
    }
    return EXIT.ok;
  },
};
