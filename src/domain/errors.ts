/** The errors that callers tell apart. Everything else is a defect or a broken environment. */

import type { Status } from "./issue.ts";

/** Nothing with this id or number exists. */
export class NotFoundError extends Error {
  override name = "NotFoundError";
  constructor(readonly what: string, readonly ref: string) {
    super(`No ${what} ${JSON.stringify(ref)} exists`);
  }
}

/** The workflow does not allow it. `allowed` lists the statuses to which this actor may move the issue now. */
export class RefusedError extends Error {
  override name = "RefusedError";
  constructor(message: string, readonly code: string, readonly allowed: readonly Status[]) {
    super(message);
  }
}

/** The issue changed since the version that the caller saw. */
export class StaleVersionError extends Error {
  override name = "StaleVersionError";
  constructor(readonly expected: number, readonly current: number) {
    super(`The issue is at version ${current}, not ${expected}: read it again and repeat the change`);
  }
}

/** A hand-off names how many comments its person was shown, and there are others by now. Nothing moved. */
export class StaleThreadError extends Error {
  override name = "StaleThreadError";
  constructor(readonly seen: number, readonly current: number) {
    super(`The thread has ${current} comments, not ${seen}: read it again and decide again`);
  }
}

/** A write carried a fencing token that is no longer the run's: somebody else owns the run now. */
export class FencedError extends Error {
  override name = "FencedError";
  constructor(readonly run_id: string) {
    super(`Run ${run_id} is no longer held by this process: its lease was taken over or it is finished`);
  }
}

/** The message of anything that was thrown. */
export function messageOfError(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
