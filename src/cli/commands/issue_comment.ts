/** `autopilot issue comment`: adds to an issue's thread; answers a question. */

import { CLIENT_OPTIONS } from "../../config.ts";
import type { Comment } from "../../domain/comment.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { issueRef, textArgument } from "../issue_lines.ts";

export const command: Command = {
  arguments: [
    { name: "<issue>", meaning: "Its id or number" },
    { name: "<text>", meaning: 'What to say; "-" reads standard input' },
  ],
  config: CLIENT_OPTIONS,
  examples: [
    { line: 'issue comment 12 "Use SQLite"', meaning: "answers a blocked issue: its agent goes on" },
    { line: "issue comment 12 - <review.md", meaning: "a longer text" },
  ],
  async run(context, { args: [ref, text] }) {
    const client = await context.client();
    const body = await textArgument(context, text);
    const added = await client.call<{ comment: Comment; unblocked: boolean }>(
      `/issues/${issueRef(ref)}/comments`,
      { json: { body } },
    );
    if (context.json) context.out.json(added);
    else context.out.line(added.unblocked ? "Added: the issue is ready again" : "Added");
    return EXIT.ok;
  },
};
