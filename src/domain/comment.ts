/** Comments: the thread between people, agents and Autopilot itself on one issue. */

import type { Trust } from "./issue.ts";

/** `system` is Autopilot's own voice: outcomes, refusals, what happens next. */
export const AUTHOR_KINDS = ["human", "agent", "system"] as const;
export type AuthorKind = typeof AUTHOR_KINDS[number];

export interface Comment {
  id: string;
  issue_id: string;
  author: string;
  author_kind: AuthorKind;
  trust: Trust;
  body: string;
  /** When the text was handed to an agent; empty while no agent has seen it. */
  delivered_at: string;
  created_at: string;
}

export interface NewComment {
  author: string;
  author_kind: AuthorKind;
  trust: Trust;
  body: string;
}

/** What strangers wrote after a human handed the issue off (ISO-8601 UTC) waits until one does again. */
export function seenByHumans(comments: readonly Comment[], promoted_at: string): Comment[] {
  const seen = (comment: Comment) => {
    const arrived = arrivedAt(comment);
    return arrived !== "" && arrived <= promoted_at;
  };
  return comments.filter((comment) => comment.trust !== "external" || seen(comment));
}

/**
 * When the board got the comment, ISO-8601 UTC, from its id (a UUID of version 7): `created_at` is when it was written,
 * which for an imported one may be long before. Empty when the id does not tell.
 */
export function arrivedAt({ id }: Pick<Comment, "id">): string {
  const found = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/.exec(id);
  return found === null ? "" : new Date(parseInt(found[1] + found[2], 16)).toISOString();
}
