/** Runs in the database: claim, lease, takeover. How a run ends is in run_finish.ts. */

import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import { handOwner } from "../domain/by_hand.ts";
import { whyNotClaimable } from "../domain/claim.ts";
import { FencedError, NotFoundError, RefusedError } from "../domain/errors.ts";
import { cardOf } from "../domain/event.ts";
import type { Kind, Status } from "../domain/issue.ts";
import { LEASE_MS } from "../domain/run.ts";
import { lockAgent, setWorking, tellAgent, touch } from "./agent_rows.ts";
import type { Database, Tx } from "./database.ts";
import { decided, lockIssue } from "./issue_rows.ts";
import { insertQuery, kept } from "./kept.ts";
import { issueOf, leaseOf, runOf } from "./rows.ts";
import { finish } from "./run_finish.ts";
import { byCredential, lockRun } from "./run_rows.ts";
import type { IssueRow, RunRow } from "./schema.ts";
import { insertRunToken } from "./tokens.ts";
import type { Claim, ClaimRequest, LeasedRun, RunPatch, Runs } from "./store.ts";
import { storable, storableFields } from "./text.ts";

/** Databases bound the number of parameters of a statement. */
const IDS_AT_ONCE = 500;

type AgentProcess = { id: string; host: string; pid: number };

export function runsIn(database: Database, clock: Clock): Runs {
  return {
    claim: (request) => database.write((tx) => claim(tx, storableFields(request))),
    get: async (id) => {
      const row = await database.read.selectFrom("runs").selectAll()
        .where("id", "=", storable(id)).executeTakeFirst();
      if (row === undefined) throw new NotFoundError("run", id);
      return runOf(row);
    },
    list: async (issue_id) => {
      const rows = await database.read.selectFrom("runs").selectAll()
        .where("issue_id", "=", storable(issue_id)).orderBy("attempt").execute();
      return rows.map(runOf);
    },
    firstBase: async (issue_id) => {
      const row = await database.read.selectFrom("runs").select("base_commit")
        .where("issue_id", "=", storable(issue_id)).where("base_commit", "!=", "").orderBy("attempt").limit(1)
        .executeTakeFirst();
      return row?.base_commit ?? "";
    },
    heartbeat: (run_id, fence, lease_ms) => database.write((tx) => heartbeat(tx, run_id, fence, lease_ms)),
    update: (run_id, fence, patch) =>
      database.write((tx) => update(tx, run_id, fence, storableFields(patch))),
    spending: (since) => spending(database, since),
    finish: (run_id, fence, end) => database.write((tx) => finish(tx, run_id, fence, end)),
    expired: () => unfinished(database, clock.now().toISOString()),
    active: () => unfinished(database, null),
    takeOver: (run_id, fence, by) => database.write((tx) => takeOver(tx, run_id, fence, storableFields(by))),
  };
}

/** The defaults of the columns that a claim leaves alone. */
const UNTOUCHED_RUN = {
  reason: "",
  branch: "",
  commit: "",
  session_id: "",
  turns: 0,
  cost_usd: 0,
  input_tokens: 0,
  output_tokens: 0,
  finished_at: "",
  agent_pid: 0,
  base_commit: "",
  stop_requested_at: "",
  stop_requested_by: "",
  log_seq: 0,
  refused_hosts: "",
} as const;

/** Where the workflow sends an issue that the claim's statement selects. */
function claimTarget(kind: Kind, agent: AgentProcess): Status {
  const actor = { kind: "agent", name: agent.id } as const;
  return decided({ status: "ready", human_only: 0, kind }, { type: "claim" }, actor).to;
}

/** One statement picks and moves the issue: the three conditions of domain/claim.ts, and its order. */
const taking = (one: boolean) =>
  kept((db, p: { status: Status; agent: string; now: string; number: number | null }, kind) =>
    db.updateTable("issues").set({
      status: p.status,
      claimed_by: p.agent,
      claimed_at: p.now,
      not_before: "",
      attempts: (eb) => eb("attempts", "+", 1),
      fence: (eb) => eb("fence", "+", 1),
      version: (eb) => eb("version", "+", 1),
      updated_at: p.now,
    }).where("number", "=", (eb) =>
      eb.selectFrom("issues").select("number")
        // Literals, so that both databases use the partial index whatever the parameters are.
        .where(sql<boolean>`status = 'ready' and human_only = 0`).where("not_before", "<=", p.now)
        .$if(one, (query) => query.where("number", "=", p.number))
        .orderBy("priority").orderBy("number").limit(1)
        // What another claim holds is passed over, not waited for.
        .$if(kind === "postgres", (query) => query.forUpdate().skipLocked())).returningAll()
  );
const takeNext = taking(false);
const takeThis = taking(true);

async function take(tx: Tx, agent: AgentProcess, number: number | null): Promise<IssueRow | undefined> {
  const status = claimTarget("feature", agent);
  const takeOne = number === null ? takeNext : takeThis;
  const [row] = await takeOne(tx, { status, agent: agent.id, now: tx.now, number });
  if (row !== undefined && claimTarget(row.kind, agent) !== status) {
    throw new Error(
      `The workflow sends a claimed ${row.kind} elsewhere: the claim's statement must know that`,
    );
  }
  return row;
}

/** The number of an issue that may be claimed now. @throws NotFoundError, RefusedError */
async function claimable(tx: Tx, ref: string, agent: AgentProcess): Promise<number> {
  const row = await lockIssue(tx, ref);
  decided(row, { type: "claim" }, { kind: "agent", name: agent.id });
  const why = whyNotClaimable(issueOf(row), tx.now);
  if (why !== null) throw new RefusedError(`${why}: issue ${row.number} can't be claimed now`, "waits", []);
  return row.number;
}

async function claim(
  tx: Tx,
  { token_hash, issue: ref, lease_ms = LEASE_MS, ...agent }: ClaimRequest,
): Promise<Claim | null> {
  const row = await take(tx, agent, ref === undefined ? null : await claimable(tx, ref, agent));
  if (row === undefined) return null;
  const started = {
    id: tx.newId(),
    issue_id: row.id,
    attempt: row.attempts,
    agent_id: agent.id,
    phase: "preparing",
    outcome: "",
    started_at: tx.now,
    fence: row.fence,
    lease_until: leaseEnd(tx.now, lease_ms),
    host: agent.host,
    server_pid: agent.pid,
    session_cost_usd: row.session_cost_usd,
    stop_to: "backlog",
  } as const;
  tx.later(insertQuery(tx, "runs", [started]));
  if (token_hash !== undefined) insertRunToken(tx, started, token_hash);
  const run: RunRow = { ...UNTOUCHED_RUN, ...started };
  const issue = issueOf(row);
  const actor = { kind: "agent", name: agent.id, ...byCredential(agent.host) } as const;
  const work = { issue_id: row.id, run_id: run.id };
  tx.emit({ type: "issue.status", ...work, actor, data: { ...cardOf(issue), from: "ready" } });
  const data = { title: row.title, agent: agent.id, attempt: run.attempt, number: row.number };
  tx.emit({ type: "run.started", ...work, actor, data });
  setWorking(tx, agent, { ...work, title: row.title });
  return {
    issue,
    run: runOf(run),
    lease: leaseOf(run),
    session_id: row.session_id,
    last_commit: row.last_commit,
    session_cost_usd: row.session_cost_usd,
    failures: row.failures,
    promoted_at: row.promoted_at,
  };
}

function leaseEnd(now: string, lease_ms = LEASE_MS): string {
  return new Date(Date.parse(now) + lease_ms).toISOString();
}

async function heartbeat(
  tx: Tx,
  run_id: string,
  fence: number,
  lease_ms?: number,
): Promise<{ stop_requested_by: string; stop_to: Status | "" }> {
  const run = await tx.db.updateTable("runs").set({ lease_until: leaseEnd(tx.now, lease_ms) })
    .where("id", "=", run_id).where("fence", "=", fence).where("finished_at", "=", "")
    .returning(["agent_id", "stop_requested_at", "stop_requested_by", "stop_to"]).executeTakeFirst();
  // Lost: taken over or finished. The caller must end its agent.
  if (run === undefined) throw new FencedError(run_id);
  const agent = await lockAgent(tx, run.agent_id);
  if (agent !== undefined) await touch(tx, agent);
  return run.stop_requested_at === ""
    ? { stop_requested_by: "", stop_to: "" }
    : { stop_requested_by: run.stop_requested_by, stop_to: run.stop_to };
}

async function update(tx: Tx, run_id: string, fence: number, patch: RunPatch): Promise<void> {
  const run = await lockRun(tx, run_id, fence);
  const changes = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  if (Object.keys(changes).length === 0) return;
  await tx.db.updateTable("runs").set(changes)
    .where("id", "=", run_id).where("fence", "=", fence).where("finished_at", "=", "").execute();
  tx.announce();
  if (patch.phase === undefined || patch.phase === run.phase) return;
  const work = { issue_id: run.issue_id, run_id };
  await tellAgent(tx, run.agent_id, "working", work, { phase: patch.phase });
}

async function spending({ read }: Database, since: string): Promise<{ usd: number; unfinished: number }> {
  const { usd } = await read.selectFrom("runs").select((eb) => eb.fn.sum("cost_usd").as("usd"))
    .where("finished_at", ">=", since).executeTakeFirstOrThrow();
  const under_way = await read.selectFrom("runs").select("host").where("finished_at", "=", "").execute();
  const unfinished = under_way.filter(({ host }) => handOwner(host) === null).length;
  return { usd: Number(usd ?? 0), unfinished };
}

/** @param now only runs whose lease ended before it; `null` for all */
async function unfinished({ read }: Database, now: string | null): Promise<LeasedRun[]> {
  const rows = await read.selectFrom("runs").selectAll().where("finished_at", "=", "")
    .$if(now !== null, (query) => query.where("lease_until", "<", now!))
    .orderBy("lease_until").execute();
  const byId = new Map<string, IssueRow>();
  for (let start = 0; start < rows.length; start += IDS_AT_ONCE) {
    const ids = rows.slice(start, start + IDS_AT_ONCE).map((row) => row.issue_id);
    for (const issue of await read.selectFrom("issues").selectAll().where("id", "in", ids).execute()) {
      byId.set(issue.id, issue);
    }
  }
  return rows.map((row) => ({
    run: runOf(row),
    lease: leaseOf(row),
    issue: issueOf(byId.get(row.issue_id)!),
  }));
}

async function takeOver(
  tx: Tx,
  run_id: string,
  fence: number,
  by: { host: string; pid: number },
): Promise<LeasedRun | null> {
  const found = await tx.db.selectFrom("runs").select("issue_id").where("id", "=", run_id).executeTakeFirst();
  if (found === undefined) return null;
  // The issue is locked before the run, as in every write that needs both: no two of them can deadlock.
  const issue = await lockIssue(tx, found.issue_id);
  const run = await tx.db.updateTable("runs").set({
    fence: issue.fence + 1,
    lease_until: leaseEnd(tx.now),
    host: by.host,
    server_pid: by.pid,
  }).where("id", "=", run_id).where("fence", "=", fence).where("finished_at", "=", "")
    .returningAll().executeTakeFirst();
  // Lost: another rescuer was faster, or the run came to its end. There is nothing left to take.
  if (run === undefined) return null;
  await tx.db.updateTable("issues").set({ fence: run.fence }).where("id", "=", issue.id).execute();
  return { run: runOf(run), lease: leaseOf(run), issue: issueOf(issue) };
}
