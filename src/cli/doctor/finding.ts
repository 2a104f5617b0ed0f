/** What `autopilot doctor` finds, and the time it has. */

import { messageOfError } from "../../domain/errors.ts";

/** `error`: something asked for can't work. `warning`: something may go wrong. `note`: good to know. */
export type Level = "ok" | "note" | "warning" | "error";

export interface Finding {
  /** What was looked at, stable for programs. */
  check: string;
  level: Level;
  /** One line: what is there. */
  found: string;
  /** One line: what mends it; empty where nothing needs mending. */
  mend: string;
}

export function ok(check: string, found: string): Finding {
  return { check, level: "ok", found: oneLine(found), mend: "" };
}

export function finding(check: string, level: Exclude<Level, "ok">, found: string, mend: string): Finding {
  return { check, level, found: oneLine(found), mend: oneLine(mend) };
}

/** Of an error that says apart what was found and what mends it; else the whole message, and `mend`. */
export function fromError(
  check: string,
  level: Exclude<Level, "ok">,
  error: unknown,
  mend: string,
): Finding {
  if (error instanceof Error && "found" in error && "mend" in error && error.mend !== "") {
    return finding(check, level, String(error.found), capital(String(error.mend)));
  }
  return finding(check, level, messageOfError(error), mend);
}

/** Half a sentence of a message becomes a whole one. */
function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " · ");
}

/** After this many milliseconds no program of a check runs on. */
const PROGRAMS_MS = 4_000;
/** After this many milliseconds no check is waited for. */
const CHECKS_MS = 4_600;

/** The time that all checks have together: they run at once. */
export class Deadline {
  readonly #start = performance.now();

  /** Limits for a program that is started now. @param share of the time that is left */
  limits(share = 1): { timeout_ms: number; kill_after_ms: number } {
    return { timeout_ms: Math.max(1, this.#left(PROGRAMS_MS) * share), kill_after_ms: 300 };
  }

  /** Runs a group of checks; what it does not know in time is a finding as well, and so is what it throws. */
  async within(
    group: string,
    work: (add: (...found: Finding[]) => void) => Promise<void>,
  ): Promise<Finding[]> {
    const findings: Finding[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#left(CHECKS_MS));
    });
    try {
      if (await Promise.race([work((...found) => void findings.push(...found)), late]) === "late") {
        const seconds = CHECKS_MS / 1000;
        findings.push(
          finding(
            group,
            "warning",
            `Not known: the look at it took longer than ${seconds} s`,
            "Try again when the machine is less busy",
          ),
        );
      }
    } catch (error) {
      findings.push(fromError(group, "error", error, "Mend what the message names, then ask again"));
    } finally {
      clearTimeout(timer);
    }
    // What comes later must not change what was answered.
    return [...findings];
  }

  #left(of_ms: number): number {
    return Math.max(0, of_ms - (performance.now() - this.#start));
  }
}
