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
