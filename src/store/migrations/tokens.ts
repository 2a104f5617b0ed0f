/** Tokens, sessions and login links: one table, as all three prove a credential by the hash of a secret. */

import { type Kysely, sql } from "kysely";
import type { Backend } from "../schema.ts";

export const TOKEN_CHECKED = {
  kind: ["token", "session", "login", "run"],
  scope: ["admin", "member", "agent", "read", "feedback"],
} as const;

export async function tokens(db: Kysely<unknown>, kind: Backend): Promise<void> {
  const text = "text not null default ''";
  const one = (column: string, values: readonly string[]) =>
    `text not null check (${column} in (${values.map((value) => `'${value}'`).join(", ")}))`;
  const statements = [
    `create table tokens (
      id text primary key not null,
      hash text not null unique,
      kind ${one("kind", TOKEN_CHECKED.kind)},
      name ${text},
      scope ${one("scope", TOKEN_CHECKED.scope)},
      parent_id ${text},
      issue_id ${text},
      run_id ${text},
      origins text not null default '[]',
      created_by ${text},
      created_at text not null,
      expires_at ${text},
      revoked_at ${text},
      last_used_at ${text}
    ${kind === "sqlite" ? ") strict" : ")"}`,
    `create index tokens_parent on tokens (parent_id) where parent_id <> ''`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
