/** Credentials: who stands behind a request, and what that allows. */

import type { Actor } from "./event.ts";
import type { Trust } from "./issue.ts";

/**
 * - `admin`: everything, options and tokens included.
 * - `member`: works with issues: files, edits, moves, answers, accepts.
 * - `agent`: reads, comments, files into the backlog; never what a human decides.
 * - `read`: sees the board.
 * - `feedback`: files reports, from the origins that it is bound to; may be published in a page.
 */
export const SCOPES = ["admin", "member", "agent", "read", "feedback"] as const;
export type Scope = typeof SCOPES[number];

/**
 * - `open`: none was asked for, because the board is open.
 * - `token`: a token in the request. `session`: a cookie, got for a token or a login link.
 * - `run`: the token that an agent got for its run.
 */
export const VIAS = ["open", "token", "session", "run"] as const;
export type Via = typeof VIAS[number];

/** Who a request speaks for. */
export interface Credential {
  /** The token's id; empty on the open board. It is no secret: events carry it. */
  id: string;
  /** For people: "laptop of Anna". An agent's id when `via` is `run`. */
  name: string;
  scope: Scope;
  via: Via;
  /** The only issue that it may comment on; empty: no such bound. */
  issue_id: string;
  run_id: string;
  /** Origins of the pages that may use it; empty: any that the server lets through. */
  origins: readonly string[];
}

/** What a request may want. */
export const PERMISSIONS = [
  /** How many issues each status has: what a launcher in a page shows, and so public with that page. */
  "glance",
  /** Issues, runs, transcripts, diffs, events. */
  "read",
  /** File an issue; what an agent files stays in the backlog. */
  "file",
  /** Write a comment. */
  "comment",
  /** Take a ready issue by hand, from outside of the runner, and say how it went. */
  "work",
  /** Attach a file. */
  "attach",
  /** Change the fields of an issue. */
  "edit",
  /** What only humans do: promote, answer, stop, accept, move, merge. */
  "decide",
  /** File a report from a page. */
  "report",
  /** Hear what happens as it happens; who may not read hears no texts. */
  "watch",
  /** Tokens, options, the audit's export. */
  "administer",
] as const;
export type Permission = typeof PERMISSIONS[number];

const GRANTS: Readonly<Record<Scope, readonly Permission[]>> = {
  admin: PERMISSIONS,
  member: ["glance", "read", "file", "comment", "work", "attach", "edit", "decide", "report", "watch"],
  agent: ["glance", "read", "file", "comment", "work", "watch"],
  read: ["glance", "read", "watch"],
  feedback: ["report", "watch"],
};

/** The name of a person who gives none. */
export const ANONYMOUS = "human";

/** Who everyone is on the open loopback board. */
export const OPEN_OPERATOR: Credential = Object.freeze({
  id: "",
  name: ANONYMOUS,
  scope: "admin",
  via: "open",
  issue_id: "",
  run_id: "",
  origins: [],
});

/** Pages of other sites on the open loopback board. */
export const OPEN_READER: Credential = Object.freeze({ ...OPEN_OPERATOR, name: "visitor", scope: "read" });

/** Who has no credential, on the routes that need none. */
export const NOBODY: Credential = Object.freeze({ ...OPEN_OPERATOR, name: "", scope: "feedback" });

/** What is left of a scope when the token is bound to origins: it stands in their pages, for every visitor to take. */
const PUBLISHED: readonly Permission[] = ["glance", "report", "watch"];

/** Whether the credential allows it. The only place that knows what a scope may. */
export function may(credential: Credential, permission: Permission): boolean {
  return permissionsOf(credential).includes(permission);
}

/** All that the credential allows. */
export function permissionsOf({ scope, via, origins }: Credential): readonly Permission[] {
  const granted = GRANTS[scope];
  if (origins.length > 0) return granted.filter((permission) => PUBLISHED.includes(permission));
  // An agent of the runner has its issue, and the runner says how it went.
  return via === "run" ? granted.filter((permission) => permission !== "work") : granted;
}

/** Whether it may comment on this issue: an agent's token of a run is bound to the run's issue. */
export function mayCommentOn(credential: Credential, issue_id: string): boolean {
  return may(credential, "comment") && (credential.issue_id === "" || credential.issue_id === issue_id);
}

/**
 * Who acts. Only an admin acts under the name that the request says, as all others could pass for somebody else.
 *
 * @param said_name the name in the request; empty when it gives none
 * @param said_kind a request may say that an agent wrote it, which takes rights away; that a human did counts
 * only from a human's credential
 */
export function actorOf(
  credential: Credential,
  said_name = "",
  said_kind: "human" | "agent" = "human",
): Actor {
  const { id, name, scope } = credential;
  switch (scope) {
    case "admin":
    case "member": {
      const trusted_name = scope === "admin" ? said_name : "";
      return said_kind === "agent"
        ? { kind: "agent", name: said_name || "agent", credential: id }
        : { kind: "human", name: trusted_name || name || ANONYMOUS, credential: id };
    }
    case "agent":
      return { kind: "agent", name: name || "agent", credential: id };
    case "read":
    case "feedback":
      return { kind: "external", name: said_name || "visitor", credential: id };
  }
}

/** How far texts of this actor are trusted. */
export function trustOf(credential: Credential, actor: Actor): Trust {
  switch (actor.kind) {
    case "human":
      return credential.scope === "admin" ? "operator" : "member";
    case "system":
      return "operator";
    case "agent":
      return "agent";
    case "external":
      return "external";
  }
}
