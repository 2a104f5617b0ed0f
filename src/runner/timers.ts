/** Timers as an argument, so that tests decide when time passes. */
export interface Timers {
  /** Calls `run` once after `ms` milliseconds; the function returned cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** The platform counts milliseconds in 31 bits; a longer delay would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after(ms, run) {
    const id = setTimeout(run, Math.min(Math.max(ms, 0), LONGEST_MS));
    return () => clearTimeout(id);
  },
};

/** Resolves after `ms` milliseconds. */
export function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.after(ms, resolve));
}
