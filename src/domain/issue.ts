/** Issues: the unit of work that people file and agents implement. */

import type { Outcome } from "./outcomes.ts";

/**
 * The six statuses, in the order of the board's columns.
 * - `backlog`: filed; a human hands it off (→ `ready`).
 * - `ready`: handed to the agents; only a claim moves it to `in_progress`.
 * - `in_progress`: claimed; the end of its run, or the rescuer after a crash, moves it on.
 * - `blocked`: needs a human; a human reply moves it to `ready`.
 * - `in_review`: has a result; a human accepts it (→ `done`) or asks for changes (→ `ready`).
 * - `done`: accepted by a human; only a human moves it again.
 */
export const STATUSES = ["backlog", "ready", "in_progress", "blocked", "in_review", "done"] as const;
export type Status = typeof STATUSES[number];

export const KINDS = ["feature", "bug", "chore", "question", "feedback"] as const;
export type Kind = typeof KINDS[number];

/** Priorities in the order of claims; the index in this list is the rank stored in the database. */
export const PRIORITIES = ["urgent", "high", "normal", "low"] as const;
export type Priority = typeof PRIORITIES[number];

/**
 * Who stands behind a text. `external` text came without a credential (the feedback widget): no machine
 * promotes it, and it reaches an agent only as fenced data.
 */
export const TRUSTS = ["operator", "member", "agent", "external"] as const;
export type Trust = typeof TRUSTS[number];

/** State of the configured checks on the issue's branch; `""` while none has run. */
export const CHECK_STATES = ["", "passed", "failed"] as const;
export type CheckState = typeof CHECK_STATES[number];

/** Longest title in characters (UTF-16 code units, as everywhere in this file). */
export const MAX_TITLE = 300;
/** Longest body of an issue or comment in characters. */
export const MAX_BODY = 200_000;
/** Longest name of an author, assignee or agent in characters. */
export const MAX_NAME = 120;

/** An issue as the API answers it. Times are ISO-8601 UTC; an empty string means "not set". */
export interface Issue {
  id: string;
  /** Counts up from 1 and never changes; people and branches use it. */
  number: number;
  title: string;
  body: string;
  status: Status;
  kind: Kind;
  priority: Priority;
  assignee: string;
  /** `true`: never claimed by an agent. */
  human_only: boolean;
  created_by: string;
  trust: Trust;
  /** The agent that works on it, or worked on it last. */
  claimed_by: string;
  claimed_at: string;
  branch: string;
  pr_url: string;
  /** What the last finished run says it did, or the reason why it did not. */
  result: string;
  checks: CheckState;
  /** How its last finished run ended: tells a question from a failure; empty before. */
  outcome: Outcome | "";
  /** Hosts that its last finished run was refused or could not reach, as far as the transcript tells. */
  refused_hosts: string[];
  /** No claim before this time (back-off, usage limit); empty when it may be claimed at once. */
  not_before: string;
  /** Runs so far. */
  attempts: number;
  /** What all its runs cost so far, in USD. */
  cost_usd: number;
  /** Rises by one with every change of the issue; `If-Match` compares it. */
  version: number;
  created_at: string;
  updated_at: string;
}

/** What a new issue is made from; everything but the title has a default at the edge. */
export interface NewIssue {
  title: string;
  body: string;
  kind: Kind;
  priority: Priority;
  assignee: string;
  human_only: boolean;
  created_by: string;
  trust: Trust;
  status: Status;
}

/** What a human may edit. Fields left out stay as they are. */
export type IssuePatch = Partial<
  Pick<Issue, "title" | "body" | "kind" | "priority" | "assignee" | "human_only">
>;

/** The prefix of every branch that Autopilot makes. */
export const BRANCH_PREFIX = "autopilot/";

/**
 * The branch of an issue: `autopilot/<number>-<slug>`, the slug made of `[a-z0-9-]` only, at most 40
 * characters, and left out when the title has no such character.
 *
 * @example branchName(12, "Fix: the Header's colour") // "autopilot/12-fix-the-header-s-colour"
 */
export function branchName(number: number, title: string): string {
  const slug = title.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-").slice(0, 40).replace(/^-+|-+$/g, "");
  return `${BRANCH_PREFIX}${number}${slug === "" ? "" : `-${slug}`}`;
}
