/** The ways in which a run ends. */

/**
 * How a run ended; workflow.ts says where the issue goes.
 * - `implemented`: ended well, files changed.
 * - `checks_failed`: files changed, the checks are still red after the last round.
 * - `needs_input`: the agent asks a question.
 * - `no_change`: ended well, no file changed.
 * - `failed`: bad login, refused request, broken repository, crash of the agent.
 * - `timed_out`, `stalled`, `over_budget`: a limit ended it.
 * - `usage_limited`: the account's limit is reached.
 * - `stopped`: a human stopped it.
 * - `lost`: the server died or was shut down under it.
 */
export const OUTCOMES = [
  "implemented",
  "checks_failed",
  "needs_input",
  "no_change",
  "failed",
  "timed_out",
  "stalled",
  "over_budget",
  "usage_limited",
  "stopped",
  "lost",
] as const;
export type Outcome = typeof OUTCOMES[number];
