/** Issues of other trackers, as they come onto the board. All of their texts are input from outside. */

import { type Kind, MAX_BODY, MAX_NAME, MAX_TITLE, type Priority, type Status, type Trust } from "./issue.ts";

export interface ForeignComment {
  /** Names it for ever within its source. */
  key: string;
  author: string;
  trust: Trust;
  body: string;
  /** ISO-8601; "" when the source does not say. */
  created_at: string;
}

/** Where an import may put an issue: nothing that came from elsewhere is handed to agents before a human saw it. */
export type ForeignStatus = Extract<Status, "backlog" | "done">;

export interface ForeignIssue {
  /** Names it for ever within its source: what was imported once is never imported again. */
  key: string;
  title: string;
  body: string;
  kind: Kind;
  priority: Priority;
  status: ForeignStatus;
  created_by: string;
  trust: Trust;
  /** ISO-8601; "" when the source does not say. */
  created_at: string;
  comments: ForeignComment[];
}

const KIND_LABELS: readonly [RegExp, Kind][] = [
  [/\b(bug|defect|crash|regression)\b/i, "bug"],
  [/\b(question|support)\b/i, "question"],
  [/\b(chore|task|documentation|docs|refactor(ing)?|dependencies|maintenance|cleanup|ci|tests?)\b/i, "chore"],
];

const PRIORITY_LABELS: readonly [RegExp, Priority][] = [
  [/^(urgent|critical|blocker|p0)$|priority\W*(urgent|critical|p0)/i, "urgent"],
  [/^p1$|priority\W*(high|p1)/i, "high"],
  [/^p[34]$|priority\W*(low|p[34])/i, "low"],
];

/** What the labels make of an issue; a feature of normal priority when they say nothing. */
export function fromLabels(labels: readonly string[]): { kind: Kind; priority: Priority } {
  const find = <T>(table: readonly [RegExp, T][], fallback: T): T =>
    table.find(([pattern]) => labels.some((label) => pattern.test(label)))?.[1] ?? fallback;
  return { kind: find(KIND_LABELS, "feature"), priority: find(PRIORITY_LABELS, "normal") };
}

/** A title within bounds, on one line. */
export function fittingTitle(title: string): string {
  const line = title.replace(/\s+/g, " ").trim();
  if (line === "") return "(no title)";
  return line.length <= MAX_TITLE ? line : line.slice(0, MAX_TITLE - 1).toWellFormed() + "…";
}

/** A body within bounds, below a line that says where it comes from. */
export function fittingBody(origin: string, body: string): string {
  const head = `> ${origin.replace(/\s+/g, " ").trim().slice(0, 2_000)}\n\n`;
  const rest = body.replaceAll("\r\n", "\n").trim();
  const cut = "\n\n(The rest was too long and was left out.)";
  if (head.length + rest.length <= MAX_BODY) return (head + rest).trim();
  return head + rest.slice(0, MAX_BODY - head.length - cut.length).toWellFormed() + cut;
}

/** A name within bounds. */
export function fittingName(name: string): string {
  const line = name.replace(/\s+/g, " ").trim().slice(0, MAX_NAME).toWellFormed();
  return line === "" ? "somebody" : line;
}

/** ISO-8601 UTC, "" for what is no time. SQLite's `2026-01-31 12:00:00.123` counts as UTC. */
export function timeOf(text: string): string {
  const ms = Date.parse(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(text) ? text.replace(" ", "T") + "Z" : text,
  );
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}
