/**
 * Rescues runs whose supervisor is gone: takes them over under a new fence, commits what their workspace holds,
 * and ends them as lost, so that the issue is ready again and goes on in the same session.
 */

import { FencedError, messageOfError } from "../domain/errors.ts";
import { AUTOPILOT } from "../domain/messages.ts";
import { failpoint } from "../failpoint.ts";
import { loggerOf } from "../log.ts";
import type { LeasedRun, RunEnd } from "../store/store.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Workspace } from "./workspace.ts";

export interface RescuerDeps {
  host: string;
  /** Runs whose lease has ended. */
  expired(): Promise<LeasedRun[]>;
  /** All unfinished runs. */
  active(): Promise<LeasedRun[]>;
  takeOver(run_id: string, fence: number): Promise<LeasedRun | null>;
  /** Whether a process of this machine lives; `true` when that can't be known. */
  processLives(pid: number): Promise<boolean>;
  /** Whether this process works on the run. */
  isOurs(run_id: string): boolean;
  /** `null` when nothing is on this machine's disk. */
  openWorkspace(found: LeasedRun): Promise<Workspace | null>;
  snapshot(workspace: Workspace, found: LeasedRun): Promise<Snapshot>;
  finish(run_id: string, fence: number, end: RunEnd): Promise<void>;
  removeWorkspace(workspace: Workspace): Promise<void>;
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

/** Expired runs, and those of a dead process on this machine, whose lease need not be waited for. */
async function abandoned(deps: RescuerDeps): Promise<LeasedRun[]> {
  const found = new Map<string, LeasedRun>();
  for (const run of await deps.expired()) found.set(run.run.id, run);
  for (const run of await deps.active()) {
    const { host, server_pid } = run.lease;
    if (host === deps.host && !await deps.processLives(server_pid)) found.set(run.run.id, run);
  }
  return [...found.values()].filter(({ run }) => !deps.isOurs(run.id));
}

async function rescue(found: LeasedRun, deps: RescuerDeps): Promise<boolean> {
  const taken = await deps.takeOver(found.run.id, found.lease.fence);
  // Somebody else was faster, or the run came to its end: either way it is in good hands.
  if (taken === null) return false;
  failpoint("rescue_taken_over");
  const workspace = await deps.openWorkspace(taken);
  const work = workspace === null ? null : await takeWork(workspace, taken, deps);
  failpoint("rescue_snapshot");
  await deps.finish(taken.run.id, taken.lease.fence, lostEnd(taken, workspace, work));
  failpoint("rescue_finished");
  if (workspace !== null && work !== null && work.error === "") await deps.removeWorkspace(workspace);
  loggerOf("runner").info("Rescued run {run_id} of issue {number}", {
    run_id: taken.run.id,
    number: taken.issue.number,
  });
  return true;
}

async function takeWork(
  workspace: Workspace,
  taken: LeasedRun,
  deps: RescuerDeps,
): Promise<{ commit: string; branch: string; error: string }> {
  try {
    const { commit, branch } = await deps.snapshot(workspace, taken);
    return { commit, branch, error: "" };
  } catch (error) {
    return { commit: "", branch: "", error: messageOfError(error) };
  }
}

function lostEnd(
  { run, lease }: LeasedRun,
  workspace: Workspace | null,
  work: { commit: string; branch: string; error: string } | null,
): RunEnd {
  const stopped = lease.stop_requested_at !== "";
  const commit = work?.commit ?? "";
  const branch = commit === "" ? "" : work?.branch ?? "";
  const reason = stopped
    ? "A human stopped the run, and the server died under it"
    : "The server died under the run";
  return {
    outcome: stopped ? "stopped" : "lost",
    reason,
    commit,
    branch,
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
        work !== null && work.error !== ""
          ? `The agent's files could not be committed (${work.error}). They are kept in \`${workspace?.dir}\`.`
          : "",
        stopped
          ? "Move the issue to Ready to go on."
          : "The issue is ready again and goes on in the same session.",
      ].filter((line) => line !== "").join("\n\n"),
    }],
  };
}
