/** Finding what an agent left running when there is no PID namespace to end it with. */

import { run } from "./spawn.ts";

/**
 * Ends every process that carries a mark (`NAME=value`) in its environment: that of an agent's session, as each
 * command of the agent does, or that of a check. Linux only: elsewhere the environment of other processes can't be
 * read, and nothing is found.
 */
export async function killSurvivors(mark: string, env: Record<string, string>): Promise<void> {
  if (Deno.build.os !== "linux") return;
  // Again until none is left: one that forks while it is being looked for escapes the first pass.
  for (let pass = 0; pass < 5; pass++) {
    const pids = await processesOf(mark, env);
    if (pids.length === 0) return;
    await run({ command: "kill", args: ["-KILL", "--", ...pids], env });
  }
}

async function processesOf(mark: string, env: Record<string, string>): Promise<string[]> {
  try {
    return await fromProc(mark);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    // Deno opens /proc only to a program with every permission there is.
    return await fromPs(mark, env);
  }
}

/** With `e`, `ps` shows the environment of the user's own processes behind their command. */
async function fromPs(mark: string, env: Record<string, string>): Promise<string[]> {
  const { stdout } = await run({
    command: "ps",
    args: ["axeww", "-o", "pid=,command="],
    env,
    timeout_ms: 10_000,
  });
  const lines = stdout.split("\n").filter((line) => line.split(/\s/).includes(mark));
  return lines.map((line) => line.trim().split(/\s/, 1)[0]).filter((pid) => pid !== String(Deno.pid));
}

async function fromProc(mark: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name) || entry.name === String(Deno.pid)) continue;
    try {
      const environment = await Deno.readTextFile(`/proc/${entry.name}/environ`);
      if (environment.split("\0").includes(mark)) found.push(entry.name);
    } catch {
      // Another user's process, or one that has just ended: neither is the agent's.
    }
  }
  return found;
}
