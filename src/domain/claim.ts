/** What may be claimed, in which order, and why an issue is not. */

import type { Issue } from "./issue.ts";
import { PRIORITIES } from "./issue.ts";

/** The part of an issue that a claim looks at. */
export type Claimable = Pick<Issue, "status" | "human_only" | "not_before" | "priority" | "number">;

/**
 * Why no agent takes the issue now, in words for the board; `null` when the next free agent may.
 * The store's claim statement selects by the same three conditions; a test holds the two together.
 *
 * @param now ISO-8601 UTC
 */
export function whyNotClaimable(issue: Claimable, now: string): string | null {
  if (issue.status !== "ready") return `It is ${issue.status.replace("_", " ")}, not ready`;
  if (issue.human_only) return "It is for humans only";
  if (issue.not_before > now) return `It waits until ${issue.not_before}`;
  return null;
}

/** Orders claims: priority (urgent first), then age (the lower number first). For `Array.prototype.sort`. */
export function claimOrder(a: Claimable, b: Claimable): number {
  return PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || a.number - b.number;
}
