/** Tokens: what a credential is proved by. The secret itself is never stored, only its SHA-256. */

import type { Credential, Scope, Via } from "./credential.ts";

/**
 * - `token`: minted by an admin, sent with every request.
 * - `session`: in a browser's cookie, got for a token or a login link.
 * - `login`: a link that works once, and gives a session.
 * - `run`: an agent's, valid while its run is unfinished.
 */
export const TOKEN_KINDS = ["token", "session", "login", "run"] as const;
export type TokenKind = typeof TOKEN_KINDS[number];

/** A token as lists show it. Times are ISO-8601 UTC; an empty string means "never" or "not". */
export interface Token {
  /** The credential's id: no secret. A run's token has the id of its run. */
  id: string;
  kind: TokenKind;
  name: string;
  scope: Scope;
  /** The token for which a session was got; it ends with it. */
  parent_id: string;
  issue_id: string;
  run_id: string;
  origins: string[];
  created_by: string;
  created_at: string;
  expires_at: string;
  revoked_at: string;
  /** When it was last seen, to about ten minutes. */
  last_used_at: string;
}

/** What a token is minted from. */
export interface NewToken {
  kind: "token" | "login";
  name: string;
  scope: Scope;
  origins: readonly string[];
  /** Empty: until it is revoked. */
  expires_at: string;
}

/** The scopes with which a person logs in. */
export const LOGIN_SCOPES = ["admin", "member", "read"] as const satisfies readonly Scope[];

export function canLogIn(scope: Scope): boolean {
  return (LOGIN_SCOPES as readonly Scope[]).includes(scope);
}

/** The letter in a secret that says what it is for: people and logs can tell it apart. */
const LETTERS: Readonly<Record<Scope | "session" | "login", string>> = {
  admin: "a",
  member: "m",
  agent: "g",
  read: "r",
  feedback: "f",
  session: "s",
  login: "l",
};

/** Bytes of chance in a secret: 256 bits. */
export const SECRET_BYTES = 32;

/** The form of every secret, e.g. `ap_a_…` with 43 characters of base64url. */
export const SECRET_FORM = /^ap_[amgrfsl]_[\w-]{43}$/;

/** Makes a secret from 32 random bytes. */
export function secretOf(purpose: Scope | "session" | "login", random: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...random));
  const text = base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `ap_${LETTERS[purpose]}_${text}`;
}

const VIA_OF: Readonly<Record<TokenKind, Via>> = {
  token: "token",
  session: "session",
  login: "token",
  run: "run",
};

/** Who speaks with this token. */
export function credentialOf(token: Token): Credential {
  const { id, name, scope, issue_id, run_id, origins } = token;
  return { id, name, scope, via: VIA_OF[token.kind], issue_id, run_id, origins };
}

/** Why a token of this scope can't be bound to these origins, or must be bound to some; `null` when all is well. */
export function originsProblem(scope: Scope, origins: readonly string[]): string | null {
  if (origins.length === 0) {
    return scope === "feedback" ? "A feedback key is published: name the origins of its pages" : null;
  }
  if (scope === "feedback" || scope === "read") return null;
  return `A token that is bound to origins stands in their pages, for every visitor to take: scope ${scope} is too ` +
    "much for that, use read (counts and headlines) or feedback";
}
