/** The event log, as readers see it. */

import type { Database } from "./database.ts";
import { eventOf } from "./rows.ts";
import type { Events } from "./store.ts";
import { storable } from "./text.ts";

export function eventsIn(database: Database): Events {
  const { read } = database;
  return {
    lastSeq: () => database.lastSeq(),
    firstSeq: async () => {
      const row = await read.selectFrom("events").select("seq").orderBy("seq").limit(1).executeTakeFirst();
      return row?.seq ?? 1;
    },
    read: async (after, limit) => {
      const rows = await read.selectFrom("events").selectAll()
        .where("seq", ">", after).orderBy("seq").limit(limit).execute();
      return rows.map(eventOf);
    },
    forIssue: async (issue_id, after, limit) => {
      const rows = await read.selectFrom("events").selectAll()
        .where("issue_id", "=", storable(issue_id)).where("seq", ">", after)
        .orderBy("seq").limit(limit).execute();
      return rows.map(eventOf);
    },
  };
}
