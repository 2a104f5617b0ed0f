// @ts-check
/** The words of the board: how the domain's vocabulary is written for people. */

/** @import { Kind, Priority, Status } from "../../src/domain/issue.ts" */
/** @import { Card, Need } from "./reduce.js" */
/** @import { Outcome, Phase } from "../../src/domain/run.ts" */

/** The columns, in their order. @type {readonly Status[]} */
export const STATUSES = ["backlog", "ready", "in_progress", "blocked", "in_review", "done"];

/** @type {Readonly<Record<Status, string>>} */
export const STATUS_WORDS = {
  backlog: "Backlog",
  ready: "Ready",
  in_progress: "In progress",
  blocked: "Blocked",
  in_review: "In review",
  done: "Done",
};

/** Where a person may put an issue: only an agent's claim leads to In progress. */
/** @type {readonly Status[]} */
export const HUMAN_STATUSES = STATUSES.filter((status) => status !== "in_progress");

/** @type {Readonly<Record<Kind, string>>} */
export const KIND_WORDS = {
  feature: "Feature",
  bug: "Bug",
  chore: "Chore",
  question: "Question",
  feedback: "Feedback",
};

/** @type {Readonly<Record<Priority, string>>} */
export const PRIORITY_WORDS = { urgent: "Urgent", high: "High", normal: "Normal", low: "Low" };

/** @type {readonly Priority[]} */
export const PRIORITIES = ["urgent", "high", "normal", "low"];

/** What an empty column says about itself. @type {Readonly<Record<Status, [string, string]>>} */
export const EMPTY_WORDS = {
  backlog: [
    "Nothing filed",
    "Ideas and bugs wait here until you hand them to the agents. Press C to file one.",
  ],
  ready: ["The queue is empty", "Hand an issue to the agents and the next free one takes it from here."],
  in_progress: ["No agent at work", "While an agent works, its steps show here as they happen."],
  blocked: ["No open question", "When an agent needs a decision it asks here. Your answer sends it on."],
  in_review: ["Nothing to review", "Finished work waits here until you accept it or ask for changes."],
  done: ["Nothing accepted yet", "What you accept in review ends up here."],
};

/** @type {Readonly<Record<Outcome, string>>} */
export const OUTCOME_WORDS = {
  implemented: "Implemented",
  checks_failed: "Checks failed",
  needs_input: "Asked a question",
  no_change: "Changed nothing",
  failed: "Failed",
  timed_out: "Out of time",
  stalled: "Stalled",
  over_budget: "Over budget",
  usage_limited: "Usage limit reached",
  stopped: "Stopped",
  lost: "Interrupted",
};

/**
 * What an issue wants from a person, in a word or two.
 *
 * @param {Pick<Card, "outcome" | "checks">} card
 * @param {Need} need
 */
export function needWords(card, need) {
  if (need === "question") return "Question";
  if (need === "review") return card.checks === "failed" ? "Review, checks fail" : "Review";
  return card.outcome === "" ? "Failed" : OUTCOME_WORDS[card.outcome];
}

/** @type {Readonly<Record<Phase, string>>} */
export const PHASE_WORDS = {
  preparing: "Preparing the workspace",
  running: "Working",
  checking: "Running the checks",
  finishing: "Saving the work",
  finished: "Finished",
};

/**
 * A length of time as people say it: `12s`, `4m 05s`, `2h 10m`, `3d 4h`.
 *
 * @param {number} ms
 */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s}s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m}m ${String(s % 60).padStart(2, "0")}s`;
  const h = Math.floor(m / 60);
  return h < 24 ? `${h}h ${m % 60}m` : `${Math.floor(h / 24)}d ${h % 24}h`;
}

/**
 * How long ago, coarsely: `now`, `5m`, `3h`, `2d`, `6w`; an empty string for an unset time.
 *
 * @param {string} at ISO-8601 UTC
 * @param {number} now milliseconds since the epoch
 */
export function ago(at, now) {
  if (at === "") return "";
  const m = Math.floor((now - Date.parse(at)) / 60_000);
  if (m < 1) return "now";
  if (m < 60) return `${m}m`;
  if (m < 60 * 24) return `${Math.floor(m / 60)}h`;
  const d = Math.floor(m / (60 * 24));
  return d < 14 ? `${d}d` : `${Math.floor(d / 7)}w`;
}

/** @param {number} usd */
export function cost(usd) {
  return usd === 0 ? "" : usd < 0.01 ? "<$0.01" : `$${usd.toFixed(2)}`;
}

/** @param {number} n */
export function tokens(n) {
  return n < 1000 ? String(n) : n < 1e6 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1e6).toFixed(1)}M`;
}

/** The local date and time in full. @param {string} at */
export function fullTime(at) {
  return at === "" ? "" : new Date(at).toLocaleString();
}
