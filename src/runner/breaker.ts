/**
 * Doubt about runs that look dead. A lease is judged by a clock, and a clock may jump: after a suspended laptop wakes
 * up, or a wrong time is corrected, every lease of the others has ended at once. When more than half of all runs look
 * dead in one pass, the clock is believed to be wrong, and a run counts as dead only when nobody has extended its lease
 * for a whole lease of this process's own, steady time.
 */

import { LEASE_MS } from "../domain/run.ts";
import type { LeasedRun } from "../store/store.ts";

interface Watched {
  lease_until: string;
  since: number;
}

export class Breaker {
  /** Milliseconds of a clock that never jumps. */
  readonly #steady: () => number;
  #watched = new Map<string, Watched>();
  #doubt = "";

  constructor(steady: () => number) {
    this.#steady = steady;
  }

  /** What is held back now and why; empty when nothing is. */
  get doubt(): string {
    return this.#doubt;
  }

  /** Those of the suspects that are dead beyond doubt. `live`: all unfinished runs, the suspects among them. */
  admit(suspects: readonly LeasedRun[], live: number): LeasedRun[] {
    const now = this.#steady();
    const watched = new Map<string, Watched>();
    for (const { run, lease: { lease_until } } of suspects) {
      const known = this.#watched.get(run.id);
      watched.set(run.id, known?.lease_until === lease_until ? known : { lease_until, since: now });
    }
    this.#watched = watched;
    const many = suspects.length > 1 && suspects.length * 2 > live;
    const admitted = many
      ? suspects.filter(({ run }) => now - watched.get(run.id)!.since >= LEASE_MS)
      : [...suspects];
    const held_back = suspects.length - admitted.length;
    this.#doubt = held_back === 0
      ? ""
      : `${suspects.length} of ${live} runs look dead at once, which a jump of the clock would do too: ` +
        `${held_back} are watched for ${LEASE_MS / 1000} s before they are rescued`;
    return admitted;
  }
}
