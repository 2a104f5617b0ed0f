/** The texts of a pull request. What the agent said is untrusted: it must not call people, close issues or load images. */

import type { Issue } from "./issue.ts";
import { capText } from "./log_entry.ts";

/** GitHub takes at most 65,536 characters; the rest is for our own words. */
const MAX_SUMMARY = 60_000;
const MAX_TITLE = 250;

const CLOSING =
  /\b(clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing))(\s*:?\s+)(?=#\d|[\w.-]+\/[\w.-]+#\d|https?:\/\/)/gi;

/** Title and body for an issue's pull request. */
export function pullRequestText(
  issue: Pick<Issue, "number" | "title">,
  summary: string,
): { title: string; body: string } {
  const title = issue.title.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  const said = summary.trim() === "" ? "The agent left no summary." : neutralised(summary.trim());
  return {
    title: capText(title === "" ? `Issue ${issue.number}` : title, MAX_TITLE).text,
    body: `${capText(said, MAX_SUMMARY).text}\n\n---\nFor issue ${issue.number} on the Autopilot board. ` +
      "Written by an agent; review it before you merge.\n",
  };
}

/** Markdown that reads the same but does nothing: no mention, no closing keyword, no hidden comment, no remote image. */
export function neutralised(text: string): string {
  return text
    .replace(/<!--/g, "&lt;!--")
    .replace(/<(?=[a-z/!])/gi, "&lt;")
    .replace(/!\[/g, "!\\[")
    // A zero-width joiner would be invisible, but copied along: a space is honest.
    .replace(/(^|[^\w`])@(?=[\w-])/g, "$1@ ")
    .replace(CLOSING, "$1 issue ");
}
