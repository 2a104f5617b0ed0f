/** Issues as lines of text, and texts for issues. */

import type { Issue, Status } from "../domain/issue.ts";
import type { CommandContext } from "./command.ts";
import { oneLine } from "./harmless.ts";
import { type Style, type Styled, styled } from "./printer.ts";

export const STATUS_STYLES: Readonly<Record<Status, Style>> = {
  backlog: "dim",
  ready: "cyan",
  in_progress: "blue",
  blocked: "yellow",
  in_review: "green",
  done: "dim",
};

/** `#12  in_review  high  Title` */
export function issueLine(
  issue: Pick<Issue, "number" | "status" | "priority" | "title">,
): (string | Styled)[] {
  return [
    `#${issue.number}`.padEnd(6),
    styled(STATUS_STYLES[issue.status] ?? "dim", issue.status.padEnd(12)),
    (issue.priority === "normal" ? "" : issue.priority).padEnd(7),
    oneLine(issue.title),
  ];
}

/** A text of the command line; `-` stands for standard input. */
export async function textArgument(
  context: Pick<CommandContext, "readInput">,
  value: string | boolean | undefined,
): Promise<string> {
  return value === "-" ? await context.readInput() : String(value ?? "");
}

/** An issue's id or number as part of a path; `#12` is 12. */
export function issueRef(given: string): string {
  return encodeURIComponent(given.replace(/^#/, ""));
}
