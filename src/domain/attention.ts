/** What an issue wants from a human now. */

import type { Issue } from "./issue.ts";
import type { Outcome } from "./outcomes.ts";

/**
 * - `question`: blocked with a question.
 * - `failed`: blocked because its last run ended in trouble.
 * - `review`: has a result.
 */
export const NEEDS = ["question", "failed", "review"] as const;
export type Need = typeof NEEDS[number];

/** Outcomes after which a blocked issue tells of trouble, not of a question. */
export const TROUBLE: ReadonlySet<Outcome | ""> = new Set<Outcome>([
  "failed",
  "timed_out",
  "stalled",
  "over_budget",
  "no_change",
  "lost",
]);

/** `null`: nothing. */
export function needOf(issue: Pick<Issue, "status" | "outcome">): Need | null {
  if (issue.status === "in_review") return "review";
  if (issue.status !== "blocked") return null;
  return TROUBLE.has(issue.outcome) ? "failed" : "question";
}
