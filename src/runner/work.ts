/** One claimed issue, from its claim to its end: joins supervisor, executor and completer with store and parts. */

import type { Budget } from "../domain/budget.ts";
import { seenByHumans } from "../domain/comment.ts";
import { FencedError, messageOfError } from "../domain/errors.ts";
import { profileOf } from "../domain/profile.ts";
import { type Redact, redactEntry } from "../domain/redact.ts";
import { failpoint } from "../failpoint.ts";
import { loggerOf } from "../log.ts";
import type { Claim, RunEnd } from "../store/store.ts";
import { completeRun } from "./completer.ts";
import type { ExecutorDeps } from "./execution.ts";
import { executeRun, type RunInHand } from "./executor.ts";
import type { RunnerDeps, RunnerParts } from "./parts.ts";
import type { Steering } from "./steering.ts";
import { Supervisor } from "./supervisor.ts";
import { pause, type Timers } from "./timers.ts";
import type { UsageWatch } from "./usage_watch.ts";

/** A finish that fails for other reasons than its fence is tried so often, a pause apart: the lease still holds. */
const FINISH_TRIES = 5;
const FINISH_PAUSE_MS = 2_000;

export interface WorkDeps {
  /** The secret of the run's token; "" when there is none. */
  token: string;
  deps: RunnerDeps;
  parts: RunnerParts;
  timers: Timers;
  newId(): string;
  redact: Redact;
  usage: UsageWatch;
  budget(max_usd: number): Promise<Budget>;
}

/** A run of this process, as the service sees it. */
export interface Work {
  readonly run_id: string;
  readonly supervisor: Supervisor;
  readonly steering: Steering;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

export function startWork(claim: Claim, work: WorkDeps): Work {
  const { run, lease } = claim;
  const { store, clock, options } = work.deps;
  const supervisor = new Supervisor({
    run_id: run.id,
    heartbeat: () => store.runs.heartbeat(run.id, lease.fence),
    watchUsage: (pid, over) => work.usage.watch(pid, over),
    clock,
    timers: work.timers,
    limits: {
      run_timeout_ms: options.run_timeout_s * 1000,
      silence_timeout_ms: options.silence_timeout_s * 1000,
    },
  });
  const in_hand = executeRun(claim, supervisor, executorDeps(claim, work));
  const ended = end(claim, in_hand, supervisor, work);
  return { run_id: run.id, supervisor, steering: in_hand.steering, ended };
}

async function end(
  claim: Claim,
  { execution }: RunInHand,
  supervisor: Supervisor,
  work: WorkDeps,
): Promise<void> {
  const { issue, run, lease } = claim;
  const { deps: { store, clock, random }, parts } = work;
  try {
    const done = await execution;
    if (supervisor.fenced) throw new FencedError(run.id);
    await completeRun(claim, done, supervisor, {
      clock,
      random,
      note: (patch) => store.runs.update(run.id, lease.fence, patch),
      snapshot: (workspace) => parts.snapshot(workspace, issue),
      publish: publisher(work),
      finish: (said) => finish(claim, said, work),
      loginAdvice: async () => (await parts.login()).advice,
      removeWorkspace: parts.removeWorkspace,
      quarantine: parts.quarantine,
    });
  } catch (error) {
    // Fenced, or not to be written at all: whoever holds the lease next, the rescuer at the latest, goes on from it.
    loggerOf("runner").error("Run {run_id} of issue {number} was given up: {error}", {
      run_id: run.id,
      number: issue.number,
      error: messageOfError(error),
    });
  } finally {
    await supervisor.close();
  }
}

function executorDeps(claim: Claim, work: WorkDeps): ExecutorDeps {
  const { deps: { store, clock, blobs, options, sandbox }, parts, timers, newId, redact, budget } = work;
  const { issue, run, lease } = claim;
  return {
    clock,
    timers,
    comments: async () => seenByHumans(await store.comments.list(issue.id), claim.promoted_at),
    attachments: async () => {
      const list = await store.attachments.list(issue.id);
      return await Promise.all(list.map(async (file) => {
        const { stored_name } = await store.attachments.get(file.id);
        return { ...file, path: blobs.path(stored_name) };
      }));
    },
    runs: () => store.runs.list(issue.id),
    note: (patch) => store.runs.update(run.id, lease.fence, patch),
    append: (entries) =>
      store.runLog.append(run.id, lease.fence, entries.map((entry) => redactEntry(entry, redact))),
    markDelivered: (ids) => store.comments.markDelivered(run.id, lease.fence, ids),
    prepareWorkspace: (branch, files) => parts.prepareWorkspace(claim, branch, files),
    attachmentsFolder: (workspace) => parts.attachmentsFolder(workspace),
    startAgent: (request) => parts.startAgent({ ...request, token: work.token }),
    newId,
    newFence: () => crypto.randomUUID().replaceAll("-", ""),
    profile: async ({ external }) =>
      profileOf(options, await parts.readProject(), { sandboxed: sandbox.kind === "bwrap", external }),
    budget,
    commands: parts,
    command_limit_ms: options.check_timeout_s * 1000,
  };
}

/** What the agent says leaves the machine only without secrets. */
function publisher({ parts: { publish }, redact }: WorkDeps): RunnerParts["publish"] {
  if (publish === null) return null;
  return (request) => publish({ ...request, summary: redact(request.summary) });
}

async function finish(claim: Claim, said: RunEnd, { deps, redact, timers }: WorkDeps): Promise<void> {
  const run_end = withoutSecrets(said, redact);
  for (let tries = 1;; tries++) {
    try {
      await deps.store.runs.finish(claim.run.id, claim.lease.fence, run_end);
      failpoint("finished");
      return;
    } catch (error) {
      if (error instanceof FencedError || tries === FINISH_TRIES) throw error;
      loggerOf("runner").warn("Cannot end run {run_id} yet: {error}", {
        run_id: claim.run.id,
        error: messageOfError(error),
      });
      await pause(timers, FINISH_PAUSE_MS);
    }
  }
}

/** Everything of a run's end that is shown or sent. */
export function withoutSecrets(end: RunEnd, redact: Redact): RunEnd {
  return {
    ...end,
    reason: redact(end.reason),
    result: redact(end.result),
    comments: end.comments.map((comment) => ({ ...comment, body: redact(comment.body) })),
  };
}
