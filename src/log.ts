/**
 * Logging: one logger per area, structured by `@logtape/logtape`. Only main.ts (and a test) configures where
 * the lines go; without configuration nothing is printed.
 */

import { getLogger, type Logger } from "@logtape/logtape";

export type { Logger };

/** The areas of the program; they appear in every line. */
export type Area = "server" | "store" | "api" | "events" | "runner" | "process";

/** The logger of one area. Cheap: call it where you need it. */
export function loggerOf(area: Area): Logger {
  return getLogger(["autopilot", area]);
}
