/** Running git the way Autopilot always does: no prompt, no hook, no file system monitor, plain output. */

import { type Child, run, type RunResult, start } from "./spawn.ts";

/** git refused. The message is what was tried and git's own words. */
export class GitError extends Error {
  override name = "GitError";
  constructor(message: string, readonly code: number, readonly stderr: string) {
    super(message);
  }
}

export interface GitOptions {
  env: Record<string, string>;
  cwd?: string;
  stdin?: string | Uint8Array;
  /** Milliseconds. Default 2 minutes. */
  timeout_ms?: number;
  /** Between asking it to end and ending it, in milliseconds. Default 2,000. */
  kill_after_ms?: number;
  signal?: AbortSignal;
}

const DEFAULT_TIMEOUT = 120_000;

/** On every call: programs named by a repository's configuration must not run, and its taste must not change output. */
const FLAGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.quotePath=false",
  "color.ui=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "advice.addEmbeddedRepo=false",
].flatMap((setting) => ["-c", setting]);

/** Runs git and answers whatever it said; throws only when git can't be started, takes too long or says too much. */
export async function tryGit(args: string[], options: GitOptions): Promise<RunResult> {
  const timeout_ms = options.timeout_ms ?? DEFAULT_TIMEOUT;
  const result = await run({ command: "git", args: [...FLAGS, ...args], ...options, timeout_ms });
  if (result.timed_out) {
    throw new GitError(
      `git ${verb(args)} took longer than ${timeout_ms / 1000} s and was ended`,
      result.code,
      "",
    );
  }
  if (result.truncated) {
    throw new GitError(`git ${verb(args)} answered more than can be taken in`, result.code, "");
  }
  return result;
}

/** Starts git; what it writes is read while it runs. In a group of its own: end it by `killGroup`. */
export function startGit(args: string[], options: { env: Record<string, string>; cwd?: string }): Child {
  return start({ command: "git", args: [...FLAGS, ...args], ...options, detached: true });
}

/** Runs git and answers its standard output without the last line end; throws GitError on a failure. */
export async function git(args: string[], options: GitOptions): Promise<string> {
  const result = await tryGit(args, options);
  if (result.code !== 0) throw gitError(`git ${verb(args)} failed`, result);
  return result.stdout.replace(/\n$/, "");
}

/** What was tried, with git's words. */
export function gitError(what: string, result: RunResult): GitError {
  const said = result.stderr.trim() ||
    (result.signal ? `signal ${result.signal}` : `exit code ${result.code}`);
  return new GitError(`${what}: ${said.slice(0, 2_000)}`, result.code, result.stderr);
}

/** The subcommand, past the options that come before it. */
function verb(args: string[]): string {
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "-C" || args[i] === "-c") i++;
    else if (!args[i].startsWith("-")) return args[i];
  }
  return "";
}
