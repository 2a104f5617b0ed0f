/** Whether a process still lives. */

import { run, SpawnError } from "./spawn.ts";

/**
 * Asks `kill -0`: Deno lets a program look into /proc only with every permission there is. A process of another
 * user lives; without a `kill` to ask, every process is taken to live.
 */
export async function processLives(pid: number, env: Record<string, string>): Promise<boolean> {
  try {
    const { code, stderr } = await run({
      command: "kill",
      args: ["-0", "--", String(pid)],
      env: { ...env, LC_ALL: "C" },
      timeout_ms: 10_000,
    });
    return code === 0 || !/no such process/i.test(stderr);
  } catch (error) {
    if (error instanceof SpawnError) return true;
    throw error;
  }
}
