/** Agents: who claims issues. One agent works on at most one issue at a time. */

/** An agent without a sign of life for this many milliseconds is `stale`. */
export const STALE_AFTER_MS = 90_000;

export const AGENT_STATUSES = ["idle", "working", "stale"] as const;
export type AgentStatus = typeof AGENT_STATUSES[number];

export interface Agent {
  id: string;
  status: AgentStatus;
  issue_id: string;
  run_id: string;
  /** Since when it has been in this status. */
  since: string;
  last_seen_at: string;
}

/** What the rest of the program may know of the runner in this process. */
export interface RunnerStatus {
  /** False once its loop has ended or failed: the server is then not ready. */
  alive(): boolean;
  sandbox: "bwrap" | "off";
  /** Agents at a time. */
  concurrency: number;
  /** Why it does not work, in words; empty while it does. */
  error: string;
  /** Why nothing is claimed for now although it works, in words: a day's budget; empty while nothing holds it. */
  waits: string;
  /** What the operator should know of sandbox and login. */
  warnings: string[];
  /** A script plays the agents; nothing is started for them. Missing: they are agents. */
  demo?: boolean;
  /** As of the last look, some minutes ago at most; missing before the first. */
  disk?: DiskUse;
}

/** What the runner's folders hold. */
export interface DiskUse {
  /** Folders of runs. */
  workspaces: number;
  /** Folders whose work could not be committed: they wait for a human. */
  quarantined: number;
  bytes: number;
  /** There was more than could be counted. */
  bytes_at_least: boolean;
}
