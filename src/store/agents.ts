/** Agents in the database. */

import type { Clock } from "../clock.ts";
import { agentEvent, agentOf, lockAgent, touch } from "./agent_rows.ts";
import type { Database, Tx } from "./database.ts";
import type { Agents } from "./store.ts";
import { storable, storableFields } from "./text.ts";

export function agentsIn(database: Database, clock: Clock): Agents {
  return {
    seen: (agent) => database.write((tx) => seen(tx, storableFields(agent))),
    list: async () => {
      const rows = await database.read.selectFrom("agents").selectAll().execute();
      const now = clock.now().toISOString();
      return rows.map((row) => agentOf(row, now)).sort((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
    },
    gone: (id) => database.write((tx) => gone(tx, storable(id))),
  };
}

async function seen(tx: Tx, agent: { id: string; host: string; pid: number }): Promise<void> {
  const inserted = await tx.db.insertInto("agents").values({
    ...agent,
    issue_id: "",
    run_id: "",
    since: tx.now,
    last_seen_at: tx.now,
    gone_at: "",
  }).onConflict((conflict) => conflict.column("id").doNothing()).returning("id").executeTakeFirst();
  if (inserted !== undefined) {
    tx.emit(agentEvent(agent.id, "idle", { issue_id: "", run_id: "" }));
    return;
  }
  const row = await lockAgent(tx, agent.id);
  if (row !== undefined) await touch(tx, row, agent);
}

async function gone(tx: Tx, id: string): Promise<void> {
  const row = await tx.db.updateTable("agents").set({ gone_at: tx.now })
    .where("id", "=", id).where("gone_at", "=", "").returningAll().executeTakeFirst();
  if (row === undefined) return;
  tx.emit(agentEvent(id, "stale", { issue_id: row.issue_id, run_id: row.run_id }));
}
