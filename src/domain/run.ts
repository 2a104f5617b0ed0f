/** Runs: one attempt of an agent at an issue. */

import type { Status } from "./issue.ts";
import type { Outcome } from "./outcomes.ts";

export { type Outcome, OUTCOMES } from "./outcomes.ts";

/**
 * Where a run stands. The supervisor that holds the fencing token moves it on; when that dies, the rescuer
 * finishes it as `lost`.
 * - `preparing`: claimed; the workspace is being made.
 * - `running`: the agent's process works.
 * - `checking`: the configured checks run on what the agent left.
 * - `finishing`: snapshot, push and pull request.
 * - `finished`: terminal; `outcome` says how.
 */
export const PHASES = ["preparing", "running", "checking", "finishing", "finished"] as const;
export type Phase = typeof PHASES[number];

/** Ends the reason of a run that was followed by another one for a comment that it did not hear any more. */
export const UNHEARD_REASON = "; a comment came meanwhile, and the agent goes on with it";

/** A run as the API answers it. */
export interface Run {
  id: string;
  issue_id: string;
  /** 1 for the issue's first run, and so on. */
  attempt: number;
  agent_id: string;
  phase: Phase;
  /** Empty until finished. */
  outcome: Outcome | "";
  /** Why it ended so, in plain words. */
  reason: string;
  branch: string;
  /** The commit that holds the run's work; empty when nothing changed. */
  commit: string;
  /** The coding agent's conversation; the next run of the issue may resume it. */
  session_id: string;
  turns: number;
  /** This run's own share in USD: the CLI's total is cumulative over a session, the difference is stored. */
  cost_usd: number;
  input_tokens: number;
  output_tokens: number;
  /** Hosts that its tools were refused or could not reach, as far as the transcript tells. */
  refused_hosts: string[];
  started_at: string;
  finished_at: string;
}

/** What only the runner and the rescuer need to know of a run. */
export interface RunLease {
  run_id: string;
  /** Fencing token: rises with every claim of the issue. A write with an older one changes nothing. */
  fence: number;
  /** The run is dead for everyone else after this time unless a heartbeat extended it. */
  lease_until: string;
  /** Host and process of the supervisor, process of the agent (0 when none was started). */
  host: string;
  server_pid: number;
  agent_pid: number;
  /** The commit that the workspace was made from; empty before. */
  base_commit: string;
  /** The CLI's cumulative cost of the session when this run started. */
  session_cost_usd: number;
  /** When a human asked to stop; empty when nobody did. */
  stop_requested_at: string;
  stop_requested_by: string;
  /** Where the human wants the issue after the stop. */
  stop_to: Status;
}

/** Times of the lease in milliseconds. */
export const LEASE_MS = 90_000;
export const HEARTBEAT_MS = 15_000;
