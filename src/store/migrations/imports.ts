/** What came from other trackers, so that it comes once. */

import { type Kysely, sql } from "kysely";
import type { Backend } from "../schema.ts";

export async function imports(db: Kysely<unknown>, kind: Backend): Promise<void> {
  await sql.raw(`create table imports (
    source text not null,
    key text not null,
    issue_id text not null references issues (id),
    primary key (source, key)
  ${kind === "sqlite" ? ") strict, without rowid" : ")"}`).execute(db);
}
