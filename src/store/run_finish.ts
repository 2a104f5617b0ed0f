/** The end of a run: everything that follows from it, in one commit. */

import type { Updateable } from "kysely";
import { FencedError } from "../domain/errors.ts";
import { type Actor, SYSTEM } from "../domain/event.ts";
import { unheardComment } from "../domain/messages.ts";
import type { Issue, Status } from "../domain/issue.ts";
import { nextRetryAt } from "../domain/retry.ts";
import { type Outcome, type Run, UNHEARD_REASON } from "../domain/run.ts";
import { setIdle } from "./agent_rows.ts";
import { hasUnheard, insertComment } from "./comments.ts";
import type { Tx } from "./database.ts";
import { decided, FRESH_START, lockIssue, moveIssue } from "./issue_rows.ts";
import { issueOf, runOf } from "./rows.ts";
import { byCredential, lockRun } from "./run_rows.ts";
import type { IssueRow, IssueTable, RunRow } from "./schema.ts";
import type { RunEnd } from "./store.ts";
import { storableFields } from "./text.ts";
import { removeRunToken } from "./tokens.ts";

/** Outcomes of runs that came to an end by themselves: a stop that came too late does not rename them. */
const OWN_ENDS: ReadonlySet<Outcome> = new Set(["implemented", "checks_failed", "needs_input", "no_change"]);
/** Outcomes that say nothing about the issue's failures: the count stays. */
const NO_VERDICT: ReadonlySet<Outcome> = new Set(["usage_limited", "lost", "stopped"]);

export async function finish(
  tx: Tx,
  run_id: string,
  fence: number,
  given: RunEnd,
): Promise<{ issue: Issue; run: Run }> {
  const found = await tx.db.selectFrom("runs").select("issue_id").where("id", "=", run_id).executeTakeFirst();
  if (found === undefined) throw new FencedError(run_id);
  // First the issue, then the run, as in every write that needs both: no two of them can deadlock.
  const issue = await lockIssue(tx, found.issue_id);
  const run = await lockRun(tx, run_id, fence);

  const stopped = run.stop_requested_at !== "";
  const outcome = stopped && !OWN_ENDS.has(given.outcome) ? "stopped" : given.outcome;
  const end = { ...storableFields(given), outcome };
  const actor: Actor = outcome === "lost"
    ? SYSTEM
    : { kind: "agent", name: run.agent_id, ...byCredential(run.host) };
  const unheard = await hasUnheard(tx, issue.id, run.started_at);
  const { to, fields, goes_on } = nextOfIssue(tx, issue, run, end, { stopped, actor, unheard });

  if (goes_on) end.reason += UNHEARD_REASON;
  const finished = await endRun(tx, run, end);
  await removeRunToken(tx, run_id);
  const { title, number } = issue;
  const { reason, cost_usd, input_tokens, output_tokens } = end;
  const spent = { cost_usd, input_tokens, output_tokens };
  const data = { title, agent: run.agent_id, outcome, reason, number, ...spent };
  tx.emit({ type: "run.finished", issue_id: issue.id, run_id, actor, data });
  for (const comment of [...end.comments, ...(goes_on ? [unheardComment()] : [])]) {
    const author: Actor = comment.author_kind === "system" ? SYSTEM : { kind: "agent", name: comment.author };
    await insertComment(tx, issue, storableFields(comment), { status: to, actor: author, run_id });
  }
  const moved = await moveIssue(tx, issue, to, fields, actor, run_id);
  await setIdle(tx, run.agent_id, run_id);
  return { issue: issueOf(moved), run: runOf(finished) };
}

async function endRun(tx: Tx, run: RunRow, end: RunEnd): Promise<RunRow> {
  const finished = await tx.db.updateTable("runs").set({
    phase: "finished",
    outcome: end.outcome,
    reason: end.reason,
    finished_at: tx.now,
    commit: end.commit || run.commit,
    branch: end.branch || run.branch,
    session_id: end.session_id || run.session_id,
    turns: end.turns,
    cost_usd: end.cost_usd,
    input_tokens: end.input_tokens,
    output_tokens: end.output_tokens,
    refused_hosts: refusedOf(end),
  }).where("id", "=", run.id).where("fence", "=", run.fence).where("finished_at", "=", "")
    .returningAll().executeTakeFirst();
  // The row is locked under this fence, so this can't be lost; if it is, the whole end is undone.
  if (finished === undefined) throw new FencedError(run.id);
  return finished;
}

function refusedOf({ refused_hosts = [] }: RunEnd): string {
  return refused_hosts.join(",");
}

/** Where the issue goes and what else of it changes. */
function nextOfIssue(
  tx: Tx,
  issue: IssueRow,
  run: RunRow,
  end: RunEnd,
  { stopped, actor, unheard }: { stopped: boolean; actor: Actor; unheard: boolean },
): { to: Status; fields: Updateable<IssueTable>; goes_on: boolean } {
  const failures = end.transient ? issue.failures + 1 : NO_VERDICT.has(end.outcome) ? issue.failures : 0;
  const retry_at = end.transient ? nextRetryAt(failures, new Date(tx.now), tx.random()) : null;
  const action = {
    type: "finish",
    // Where a human moved the issue meanwhile wins over where this outcome would send it.
    outcome: stopped ? "stopped" : end.outcome,
    retry: retry_at !== null || (end.outcome === "over_budget" && end.not_before !== ""),
    stop_to: run.stop_to,
    unheard,
  } as const;
  const { to } = decided(issue, action, actor);
  // The comment alone sends it back to the agents, as a reply to a blocked issue does.
  const goes_on = unheard && decided(issue, { ...action, unheard: false }, actor).to !== to;
  const commit = end.commit || run.commit;
  const session_id = end.session_id || run.session_id;
  const fields: Updateable<IssueTable> = {
    branch: end.branch || run.branch || issue.branch,
    pr_url: end.pr_url || issue.pr_url,
    result: end.result || end.reason,
    // Without a new commit the branch is what it was, and so is the state of its checks.
    checks: commit === "" && end.checks === "" ? issue.checks : end.checks,
    outcome: end.outcome,
    refused_hosts: refusedOf(end),
    cost_usd: issue.cost_usd + end.cost_usd,
    failures,
    not_before: to === "ready" ? end.not_before || (retry_at?.toISOString() ?? "") : "",
    last_commit: commit || issue.last_commit,
    ...(end.forget_session === true ? { session_id: "", session_cost_usd: 0 } : session_id === "" ? {} : {
      session_id,
      // The total of one session never falls; a run that was lost may not know it.
      session_cost_usd: session_id === issue.session_id
        ? Math.max(issue.session_cost_usd, end.session_cost_usd)
        : end.session_cost_usd,
    }),
  };
  const anew = goes_on || (stopped && to === "ready");
  return { to, fields: anew ? { ...fields, ...FRESH_START } : fields, goes_on };
}
