/** Finding what an agent left running when there is no PID namespace to end it with. */

import { run } from "./spawn.ts";

/**
 * Ends every process that carries the session's id in its environment, as each command of the agent does. Linux only:
 * elsewhere the environment of other processes can't be read, and nothing is found.
 */
export async function killSurvivors(session_id: string, env: Record<string, string>): Promise<void> {
  if (Deno.build.os !== "linux") return;
  // Again until none is left: one that forks while it is being looked for escapes the first pass.
  for (let pass = 0; pass < 5; pass++) {
    const pids = await processesOf(session_id);
    if (pids.length === 0) return;
    await run({ command: "kill", args: ["-KILL", "--", ...pids], env });
  }
}

async function processesOf(session_id: string): Promise<string[]> {
  const wanted = `CLAUDE_CODE_SESSION_ID=${session_id}`;
  const found: string[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name) || entry.name === String(Deno.pid)) continue;
    try {
      const environment = await Deno.readTextFile(`/proc/${entry.name}/environ`);
      if (environment.split("\0").includes(wanted)) found.push(entry.name);
    } catch {
      // Another user's process, or one that has just ended: neither is the agent's.
    }
  }
  return found;
}
