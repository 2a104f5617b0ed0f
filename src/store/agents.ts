/** Agents in the database. */

import type { Clock } from "../clock.ts";
import { handOwner } from "../domain/by_hand.ts";
import { agentOf, isStale, lockAgent, tellAgent, touch } from "./agent_rows.ts";
import type { Database, Tx } from "./database.ts";
import type { Agents } from "./store.ts";
import { storable, storableFields } from "./text.ts";

export function agentsIn(database: Database, clock: Clock): Agents {
  return {
    enter: (agent, dead) =>
      database.write((tx) =>
        enter(tx, storableFields(agent), dead === undefined ? null : storableFields(dead))
      ),
    seen: (agent) => database.write((tx) => seen(tx, storableFields(agent))),
    list: async () => {
      const rows = await database.read.selectFrom("agents").selectAll().execute();
      const now = clock.now().toISOString();
      // A session that has no claim any more is not an agent that waits for work.
      const agents = rows.filter(({ host, run_id }) => run_id !== "" || handOwner(host) === null);
      return agents.map((row) => agentOf(row, now)).sort((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
    },
    gone: (id) => database.write((tx) => gone(tx, storable(id))),
  };
}

interface ServerProcess {
  host: string;
  pid: number;
}

async function enter(
  tx: Tx,
  agent: ServerProcess & { id: string },
  dead: ServerProcess | null,
): Promise<ServerProcess | null> {
  // First of all, so that of two who enter at one moment the second waits for the first, and finds it.
  if (await insert(tx, agent)) return null;
  const row = await lockAgent(tx, agent.id);
  if (row === undefined) throw new Error(`The agent ${agent.id} is neither there nor can it be added`);
  const has = (process: ServerProcess | null) => row.host === process?.host && row.pid === process?.pid;
  if (!isStale(row, tx.now) && !has(agent) && !has(dead)) return { host: row.host, pid: row.pid };
  await touch(tx, row, agent);
  return null;
}

async function seen(tx: Tx, agent: ServerProcess & { id: string }): Promise<void> {
  if (await insert(tx, agent)) return;
  const row = await lockAgent(tx, agent.id);
  if (row !== undefined) await touch(tx, row, agent);
}

/** Whether it was new. */
async function insert(tx: Tx, agent: ServerProcess & { id: string }): Promise<boolean> {
  const inserted = await tx.db.insertInto("agents").values({
    ...agent,
    issue_id: "",
    run_id: "",
    since: tx.now,
    last_seen_at: tx.now,
    gone_at: "",
  }).onConflict((conflict) => conflict.column("id").doNothing()).returning("id").executeTakeFirst();
  if (inserted === undefined) return false;
  await tellAgent(tx, agent.id, "idle", { issue_id: "", run_id: "" });
  return true;
}

async function gone(tx: Tx, id: string): Promise<void> {
  const row = await tx.db.updateTable("agents").set({ gone_at: tx.now })
    .where("id", "=", id).where("gone_at", "=", "").returningAll().executeTakeFirst();
  if (row === undefined) return;
  await tellAgent(tx, id, "stale", { issue_id: row.issue_id, run_id: row.run_id });
}
