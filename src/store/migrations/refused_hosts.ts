/** The hosts that an issue's last finished run was refused, on the issue itself: the card shows them. */

import { type Kysely, sql } from "kysely";

export async function refusedHosts(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table issues add column refused_hosts text not null default ''`).execute(db);
  await sql.raw(
    `update issues set refused_hosts = coalesce((select refused_hosts from runs where runs.issue_id = issues.id
      and finished_at <> '' order by attempt desc limit 1), '')`,
  ).execute(db);
}
