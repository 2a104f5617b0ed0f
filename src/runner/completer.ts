/** Makes an end of a run: takes the agent's work, publishes it, and writes outcome and comments in one commit. */

import type { Clock } from "../clock.ts";
import { redReason } from "../domain/check.ts";
import { messageOfError } from "../domain/errors.ts";
import type { CheckState } from "../domain/issue.ts";
import { commentsFor, resultOf } from "../domain/messages.ts";
import { judge, type Judgement, unreviewedCommit } from "../domain/outcome.ts";
import { nextRetryAt } from "../domain/retry.ts";
import { parkingsInARow } from "../domain/usage_limit.ts";
import { failpoint } from "../failpoint.ts";
import { loggerOf } from "../log.ts";
import type { Claim, RunEnd, RunPatch } from "../store/store.ts";
import type { Execution } from "./execution.ts";
import type { Published, PublishRequest } from "./ports.ts";
import type { Snapshot } from "../workspace/snapshot.ts";
import type { Supervisor } from "./supervisor.ts";
import type { Workspace } from "../workspace/workspace.ts";

export interface CompleterDeps {
  clock: Clock;
  random(): number;
  note(patch: RunPatch): Promise<void>;
  /** Commits what the workspace holds to the issue's branch. */
  snapshot(workspace: Workspace): Promise<Snapshot>;
  /** Pushes and opens the pull request; `null` when that is not wanted. Tells failures in its answer. */
  publish: ((request: PublishRequest) => Promise<Published>) | null;
  finish(end: RunEnd): Promise<void>;
  /** What mends a login that does not work. */
  loginAdvice(): Promise<string>;
  removeWorkspace(workspace: Workspace): Promise<void>;
  /** Moves a workspace whose work can't be taken out of the way; answers where it is then. */
  quarantine(workspace: Workspace): Promise<string>;
}

/** What became of the agent's files. No snapshot and no error: there was no workspace. */
interface Work {
  snapshot: Snapshot | null;
  error: string;
  /** Where the files are that could not be taken. */
  kept_in: string;
}

/**
 * Completes a run that is not fenced.
 *
 * @throws FencedError when somebody else has taken it over; then nothing was written
 */
export async function completeRun(
  claim: Claim,
  execution: Execution,
  supervisor: Supervisor,
  deps: CompleterDeps,
): Promise<void> {
  await deps.note({ phase: "finishing" });
  failpoint("finishing_noted");
  const work = await takeWork(execution.workspace, deps);
  // A request to stop that came while the work was taken still counts: nothing is public yet.
  await supervisor.beat();
  const unreviewed = unreviewedCommit(execution.earlier);
  const judgement = judge({
    ...execution,
    cause: supervisor.cause,
    cause_text: supervisor.causeText,
    login_advice: await deps.loginAdvice(),
    parkings: parkingsInARow(execution.earlier),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    red: redOf(execution),
    tree: treeOf(work, unreviewed),
    tree_error: work.error,
    now: deps.clock.now(),
  });
  const commit = commitOf(work, unreviewed, judgement);
  const branch = commit === "" ? claim.issue.branch : work.snapshot?.branch ?? claim.issue.branch;
  const published = await publish(
    { issue: claim.issue, branch, commit, summary: judgement.answer },
    judgement,
    deps,
  );
  failpoint("before_finish");
  await deps.finish(runEnd(claim, execution, { judgement, work, commit, branch, published }, deps));
  if (execution.workspace !== null && work.error === "") await removed(execution.workspace, deps);
}

async function takeWork(workspace: Workspace | null, deps: CompleterDeps): Promise<Work> {
  if (workspace === null) return { snapshot: null, error: "", kept_in: "" };
  try {
    return { snapshot: await deps.snapshot(workspace), error: "", kept_in: "" };
  } catch (error) {
    return { snapshot: null, error: messageOfError(error), kept_in: await deps.quarantine(workspace) };
  }
}

function treeOf({ snapshot, error }: Work, unreviewed: string): "changed" | "unchanged" | "unknown" {
  if (error !== "") return "unknown";
  // Work that an earlier run left unfinished on the branch is this run's too once it is complete.
  return (snapshot?.commit ?? "") !== "" || unreviewed !== "" ? "changed" : "unchanged";
}

function commitOf({ snapshot }: Work, unreviewed: string, { outcome }: Judgement): string {
  const commit = snapshot?.commit ?? "";
  return commit === "" && (outcome === "implemented" || outcome === "checks_failed") ? unreviewed : commit;
}

/** What is known of the checks says something about work that is complete, and about nothing else. */
function checksOf({ outcome }: Judgement, { checks }: Execution): CheckState {
  return outcome === "implemented" || outcome === "checks_failed" ? checks.state : "";
}

function redOf({ checks: { state, report, rounds } }: Execution): string {
  return state === "failed" && report !== null ? redReason(report, rounds) : "";
}

async function publish(
  request: PublishRequest,
  { outcome }: Judgement,
  deps: CompleterDeps,
): Promise<Published> {
  if (outcome !== "implemented" || deps.publish === null) return { pr_url: "", error: "" };
  try {
    return await deps.publish(request);
  } catch (error) {
    return { pr_url: "", error: messageOfError(error) };
  }
}

function runEnd(
  claim: Claim,
  execution: Execution,
  { judgement, work, commit, branch, published }: {
    judgement: Judgement;
    work: Work;
    commit: string;
    branch: string;
    published: Published;
  },
  deps: CompleterDeps,
): RunEnd {
  const { issue, run } = claim;
  const failures = claim.failures + (judgement.transient ? 1 : 0);
  const retry = judgement.transient ? nextRetryAt(failures, deps.clock.now(), deps.random()) : null;
  const retry_at = retry?.toISOString() ?? "";
  return {
    outcome: judgement.outcome,
    reason: judgement.reason,
    commit,
    branch,
    pr_url: published.pr_url,
    result: resultOf({ judgement, kind: issue.kind }),
    session_id: execution.session_id,
    forget_session: judgement.fresh_session,
    turns: execution.turns,
    cost_usd: execution.cost_usd,
    session_cost_usd: execution.session_cost_usd,
    input_tokens: execution.input_tokens,
    output_tokens: execution.output_tokens,
    refused_hosts: execution.refused_hosts,
    checks: checksOf(judgement, execution),
    transient: judgement.transient,
    not_before: judgement.not_before === "" ? retry_at : judgement.not_before,
    comments: commentsFor({
      judgement,
      kind: issue.kind,
      agent_id: run.agent_id,
      branch,
      commit,
      changed_files: work.snapshot?.changed_files ?? 0,
      left_out: work.snapshot?.left_out ?? [],
      warnings: work.snapshot?.warnings ?? [],
      pr_url: published.pr_url,
      publish_error: published.error,
      command: execution.setup ?? execution.checks.report,
      held_back: judgement.outcome === "checks_failed" && deps.publish !== null,
      failures,
      retry_at,
      kept_folder: work.kept_in,
      refused_hosts: execution.refused_hosts,
    }),
  };
}

async function removed(workspace: Workspace, deps: CompleterDeps): Promise<void> {
  try {
    await deps.removeWorkspace(workspace);
  } catch (error) {
    // The work is safe on the branch; a folder that stays costs only disk.
    loggerOf("runner").warn("Cannot remove the workspace {dir}: {error}", {
      dir: workspace.dir,
      error: messageOfError(error),
    });
  }
}
