/** Starting programs. The only module that uses `Deno.Command`. */

import { isAbsolute, join } from "node:path";
import { collect, tailOf } from "./output.ts";

/** A program could not be started at all. The message says what to install or which flag to add. */
export class SpawnError extends Error {
  override name = "SpawnError";
  constructor(
    readonly command: string,
    readonly reason: "not_found" | "not_allowed" | "failed",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface StartOptions {
  /** A name that is looked up on PATH, or an absolute path. */
  command: string;
  args: string[];
  cwd?: string;
  /** The whole environment of the child: nothing is inherited. */
  env: Record<string, string>;
  /** `null`: the child reads end-of-file at once. */
  stdin?: "piped" | "null";
  /** Own session and process group, so that the group can be ended as a whole. */
  detached?: boolean;
}

export interface ChildExit {
  /** Exit code; 128 + n after signal n. */
  code: number;
  /** Name of the signal that ended it, or an empty string. */
  signal: string;
}

/** A running child. Its standard output must be read or cancelled by the owner. */
export interface Child {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves when the process has ended and its standard error is read; never rejects. */
  readonly exited: Promise<ChildExit>;
  /** The last 64 KiB of standard error so far. */
  stderrTail(): string;
  /** Resolves when the pipe took the bytes; false when the child no longer reads. */
  write(data: string | Uint8Array): Promise<boolean>;
  closeInput(): Promise<void>;
  /** Sends a signal to the child alone; does nothing when it has ended. */
  kill(signal: Deno.Signal): void;
  /** Sends a signal to the child's group (`detached` only), by the program `kill`; falls back to the child alone. */
  killGroup(signal: "TERM" | "KILL"): Promise<void>;
}

const STDERR_TAIL_BYTES = 64 * 1024;
/** How long standard error may stay open after the child's end: a grandchild may have inherited it. */
const DRAIN_MS = 1_000;

/** Starts a program and returns at once. Throws SpawnError when it can't be started. */
export function start(options: StartOptions): Child {
  const child = spawn(options);
  const stderr = tailOf(child.stderr, STDERR_TAIL_BYTES);
  let ended = false;
  let killing: Promise<void> = Promise.resolve();
  const exited = child.status.then(async (status): Promise<ChildExit> => {
    ended = true;
    await stderr.within(DRAIN_MS);
    await killing;
    return { code: status.code, signal: status.signal ?? "" };
  });
  const input = options.stdin === "piped" ? child.stdin.getWriter() : null;
  // Without this a child that ends before it has read everything is an unhandled rejection.
  input?.closed.catch(() => {});
  const encoder = new TextEncoder();
  return {
    pid: child.pid,
    stdout: child.stdout,
    exited,
    stderrTail: stderr.text,
    async write(data) {
      if (!input) return false;
      try {
        await input.write(typeof data === "string" ? encoder.encode(data) : data as Uint8Array<ArrayBuffer>);
        return true;
      } catch {
        // The child closed its standard input or ended: the caller is told by the answer.
        return false;
      }
    },
    async closeInput() {
      try {
        await input?.close();
      } catch {
        // Closed already, by us or because the child ended: the wanted state.
      }
    },
    kill(signal) {
      if (ended) return;
      try {
        child.kill(signal);
      } catch (error) {
        // It ended between the check and the call; any other failure would leave a process behind unnoticed.
        if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
    killGroup(signal) {
      killing = Promise.all([killing, signalGroup(this, signal, options.env)]).then(() => {});
      return killing;
    },
  };
}

async function signalGroup(
  child: Child,
  signal: "TERM" | "KILL",
  env: Record<string, string>,
): Promise<void> {
  try {
    const sent = await run({ command: "kill", args: [`-${signal}`, "--", `-${child.pid}`], env });
    // No such group: the child has ended, or was not given one of its own.
    if (sent.code !== 0) child.kill(`SIG${signal}`);
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    // No program `kill`: ending the child itself is what is left.
    child.kill(`SIG${signal}`);
  }
}

export interface RunOptions {
  command: string;
  args: string[];
  cwd?: string;
  env: Record<string, string>;
  stdin?: string | Uint8Array;
  /** Wall clock in milliseconds; then TERM to the group, later KILL. Default: none. */
  timeout_ms?: number;
  /** Between TERM and KILL, in milliseconds. Default 2,000. */
  kill_after_ms?: number;
  /** Bytes of standard output that are kept; the rest is read and dropped. Default 64 MiB. */
  max_output_bytes?: number;
  /** Ends the program as a timeout does. */
  signal?: AbortSignal;
}

export interface RunResult {
  code: number;
  signal: string;
  stdout: string;
  stdout_bytes: Uint8Array;
  stderr: string;
  timed_out: boolean;
  /** Standard output was longer than what was kept. */
  truncated: boolean;
  duration_ms: number;
}

const DEFAULT_MAX_OUTPUT = 64 * 1024 * 1024;
const KILL_AFTER_MS = 2_000;

/** Runs a program to its end. Exit codes are answers, not errors; throws only SpawnError. */
export async function run(options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const child = start({
    ...options,
    stdin: options.stdin === undefined ? "null" : "piped",
    // A group of its own, or ending git would leave the ssh that it started. `kill` itself needs none.
    detached: options.command !== "kill",
  });
  let timedOut = false;
  let killTimer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    if (killTimer !== undefined) return;
    killTimer = setTimeout(() => void child.killGroup("KILL"), options.kill_after_ms ?? KILL_AFTER_MS);
    void child.killGroup("TERM");
  };
  const timer = options.timeout_ms === undefined ? undefined : setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeout_ms);
  if (options.signal?.aborted) end();
  options.signal?.addEventListener("abort", end);
  const output = collect(child.stdout, options.max_output_bytes ?? DEFAULT_MAX_OUTPUT);
  try {
    if (options.stdin !== undefined) {
      void child.write(options.stdin).then(() => child.closeInput());
    }
    const exit = await child.exited;
    await output.within(DRAIN_MS);
    const bytes = output.bytes();
    return {
      ...exit,
      stdout: new TextDecoder().decode(bytes),
      stdout_bytes: bytes,
      stderr: child.stderrTail(),
      timed_out: timedOut,
      truncated: output.truncated(),
      duration_ms: performance.now() - started,
    };
  } finally {
    clearTimeout(timer);
    clearTimeout(killTimer);
    options.signal?.removeEventListener("abort", end);
  }
}

/** The absolute path of a program: absolute names as they are, others by PATH; null when there is none. */
export function findProgram(name: string, path: string): string | null {
  if (isAbsolute(name)) return isFile(name) ? name : null;
  if (name.includes("/")) return null;
  for (const dir of path.split(":")) {
    if (isAbsolute(dir) && isFile(join(dir, name))) return join(dir, name);
  }
  return null;
}

function isFile(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && (info.mode === null || (info.mode & 0o111) !== 0);
  } catch {
    // Missing, a broken link or not readable: not a program that can be started.
    return false;
  }
}

function spawn(options: StartOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(options.command, {
      args: options.args,
      cwd: options.cwd,
      env: options.env,
      clearEnv: true,
      stdin: options.stdin ?? "null",
      stdout: "piped",
      stderr: "piped",
      detached: options.detached ?? false,
    }).spawn();
  } catch (error) {
    throw spawnError(options, error);
  }
}

/** What mends `not_allowed`. An executable's programs are fixed by their names, which PATH resolves when it starts. */
export function howToAllow(command: string): string {
  if (!Deno.build.standalone) return `start Autopilot with --allow-run=${command} added`;
  return "this executable starts only git, gh, bwrap, claude, kill and ps, as PATH finds them at its start. " +
    `With bubblewrap any agent works (--sandbox auto). Without it put a link named claude to ${command} into a ` +
    "folder that is first on PATH, and leave AUTOPILOT_CLAUDE_BIN alone";
}

function spawnError(options: StartOptions, cause: unknown): SpawnError {
  const { command, cwd } = options;
  if (cause instanceof Deno.errors.NotCapable) {
    return new SpawnError(
      command,
      "not_allowed",
      `Cannot run ${command} as this process has no permission for it: ${howToAllow(command)}`,
      { cause },
    );
  }
  if (cause instanceof Deno.errors.NotFound && (cwd === undefined || isDirectory(cwd))) {
    return new SpawnError(
      command,
      "not_found",
      `Cannot run ${command} as it was not found: install it, or put its folder on PATH`,
      { cause },
    );
  }
  const why = cause instanceof Deno.errors.NotFound
    ? `its working directory ${cwd} does not exist`
    : `the system refused: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new SpawnError(command, "failed", `Cannot run ${command} as ${why}`, { cause });
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    // Only used to word an error: what can't be looked at is no usable directory either.
    return false;
  }
}
