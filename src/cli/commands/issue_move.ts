/** `autopilot issue move`: moves an issue to another column. */

import { CLIENT_OPTIONS } from "../../config.ts";
import { type Issue, STATUSES } from "../../domain/issue.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { issueLine, issueRef } from "../issue_lines.ts";

export const command: Command = {
  arguments: [
    { name: "<issue>", meaning: "Its id or number" },
    { name: "<status>", meaning: "Where to", choices: STATUSES },
  ],
  config: CLIENT_OPTIONS,
  examples: [
    { line: "issue move 12 ready", meaning: "hand it to the agents" },
    { line: "issue move 12 done", meaning: "accept the work" },
    { line: "issue move 12 backlog", meaning: "out of in_progress: stops its run first" },
  ],
  async run(context, { args: [ref, status] }) {
    const client = await context.client();
    const issue = await client.call<Issue>(`/issues/${issueRef(ref)}/status`, { json: { status } });
    if (context.json) context.out.json(issue);
    else {
      context.out.line(...issueLine(issue));
      if (issue.status !== status) {
        context.err.line("Its run is being stopped; it moves when the run has ended");
      }
    }
    return EXIT.ok;
  },
};
