/** How an issue's last finished run ended, on the issue itself: the board tells a question from a failure by it. */

import { type Kysely, sql } from "kysely";
import { CHECKED } from "./initial.ts";

export async function lastOutcome(db: Kysely<unknown>): Promise<void> {
  const allowed = CHECKED.outcome.map((value) => `'${value}'`).join(", ");
  await sql.raw(
    `alter table issues add column outcome text not null default '' check (outcome in (${allowed}))`,
  ).execute(db);
  await sql.raw(
    `update issues set outcome = coalesce((select outcome from runs where runs.issue_id = issues.id
      and finished_at <> '' order by attempt desc limit 1), '')`,
  ).execute(db);
}
