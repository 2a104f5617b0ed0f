/** A shell command that works for the agent, such as the project's checks: in the same sandbox, ended as surely. */

import { chunksUntil } from "./chunks.ts";
import { HeldStart, HOLD } from "./held_start.ts";
import type { Bind, Sandbox } from "./sandbox.ts";
import { type Child, type ChildExit, start } from "./spawn.ts";
import { killSurvivors } from "./survivors.ts";

export interface CommandStart {
  sandbox: Sandbox;
  /** Run by `/bin/sh -c`: the operator's or the project's word, never text of an issue. */
  script: string;
  /** Folders of the host: the work tree, in which it runs, and HOME. */
  tree: string;
  home: string;
  read_only: Bind[];
  read_write: Bind[];
  /** Made by childEnv(), without the login variables of agents. */
  env: Record<string, string>;
}

export interface CommandProcess {
  readonly pid: number;
  /** Standard output and standard error in the order in which they were written. To be read once, to the end. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when no process of it is left. Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Asks it to end, kills it after `grace_ms` (default 2,000). No process is left when it resolves. */
  stop(grace_ms?: number): Promise<void>;
  /** Ends it and all its descendants at once. */
  kill(): void;
}

/** The variable by which descendants are found that left their process group. */
const MARK = "AUTOPILOT_COMMAND";
const DEFAULT_GRACE_MS = 2_000;

/** Starts a command; its output must be read for it to run. Throws SpawnError when it can't be started. */
export function startCommand(options: CommandStart): CommandProcess {
  const { sandbox } = options;
  const id = crypto.randomUUID();
  const held = sandbox.kind === "bwrap";
  const begin = held ? `${HOLD}exec </dev/null\n` : "";
  const wrapped = sandbox.wrap({
    command: "/bin/sh",
    // One pipe for both outputs keeps their order. On lines of their own: the script may be anything.
    args: ["-c", `exec 2>&1\n${begin}${options.script}`],
    env: { ...options.env, [MARK]: id },
    tree: options.tree,
    home: options.home,
    read_only: options.read_only,
    read_write: options.read_write,
  });
  const child = start({ ...wrapped, stdin: held ? "piped" : "null", detached: !held });
  return new ShellProcess(child, sandbox, `${MARK}=${id}`, options.env);
}

class ShellProcess implements CommandProcess {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  /** `null` without a sandbox. */
  readonly held: HeldStart | null;

  constructor(
    readonly child: Child,
    readonly sandbox: Sandbox,
    readonly mark: string,
    readonly env: Record<string, string>,
  ) {
    this.pid = child.pid;
    this.held = sandbox.kind === "bwrap" ? new HeldStart(child) : null;
    void this.held?.over.then(() => child.closeInput());
    this.exited = this.#end();
  }

  get output(): AsyncIterable<Uint8Array> {
    const chunks = chunksUntil(this.child.stdout, this.exited.then(() => {}));
    const { held } = this;
    return { [Symbol.asyncIterator]: () => held === null ? chunks : held.output(chunks) };
  }

  async stop(grace_ms = DEFAULT_GRACE_MS): Promise<void> {
    // bwrap hands no signal on: its end is the end of all within. Without it the group may clean up after itself.
    if (this.sandbox.kind === "bwrap") this.kill();
    else {
      void this.child.killGroup("TERM");
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), grace_ms));
      if (await Promise.race([this.exited, late]) === "late") this.kill();
      clearTimeout(timer);
    }
    await this.exited;
  }

  kill(): void {
    if (this.held === null) void this.child.killGroup("KILL");
    else this.held.kill();
  }

  async #end(): Promise<ChildExit> {
    const exit = await this.child.exited;
    if (this.sandbox.kind === "off") {
      // What it left in the background ends with it, as it does in the sandbox.
      await this.child.killGroup("KILL");
      await killSurvivors(this.mark, this.env);
    }
    return exit;
  }
}
