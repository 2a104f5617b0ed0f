/**
 * Rescues runs whose supervisor is gone: takes them over under a new fence, commits what their workspace holds,
 * and ends them as lost, so that the issue is ready again and goes on in the same session.
 */

import { handOwner } from "../domain/by_hand.ts";
import { FencedError, messageOfError } from "../domain/errors.ts";
import { AUTOPILOT } from "../domain/messages.ts";
import { failpoint } from "../failpoint.ts";
import { loggerOf } from "../log.ts";
import type { LeasedRun, RunEnd } from "../store/store.ts";
import type { Breaker } from "./breaker.ts";
import type { Snapshot } from "../workspace/snapshot.ts";
import type { Workspace } from "../workspace/workspace.ts";

export interface RescuerDeps {
  host: string;
  /** Runs whose lease has ended. */
  expired(): Promise<LeasedRun[]>;
  /** All unfinished runs. */
  active(): Promise<LeasedRun[]>;
  takeOver(run_id: string, fence: number): Promise<LeasedRun | null>;
  /** Whether a server of this machine lives; `true` when that can't be known for certain. */
  processLives(pid: number): Promise<boolean>;
  /** Whether this process works on the run. */
  isOurs(run_id: string): boolean;
  /** `null` when nothing is on this machine's disk. */
  openWorkspace(found: LeasedRun): Promise<Workspace | null>;
  snapshot(workspace: Workspace, found: LeasedRun): Promise<Snapshot>;
  finish(run_id: string, fence: number, end: RunEnd): Promise<void>;
  removeWorkspace(workspace: Workspace): Promise<void>;
  /** Moves a workspace whose work can't be taken out of the way; answers where it is then. */
  quarantine(workspace: Workspace): Promise<string>;
  /** Where an earlier attempt moved the run's workspace to; empty when none did. */
  quarantined(found: LeasedRun): Promise<string>;
  breaker: Breaker;
}

/** One pass. Answers how many runs were rescued; one that fails stays for the next pass. */
export async function rescueRuns(deps: RescuerDeps): Promise<number> {
  let rescued = 0;
  for (const found of await abandoned(deps)) {
    try {
      if (await rescue(found, deps)) rescued++;
    } catch (error) {
      if (error instanceof FencedError) continue;
      loggerOf("runner").error("Cannot rescue run {run_id}: {error}", {
        run_id: found.run.id,
        error: messageOfError(error),
      });
    }
  }
  return rescued;
}

/** Runs of a dead server of this machine, whose lease need not be waited for, and those whose lease has ended. */
async function abandoned(deps: RescuerDeps): Promise<LeasedRun[]> {
  const active = (await deps.active()).filter(isRunners);
  const dead = new Map<string, LeasedRun>();
  for (const found of active) {
    const { host, server_pid } = found.lease;
    if (host === deps.host && !await deps.processLives(server_pid)) dead.set(found.run.id, found);
  }
  // Of a run that was given up by this process itself nobody extends the lease: isOurs() is false then.
  const suspects = (await deps.expired()).filter(isRunners).filter(({ run }) =>
    !dead.has(run.id) && !deps.isOurs(run.id)
  );
  for (const found of deps.breaker.admit(suspects, active.length)) dead.set(found.run.id, found);
  return [...dead.values()].filter(({ run }) => !deps.isOurs(run.id));
}

/** What sessions took by hand is looked after by hand_runs.ts, also where no runner works. */
function isRunners({ lease }: LeasedRun): boolean {
  return handOwner(lease.host) === null;
}

async function rescue(found: LeasedRun, deps: RescuerDeps): Promise<boolean> {
  const taken = await deps.takeOver(found.run.id, found.lease.fence);
  // Somebody else was faster, or the run came to its end: either way it is in good hands.
  if (taken === null) return false;
  failpoint("rescue_taken_over");
  const workspace = await deps.openWorkspace(taken);
  const work = await takeWork(workspace, taken, deps);
  failpoint("rescue_snapshot");
  await deps.finish(taken.run.id, taken.lease.fence, lostEnd(taken, work));
  failpoint("rescue_finished");
  if (workspace !== null && work.kept_in === "") await deps.removeWorkspace(workspace);
  loggerOf("runner").info("Rescued run {run_id} of issue {number}", {
    run_id: taken.run.id,
    number: taken.issue.number,
  });
  return true;
}

/** What became of the agent's files. */
interface Work {
  commit: string;
  branch: string;
  /** Why they could not be committed, and where they are; empty when all is well. */
  error: string;
  kept_in: string;
}

async function takeWork(workspace: Workspace | null, taken: LeasedRun, deps: RescuerDeps): Promise<Work> {
  if (workspace === null) {
    const kept_in = await deps.quarantined(taken);
    return { commit: "", branch: "", error: kept_in === "" ? "" : "an earlier attempt failed", kept_in };
  }
  try {
    const { commit, branch } = await deps.snapshot(workspace, taken);
    return { commit, branch, error: "", kept_in: "" };
  } catch (error) {
    return {
      commit: "",
      branch: "",
      error: messageOfError(error),
      kept_in: await deps.quarantine(workspace),
    };
  }
}

function lostEnd({ run, lease }: LeasedRun, { commit, branch, error, kept_in }: Work): RunEnd {
  const stopped = lease.stop_requested_at !== "";
  const reason = stopped
    ? "A human stopped the run, and the server died under it"
    : "The server died under the run";
  // The session believes that its changes are there: without them it must not go on by itself.
  const outcome = stopped ? "stopped" : error === "" ? "lost" : "failed";
  return {
    outcome,
    reason: outcome === "failed"
      ? `${reason}, and the agent's work could not be committed: ${error}`
      : reason,
    commit,
    branch: commit === "" ? "" : branch,
    pr_url: "",
    result: "",
    session_id: run.session_id,
    turns: 0,
    // Not known: the session's total tells it, and the next run of the session counts it.
    cost_usd: 0,
    session_cost_usd: lease.session_cost_usd,
    input_tokens: 0,
    output_tokens: 0,
    checks: "",
    transient: false,
    not_before: "",
    comments: [{
      author: AUTOPILOT,
      author_kind: "system",
      trust: "agent",
      body: [
        `${reason}.`,
        commit === ""
          ? ""
          : `What was done so far is on the branch \`${branch}\` at \`${commit.slice(0, 12)}\`.`,
        error === ""
          ? ""
          : `The agent's files could not be committed (${error}). They are kept in \`${kept_in}\`.`,
        nextStep(outcome),
      ].filter((line) => line !== "").join("\n\n"),
    }],
  };
}

function nextStep(outcome: "stopped" | "lost" | "failed"): string {
  switch (outcome) {
    case "stopped":
      return "Move the issue to Ready to go on.";
    case "lost":
      return "The issue is ready again and goes on in the same session.";
    case "failed":
      return "Bring the files to where they belong, then reply here: the agent goes on in the same session.";
  }
}
