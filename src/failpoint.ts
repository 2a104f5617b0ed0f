/**
 * Failpoints: places right after a durable step at which the process can be made to die as `kill -9` makes it. They
 * are compiled in, so that what is tested is what is shipped, and off unless an option names one.
 */

/** Every place, in the order in which a run passes them, with what is durable there. */
export const FAILPOINTS = {
  claimed: "the claim is committed",
  workspace_made: "the workspace is on disk",
  setup_done: "the setup command has run",
  session_noted: "phase and session are noted, no agent runs yet",
  agent_started: "the agent's process runs, nobody has noted it",
  first_output: "the agent said something, nothing of it is stored",
  transcript_page: "a page of the transcript is stored",
  comment_handed: "a comment was handed to the agent, which is not noted yet",
  lease_extended: "a heartbeat is stored",
  stop_recorded: "a request to stop is stored, the agent still works",
  result_read: "the agent said that it is done",
  agent_exited: "the agent's process is gone",
  checks_done: "the checks have run",
  finishing_noted: "the phase is noted, the work is not taken yet",
  commit_made: "the commit exists, no branch names it",
  branch_moved: "the branch is at the commit, the workspace does not know",
  snapshot_committed: "branch and workspace know the commit, the store does not",
  pushed: "the branch is pushed",
  pr_opened: "the pull request is open, the store does not know",
  before_finish: "everything is done but the end of the run",
  finished: "the end of the run is committed, the workspace is still there",
  workspace_aside: "the workspace is out of the way, its files are still there",
  workspace_removed: "the workspace is gone",
  rescue_taken_over: "a rescuer holds the run, the work is not taken yet",
  rescue_snapshot: "a rescuer has taken the work, the store does not know",
  rescue_finished: "a rescuer has ended the run, the workspace is still there",
} as const satisfies Record<string, string>;

export type Failpoint = keyof typeof FAILPOINTS;

let armed: { name: Failpoint; left: number } | null = null;

/** What is wrong with `<name>` or `<name>:<n>`; `null` when nothing is. */
export function failpointProblem(spec: string): string | null {
  const [name, nth = "1", ...rest] = spec.split(":");
  if (!Object.hasOwn(FAILPOINTS, name)) return `the failpoints are ${Object.keys(FAILPOINTS).join(", ")}`;
  return rest.length === 0 && /^[1-9]\d{0,5}$/.test(nth)
    ? null
    : "`<name>` or `<name>:<n-th time>` is needed";
}

/**
 * From now on the process dies when it passes this point for the n-th time (by default the first).
 *
 * @throws {RangeError} when there is no such point
 */
export function armFailpoint(spec: string): void {
  const problem = failpointProblem(spec);
  if (problem !== null) throw new RangeError(`Cannot arm the failpoint ${JSON.stringify(spec)}: ${problem}`);
  const [name, nth = "1"] = spec.split(":");
  armed = { name: name as Failpoint, left: Number(nth) };
}

/** Dies here if this point is armed. Nothing of the process gets to run afterwards: no handler, no buffer, no child. */
export function failpoint(name: Failpoint): void {
  if (armed === null || armed.name !== name || --armed.left > 0) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`failpoint ${name}\n`));
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal may take a moment to reach this thread, which must not go on meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
