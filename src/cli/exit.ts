/** How commands end. */

/**
 * What the process answers, the same for every command. A second signal while the server stops ends it with
 * 128 + the signal's number.
 */
export const EXIT = {
  ok: 0,
  /** It was tried and went wrong. */
  failed: 1,
  /** The command line, or an option, can't be used: nothing was tried. */
  usage: 2,
  /** The server understood and says no: not found, not allowed by the workflow, not a valid value. */
  refused: 3,
  /** The server wants another token: none was given, or it may not do this. */
  denied: 4,
  /** No server answers. */
  unreachable: 5,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An expected failure. The message says what was tried, what was found and what to do; no stack is shown. */
export class CommandError extends Error {
  override name = "CommandError";
  /** @param code stable, for programs: the `code` of the JSON line on standard error */
  constructor(
    message: string,
    readonly exit: ExitCode = EXIT.failed,
    readonly code = "failed",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
