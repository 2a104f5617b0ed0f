/** Reports of visitors: which was filed under which idempotency key, and how much came on which day. */

import { type Kysely, sql } from "kysely";
import type { Backend } from "../schema.ts";

export async function feedback(db: Kysely<unknown>, kind: Backend): Promise<void> {
  const int = kind === "sqlite" ? "integer" : "bigint";
  const end = kind === "sqlite" ? ") strict" : ")";
  const statements = [
    `create table feedback_reports (
      issue_id text primary key not null references issues (id),
      key_hash text not null unique,
      input_hash text not null,
      pictures ${int} not null default 0,
      created_at text not null
    ${end}`,
    `create index feedback_reports_created on feedback_reports (created_at)`,
    `create table feedback_days (
      day text primary key not null,
      reports ${int} not null,
      picture_bytes ${int} not null default 0
    ${end}`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
