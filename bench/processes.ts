/** The processes that a measurement needs: a ceiling's server, and facts about running ones. */

import { readLines } from "../src/process/lines.ts";

export interface Bare extends AsyncDisposable {
  port: number;
  pid: number;
}

/** Starts bench/bare.ts; see there for the modes. */
export async function startBare(mode: string, argument = ""): Promise<Bare> {
  const script = new URL("./bare.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, mode, argument],
    stdout: "piped",
    stdin: "null",
  }).spawn();
  const lines = readLines(child.stdout);
  const { value } = await lines.next();
  if (value === undefined) throw new Error(`The ceiling's server "${mode}" did not start`);
  return {
    port: Number(value),
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await lines.return();
      await child.status;
    },
  };
}

/** Resident memory of a process in MB. Linux only. */
export async function residentMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return Number(kilobytes) / 1024;
}

/** Lets a process come to rest before it is measured. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
