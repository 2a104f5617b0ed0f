/** `autopilot issue show`: an issue with its thread and runs. */

import { CLIENT_OPTIONS } from "../../config.ts";
import type { Attachment } from "../../domain/attachment.ts";
import type { Comment } from "../../domain/comment.ts";
import type { Issue } from "../../domain/issue.ts";
import type { Run } from "../../domain/run.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { oneLine } from "../harmless.ts";
import { issueRef, STATUS_STYLES } from "../issue_lines.ts";
import { type Printer, styled } from "../printer.ts";

interface Detail {
  issue: Issue;
  comments: Comment[];
  attachments: Attachment[];
  runs: Run[];
}

export const command: Command = {
  arguments: [{ name: "<issue>", meaning: "Its id or number" }],
  config: CLIENT_OPTIONS,
  examples: [
    { line: "issue show 12", meaning: "thread, runs and result" },
    { line: "issue show 12 --json", meaning: "{issue, comments, attachments, runs}" },
  ],
  async run(context, { args: [ref] }) {
    const client = await context.client();
    const detail = await client.call<Detail>(`/issues/${issueRef(ref)}`);
    if (context.json) context.out.json(detail);
    else print(context.out, detail);
    return EXIT.ok;
  },
};

function print(out: Printer, { issue, comments, attachments, runs }: Detail): void {
  out.line(styled("bold", `#${issue.number} ${oneLine(issue.title)}`));
  out.line(
    styled(STATUS_STYLES[issue.status], issue.status),
    ` · ${issue.kind} · ${issue.priority}`,
    issue.human_only ? " · for humans only" : "",
    issue.trust === "external" ? " · from a stranger" : "",
    issue.assignee === "" ? "" : ` · ${oneLine(issue.assignee)}`,
  );
  const facts: [string, string][] = [
    ["Id", issue.id],
    ["Filed", `${issue.created_at} by ${oneLine(issue.created_by)}`],
    ["Branch", oneLine(issue.branch)],
    ["Pull request", oneLine(issue.pr_url)],
    ["Checks", issue.checks],
    [
      "Cost",
      issue.attempts === 0
        ? ""
        : `$${issue.cost_usd.toFixed(2)} in ${issue.attempts} run${issue.attempts === 1 ? "" : "s"}`,
    ],
  ];
  for (const [name, value] of facts) if (value !== "") out.line(styled("dim", name.padEnd(14)), value);
  section(out, "", issue.body);
  for (const comment of comments) {
    section(out, `${comment.author_kind} ${oneLine(comment.author)}, ${comment.created_at}`, comment.body);
  }
  if (issue.result !== "") section(out, "Result", issue.result);
  if (attachments.length > 0) {
    section(
      out,
      "Attachments",
      attachments.map(({ name, size, url }) => `${oneLine(name)} (${size} bytes) ${url}`).join("\n"),
    );
  }
  if (runs.length > 0) section(out, "Runs", runs.map(runLine).join("\n"));
}

function runLine({ id, attempt, agent_id, phase, outcome, cost_usd }: Run): string {
  return `${attempt}. ${outcome || phase}, ${oneLine(agent_id)}, $${
    cost_usd.toFixed(2)
  }  autopilot logs ${id}`;
}

function section(out: Printer, heading: string, text: string): void {
  if (text.trim() === "") return;
  out.line();
  if (heading !== "") out.line(styled("bold", heading));
  // Indented: a text can't pass for another heading.
  out.line(text.trimEnd().split("\n").map((line) => `  ${line}`).join("\n"));
}
