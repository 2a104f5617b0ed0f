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
 * The limit in USD to give to a process of the CLI. It compares it with what that process spends, although the
 * total that it tells is the session's. 0 means no limit.
 *
 * @param limit for the run; 0 means none
 * @param spent what the run has spent so far
 */
export function limitForProcess(limit: number, spent: number): number {
  return limit === 0 ? 0 : Math.max(0.01, limit - spent);
}
