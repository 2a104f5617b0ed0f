/** Feedback: what visitors of other pages report, as an issue, and what they may hear of it. */

import type { Status } from "./issue.ts";

/** What became of a report, as its author may know it. */
export const REPORT_STATES = ["received", "in_work", "shipped"] as const;
export type ReportState = typeof REPORT_STATES[number];

/** What an issue's status means to the author of the report. */
export function reportStateOf(status: Status): ReportState {
  switch (status) {
    case "backlog":
    case "ready":
      return "received";
    case "in_progress":
    case "blocked":
    case "in_review":
      return "in_work";
    case "done":
      return "shipped";
  }
}

/** The part of a page that a visitor pointed at. Empty strings where unknown. */
export interface ReportedElement {
  selector: string;
  role: string;
  name: string;
  test_id: string;
  text: string;
  /** Left, top, width and height in CSS pixels of the window. */
  rect: string;
  /** Where the page's framework says that it comes from. */
  source: string;
}

/** A report as it comes in: every word of it is a stranger's. Empty where nothing was said. */
export interface Report {
  message: string;
  page: string;
  user: string;
  /** What the visitor says that it is about, in words of the page. */
  kind: string;
  project: string;
  viewport: string;
  element: ReportedElement | null;
  errors: readonly string[];
  /** Method, path and status of requests that failed. */
  requests: readonly string[];
}

/** Largest picture of a report, in bytes. */
export const MAX_FEEDBACK_PICTURE_BYTES = 2 << 20;

/** Characters of the message that become the title. */
const TITLE_LENGTH = 80;

/** The first line of the message, shortened. */
export function reportTitle({ message }: Report): string {
  const line = message.trim().split(/[\r\n]/)[0].replace(/\s+/g, " ");
  return line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH - 1).toWellFormed()}…`;
}

/** The message, where it comes from, and what was attached: the last as a block that no Markdown in it gets out of. */
export function reportBody(report: Report): string {
  const source = [
    report.kind && `About: ${line(report.kind)}`,
    report.page && `Page: ${report.page}`,
    report.user && `User: ${report.user}`,
    report.project && `Project: ${line(report.project)}`,
  ].filter((one) => one !== "");
  const facts = factsOf(report);
  return [
    report.message,
    ...source.length === 0 ? [] : [source.join("\n")],
    ...facts.length === 0 ? [] : [fenced(facts.join("\n"))],
  ].join("\n\n");
}

function factsOf({ viewport, element, errors, requests }: Report): string[] {
  const parts = element === null ? [] : [
    ["Element", element.selector],
    ["  role", element.role],
    ["  name", element.name],
    ["  test id", element.test_id],
    ["  text", element.text],
    ["  place", element.rect],
    ["  source", element.source],
  ].filter(([, value]) => value !== "").map(([what, value]) => `${what}: ${line(value)}`);
  return [
    ...viewport === "" ? [] : [`Window: ${line(viewport)}`],
    ...parts,
    ...errors.length === 0 ? [] : ["Errors:", ...errors.map((one) => `  ${line(one)}`)],
    ...requests.length === 0 ? [] : ["Failed requests:", ...requests.map((one) => `  ${line(one)}`)],
  ];
}

function line(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** A fence that is longer than every run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}`;
}
