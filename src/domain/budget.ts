/** What runs cost. The CLI's total is cumulative over a session, also when it is resumed. */

/**
 * A run's own share in USD.
 *
 * @param total the session's cumulative cost now
 * @param at_start the same when the run began; 0 for a new session
 */
export function shareOf(total: number, at_start: number): number {
  return Number.isFinite(total) ? Math.max(0, total - at_start) : 0;
}

/**
 * The limit in USD to give to the CLI, which compares it with its cumulative total. 0 means no limit.
 *
 * @param limit for this run; 0 means none
 * @param at_start the session's cumulative cost when the run begins
 * @param spent what this run has spent so far, in this session or an earlier one
 */
export function limitForSession(limit: number, at_start: number, spent = 0): number {
  return limit === 0 ? 0 : Math.max(0.01, at_start + limit - spent);
}
