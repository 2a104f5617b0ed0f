/** `autopilot issue list`: issues, newest first. */

import { CLIENT_OPTIONS } from "../../config.ts";
import { type Issue, KINDS } from "../../domain/issue.ts";
import type { Command } from "../command.ts";
import { CommandError, EXIT } from "../exit.ts";
import { issueLine } from "../issue_lines.ts";

/** The server's largest page. */
const MAX_PAGE = 500;

export const command: Command = {
  options: [
    {
      flags: "--status <statuses>",
      meaning: "Only these, by comma: backlog, ready, in_progress, blocked, in_review, done",
    },
    { flags: "--kind <kind>", meaning: "Only this kind", choices: KINDS },
    { flags: "--assignee <name>", meaning: "Only of this person" },
    { flags: "--search <words>", meaning: "Only with these words in title, body or comments" },
    { flags: "--limit <number>", meaning: "At most so many (default: 50; 0 for all)" },
  ],
  config: CLIENT_OPTIONS,
  examples: [
    { line: "issue list --status blocked,in_review", meaning: "what waits for you" },
    { line: "issue list --search login --json", meaning: "an array, for programs" },
  ],
  async run(context, { options }) {
    const limit = limitOf(options.limit);
    const client = await context.client();
    const query = new URLSearchParams();
    for (
      const [name, value] of [["status", options.status], ["kind", options.kind], [
        "assignee",
        options.assignee,
      ], ["q", options.search]] as const
    ) {
      if (value !== undefined) query.set(name, String(value));
    }
    const issues: Issue[] = [];
    while (issues.length < limit) {
      query.set("limit", String(Math.min(limit - issues.length, MAX_PAGE)));
      const asked = Number(query.get("limit"));
      const page = await client.call<Issue[]>(`/issues?${query}`);
      issues.push(...page);
      if (page.length < asked) break;
      query.set("cursor", String(page[page.length - 1].number));
    }
    if (context.json) context.out.json(issues);
    else if (issues.length === 0) context.err.line("No issue is like that");
    else for (const issue of issues) context.out.line(...issueLine(issue));
    return EXIT.ok;
  },
};

function limitOf(value: string | boolean | undefined): number {
  if (value === undefined) return 50;
  if (!/^\d{1,9}$/.test(String(value))) {
    throw new CommandError(`--limit ${JSON.stringify(value)} is no whole number`, EXIT.usage, "usage");
  }
  return Number(value) || Infinity;
}
