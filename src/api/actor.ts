/** Who a request speaks for. Without authentication everyone who reaches the server is the operator. */

import type { AuthorKind } from "../domain/comment.ts";
import type { Actor } from "../domain/event.ts";
import type { Trust } from "../domain/issue.ts";

/** The name of a person who gives none. */
export const ANONYMOUS = "human";

/** What stands behind the requests of the open loopback board. */
export const OPERATOR = { name: ANONYMOUS, kind: "human", scope: "admin", auth: "off" } as const;

export function humanActor(name: string): Actor {
  return { kind: "human", name: name === "" ? ANONYMOUS : name };
}

/** The actor of a comment: who says to be an agent gets no human's rights. */
export function commentActor(author: string, author_kind: Exclude<AuthorKind, "system">): Actor {
  return author_kind === "agent" ? { kind: "agent", name: author || "agent" } : humanActor(author);
}

export function trustOf(actor: Actor): Trust {
  switch (actor.kind) {
    case "human":
    case "system":
      return "operator";
    case "agent":
      return "agent";
    case "external":
      return "external";
  }
}
