/** `autopilot issue new`: files an issue. */

import { CLIENT_OPTIONS } from "../../config.ts";
import { type Issue, KINDS, PRIORITIES } from "../../domain/issue.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { issueLine, textArgument } from "../issue_lines.ts";

export const command: Command = {
  arguments: [{ name: "<title>", meaning: "One line that says what is wanted" }],
  options: [
    { flags: "--body <text>", meaning: 'What an agent must know; "-" reads standard input' },
    { flags: "--kind <kind>", meaning: "What it is (default: feature)", choices: KINDS },
    {
      flags: "--priority <priority>",
      meaning: "What agents take first (default: normal)",
      choices: PRIORITIES,
    },
    { flags: "--ready", meaning: "Hand it to the agents at once; otherwise it waits in the backlog" },
    { flags: "--human-only", meaning: "No agent may take it" },
  ],
  config: CLIENT_OPTIONS,
  examples: [
    { line: 'issue new "Add a --json flag" --ready', meaning: "an agent takes it at once" },
    {
      line: 'issue new "Crash on start" --kind bug --priority high --body - <trace.txt',
      meaning: "body from a file",
    },
  ],
  async run(context, { args: [title], options }) {
    const client = await context.client();
    const issue = await client.call<Issue>("/issues", {
      json: {
        title,
        body: await textArgument(context, options.body),
        kind: options.kind ?? "",
        priority: options.priority ?? "",
        status: options.ready === true ? "ready" : "backlog",
        human_only: options.humanOnly === true,
      },
    });
    if (context.json) context.out.json(issue);
    else {
      context.out.line(...issueLine(issue));
      context.out.line(`${client.url}/autopilot?issue=${issue.id}`);
    }
    return EXIT.ok;
  },
};
