/** Signals that end the program. */

/** Signals that ask for an end, with their numbers. */
const SIGNALS = Deno.build.os === "windows"
  ? { SIGINT: 2, SIGBREAK: 21 } as const
  : { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/** One Ctrl-C may arrive several times: from the terminal, and from the programs that started this one. */
const ONE_PRESS_MS = 1_000;

/**
 * The first signal asks for an orderly stop. One while the server still starts, or another a moment later, ends the
 * process at once: the agents die with it, the sandbox sees to that.
 *
 * @param on_hangup what SIGHUP does instead of asking for a stop; not when a terminal hangs up that the program
 * was started from
 */
export function watchSignals(on_hangup?: () => void): { first(): Promise<string> } {
  let ask: ((name: string) => void) | null = null;
  let asked_at = -Infinity;
  const from_terminal = Deno.stdin.isTerminal() || Deno.stderr.isTerminal();
  for (const [name, number] of Object.entries(SIGNALS)) {
    Deno.addSignalListener(name as Deno.Signal, () => {
      if (name === "SIGHUP" && on_hangup !== undefined && !from_terminal) return on_hangup();
      if (performance.now() - asked_at < ONE_PRESS_MS) return;
      if (ask === null) Deno.exit(128 + number);
      asked_at = performance.now();
      ask(name);
      ask = null;
    });
  }
  return { first: () => new Promise((resolve) => ask = resolve) };
}
