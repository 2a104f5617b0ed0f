/**
 * The processes of this machine, with what each holds in memory. Deno lets a program with narrow permissions look into
 * neither /proc nor /sys, so another program looks: `cat` in a place of bubblewrap's that sees the host's /proc, or,
 * without a sandbox, `ps`.
 */

import type { Sandbox } from "./sandbox.ts";
import { run } from "./spawn.ts";

export interface ProcessRow {
  pid: number;
  parent: number;
  /** Resident memory in KiB. Pages that several processes share count with each of them. */
  rss_kb: number;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** @throws SpawnError when the program that looks can't be started; Error when it answers nothing */
export async function readProcesses(
  sandbox: Pick<Sandbox, "kind" | "program">,
  env: Record<string, string>,
): Promise<ProcessRow[]> {
  const inside = sandbox.kind === "bwrap" && sandbox.program !== undefined;
  const { stdout, stderr } = await run({
    ...(inside
      ? {
        command: sandbox.program!,
        args: [...LOOK, "getconf PAGESIZE 2>/dev/null || echo 4096; cat /proc/[0-9]*/stat"],
      }
      : { command: "ps", args: ["-A", "-o", "pid=,ppid=,rss="] }),
    env: { ...env, LC_ALL: "C" },
    timeout_ms: TIMEOUT_MS,
    max_output_bytes: MAX_BYTES,
  });
  // A process that ends while it is looked at makes the exit code say nothing.
  const rows = inside ? parseStat(stdout) : parsePs(stdout);
  if (rows.length === 0) {
    throw new Error(`Cannot list processes: nothing was found (${stderr.slice(0, 200)})`);
  }
  return rows;
}

const LOOK = [
  "--ro-bind",
  "/",
  "/",
  "--die-with-parent",
  "--new-session",
  "--cap-drop",
  "ALL",
  "--",
  "/bin/sh",
  "-c",
];

/**
 * The size of a page in bytes, then lines of /proc/<pid>/stat. The name in parentheses is the process's own choice and may hold anything, line ends and
 * parentheses too; it has at most 63 characters, too few for a line that could pass for another process.
 */
export function parseStat(text: string): ProcessRow[] {
  const page_kb = parseInt(text) / 1024;
  const line = /^(\d+) \([^]{0,63}?\) [A-Za-z] (\d+)(?: -?\d+){19} (\d+)(?: -?\d+)+$/gm;
  return [...text.matchAll(line)].map(([, pid, parent, pages]) => ({
    pid: Number(pid),
    parent: Number(parent),
    rss_kb: Number(pages) * page_kb,
  }));
}

/** Lines of `ps -A -o pid=,ppid=,rss=`. */
export function parsePs(text: string): ProcessRow[] {
  return [...text.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/gm)].map(([, pid, parent, rss]) => ({
    pid: Number(pid),
    parent: Number(parent),
    rss_kb: Number(rss),
  }));
}

/** What a process and all its descendants hold together; nothing when it is not there. */
export function usageOf(root: number, rows: readonly ProcessRow[]): { processes: number; rss_kb: number } {
  const children = new Map<number, ProcessRow[]>();
  for (const row of rows) {
    const siblings = children.get(row.parent);
    if (siblings === undefined) children.set(row.parent, [row]);
    else siblings.push(row);
  }
  const found = rows.filter(({ pid }) => pid === root);
  // Whoever is found is looked at for children in turn; no process is its own ancestor.
  for (const row of found) found.push(...children.get(row.pid) ?? []);
  return { processes: found.length, rss_kb: found.reduce((sum, { rss_kb }) => sum + rss_kb, 0) };
}
