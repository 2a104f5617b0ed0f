/** When a run that failed for reasons outside of the work is tried again. */

/** Runs in a row that may fail transiently before a human is asked. */
export const MAX_ATTEMPTS = 3;
const FIRST_DELAY_MS = 10_000;
const MAX_DELAY_MS = 5 * 60_000;
/** The part of the delay that is random, so that parked issues do not all return at one moment. */
const JITTER = 0.2;

/**
 * When to try again after the `failures`-th transient failure in a row (from 1): 10 s · 2^(failures−1), at most
 * 5 min, less up to 20 % jitter. `null` when no attempt is left.
 *
 * @param random in [0, 1)
 */
export function nextRetryAt(failures: number, now: Date, random: number): Date | null {
  if (failures >= MAX_ATTEMPTS) return null;
  const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS);
  return new Date(now.getTime() + Math.round(delay * (1 - JITTER * random)));
}
