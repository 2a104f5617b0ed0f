/** Makes the runner, or says why it can't be made. */

import { messageOfError } from "../domain/errors.ts";
import type { Runner } from "../runner/service.ts";
import { StartError } from "./open_data.ts";
import type { RunnerParts } from "./start_runner.ts";

/** Not read by a board without a runner: see command_line.ts. */
const LATE_RUNNER = "./start_runner.ts";

/** @throws {StartError} when sandbox, agent or work folder can't be used */
export async function openRunner(parts: RunnerParts): Promise<Runner> {
  // Imported here: a board without a runner starts sooner without it.
  const { prepareRunner } = await import(LATE_RUNNER) as typeof import("./start_runner.ts");
  try {
    return await prepareRunner(parts);
  } catch (error) {
    throw new StartError(`The runner can't start: ${messageOfError(error)}`, { cause: error });
  }
}
