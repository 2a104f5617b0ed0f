/** What writes note about agents, and how rows become agents. */

import { type Agent, STALE_AFTER_MS } from "../domain/agent.ts";
import { HAND_LEASE_MINUTES, handOwner } from "../domain/by_hand.ts";
import type { NewEvent } from "../domain/event.ts";
import type { Tx } from "./database.ts";
import { keptQuery } from "./kept.ts";
import type { AgentRow } from "./schema.ts";

/** A session that works by hand may be silent for as long as its claim lasts. */
function staleAfter({ host, run_id }: AgentRow): number {
  return run_id !== "" && handOwner(host) !== null ? HAND_LEASE_MINUTES * 60_000 : STALE_AFTER_MS;
}

export function isStale(row: AgentRow, now: string): boolean {
  return row.gone_at !== "" || Date.parse(now) - Date.parse(row.last_seen_at) > staleAfter(row);
}

export function agentOf(row: AgentRow, now: string): Agent {
  const stale = isStale(row, now);
  const silent = new Date(Date.parse(row.last_seen_at) + staleAfter(row)).toISOString();
  return {
    id: row.id,
    status: stale ? "stale" : row.run_id === "" ? "idle" : "working",
    issue_id: row.issue_id,
    run_id: row.run_id,
    since: !stale ? row.since : row.gone_at !== "" ? row.gone_at : silent,
    last_seen_at: row.last_seen_at,
  };
}

export async function lockAgent(tx: Tx, id: string): Promise<AgentRow | undefined> {
  return await tx.db.selectFrom("agents").selectAll().where("id", "=", id)
    .$if(tx.kind === "postgres", (query) => query.forUpdate()).executeTakeFirst();
}

/** Tells what an agent does, with the title of the issue that it works on; `data` may add `phase`. */
export async function tellAgent(
  tx: Tx,
  id: string,
  status: string,
  work: { issue_id: string; run_id: string },
  data: NewEvent["data"] = {},
): Promise<void> {
  const issue = work.issue_id === ""
    ? undefined
    : await tx.db.selectFrom("issues").select("title").where("id", "=", work.issue_id).executeTakeFirst();
  tx.emit({
    type: "agent.status",
    ...work,
    actor: { kind: "agent", name: id },
    data: { agent: id, status, ...issue, ...data },
  });
}

/** The agent works on this run from now on, whatever it did before. */
export function setWorking(
  tx: Tx,
  { id, host, pid }: { id: string; host: string; pid: number },
  { title, ...work }: { issue_id: string; run_id: string; title: string },
): void {
  tx.later(notingWorking(tx, { id, host, pid, ...work, now: tx.now }));
  const data = { agent: id, status: "working", title, phase: "preparing" };
  tx.emit({ type: "agent.status", ...work, actor: { kind: "agent", name: id }, data });
}

type Working = { id: string; host: string; pid: number; issue_id: string; run_id: string; now: string };

const notingWorking = keptQuery((db, { id, host, pid, issue_id, run_id, now }: Working) => {
  const fields = { issue_id, run_id, since: now, last_seen_at: now, gone_at: "", host, pid };
  return db.insertInto("agents").values({ id, ...fields })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(fields));
});

/** The agent's run has ended. Nothing is written when it works on another run by now. */
export async function setIdle(tx: Tx, id: string, run_id: string): Promise<void> {
  const updated = await tx.db.updateTable("agents").set({ issue_id: "", run_id: "", since: tx.now })
    .where("id", "=", id).where("run_id", "=", run_id).returning("id").executeTakeFirst();
  if (updated !== undefined) await tellAgent(tx, id, "idle", { issue_id: "", run_id: "" });
}

/** A sign of life of a known agent; it is told only when the agent was believed dead. */
export async function touch(
  tx: Tx,
  row: AgentRow,
  process: { host: string; pid: number } = { host: row.host, pid: row.pid },
): Promise<void> {
  const stale = isStale(row, tx.now);
  const fields = { last_seen_at: tx.now, gone_at: "", host: process.host, pid: process.pid };
  await tx.db.updateTable("agents").set(stale ? { ...fields, since: tx.now } : fields)
    .where("id", "=", row.id).execute();
  const { issue_id, run_id } = row;
  if (stale) await tellAgent(tx, row.id, run_id === "" ? "idle" : "working", { issue_id, run_id });
}
