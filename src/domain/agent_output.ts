/** What the runner needs to know of a coding agent's process, whichever program it is. */

import type { LogBody } from "./log_entry.ts";

/** What the process said at the end of a turn. Totals are the CLI's: cumulative over the session for cost. */
export interface AgentResult {
  /** False when the CLI marks an error, or ended the turn for a reason other than completion. */
  ok: boolean;
  /** The CLI's word for why the turn ended, e.g. `completed`, `api_error`, `max_turns`, `aborted_tools`. */
  terminal_reason: string;
  /** The CLI's subtype, for messages only: `success` is also said of failed requests. */
  subtype: string;
  /** The agent's last words. */
  text: string;
  errors: string[];
  /** HTTP status of a failed API request, 0 when there was none. */
  api_status: number;
  /** The CLI's class of a failed API request, e.g. `authentication_failed`, `rate_limit`; empty when none. */
  api_error: string;
  turns: number;
  /** Cumulative over the session: never summed over runs. */
  session_cost_usd: number;
  input_tokens: number;
  output_tokens: number;
}

/** One line of the agent's output, parsed. */
export type AgentEvent =
  | { type: "session"; session_id: string; model: string; version: string }
  | { type: "log"; body: LogBody }
  /**
   * The model answered once more, in the conversation itself and not in that of a helper of the agent. What it read
   * for the answer is known from its beginning, what it wrote only at the end of the turn.
   */
  | { type: "round"; input_tokens: number }
  /** Answer to askCost(): cumulative over the session. */
  | { type: "cost"; session_cost_usd: number }
  | { type: "api_retry"; status: number; attempt: number; max: number; error: string }
  | { type: "result"; result: AgentResult; log: LogBody };

/** How the process ended. */
export interface AgentExit {
  code: number;
  signal: string;
  /** Last part of standard error, capped. */
  stderr: string;
  /** Lines on standard output that were no JSON object. */
  garbage_lines: number;
}

/** Why the supervisor ended the process; empty when it ended by itself. The first cause wins. */
export type EndCause = "" | "stopped" | "shutdown" | "timed_out" | "stalled" | "over_budget" | "fenced";
