/** Claude Code as a process: started headless over stdin stream-json, steered, interrupted and ended. */

import type { AgentEvent, AgentExit } from "../domain/agent_output.ts";
import { BOARD_TOOLS } from "../domain/question.ts";
import { chunksUntil } from "./chunks.ts";
import { ClaudeOutput } from "./claude_events.ts";
import { objectFolders } from "./git.ts";
import { HeldStart, HOLD } from "./held_start.ts";
import { readLines } from "./lines.ts";
import type { Bind, Sandbox } from "./sandbox.ts";
import { type Child, start } from "./spawn.ts";
import { killSurvivors } from "./survivors.ts";

export interface AgentStart {
  /** Absolute path of the program, as findClaude() answers it. */
  binary: string;
  sandbox: Sandbox;
  /** Folders of the host: the work tree, the agent's HOME, the attachments. */
  tree: string;
  home: string;
  attachments: string;
  /** The repository's objects, which the tree's own `.git` borrows. */
  objects: string;
  /** The first message. */
  prompt: string;
  session: { id: string; resume: boolean };
  /** Empty: the CLI's default. */
  model: string;
  /** API rounds; 0: no limit. */
  max_turns: number;
  /**
   * USD that this process may spend; what a resumed session had cost before does not count. 0: no limit. The CLI checks
   * it after a reply, so it overshoots by one.
   */
  max_budget_usd: number;
  /** The child's environment, made by childEnv() with the login variables. */
  env: Record<string, string>;
  /** Further folders to show, such as the caches of package managers. */
  read_write?: Bind[];
  /** The only tools it gets; left out or empty: all. */
  allowed_tools?: readonly string[];
  /** Tools that it does not get in any case. */
  denied_tools?: readonly string[];
  /** It gets the board's tools, reached by AUTOPILOT_URL and AUTOPILOT_TOKEN, which must be in `env`. */
  board_tools?: boolean;
  /** The user's own login, shown read-write under the agent's HOME when no key is set: never copied. */
  credentials_file?: string;
}

export interface AgentProcess {
  readonly pid: number;
  /** What it says, in order; may be iterated once, and must be to the end (or left by `break`). */
  readonly events: AsyncIterable<AgentEvent>;
  /** After the process has ended and its events are read. Never rejects. */
  readonly exited: Promise<AgentExit>;
  /** Says something to the agent; it is heard at the next step. Nothing happens when the process has ended. */
  send(text: string): Promise<void>;
  /** Lets it finish what it does and exit. */
  closeInput(): Promise<void>;
  /** Breaks off the present turn; the process says a result and stays usable. */
  interrupt(): Promise<void>;
  /** Asks what the session cost so far; the answer is an event. A program that does not know the question is silent. */
  askCost(): Promise<void>;
  /** Interrupts, waits for the end at most `grace_ms` (default 5,000), then kills. No process is left when it resolves. */
  stop(grace_ms?: number): Promise<void>;
  /** Ends it and all its descendants at once. */
  kill(): void;
}

/** Variables by which Claude Code logs in and finds its models: for agents, not for checks and other commands. */
export const LOGIN_VARIABLES: readonly string[] = [
  "ANTHROPIC_*",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
  "CLAUDE_CODE_SKIP_BEDROCK_AUTH",
  "CLAUDE_CODE_SKIP_VERTEX_AUTH",
  "CLAUDE_CODE_MAX_RETRIES",
  "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
  "API_TIMEOUT_MS",
  "NODE_EXTRA_CA_CERTS",
];

/** Below what the server's own limits would do anyway; values in the environment win. */
const DEFAULTS: Record<string, string> = {
  // Ten, the CLI's default, means three minutes of silence over a wrong key.
  CLAUDE_CODE_MAX_RETRIES: "5",
  // A stream that stalls is given up after 5 minutes, which the CLI by itself does only sometimes.
  CLAUDE_ENABLE_BYTE_WATCHDOG: "1",
  CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: "300000",
  // A board that does not answer holds no agent up for long: it starts without the tools.
  MCP_TIMEOUT: "3000",
};

const ALWAYS: Record<string, string> = {
  DISABLE_TELEMETRY: "1",
  DISABLE_AUTOUPDATER: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  // Memory is kept per repository: one issue's agent would speak to all later ones.
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1",
};

/** The variables are put in by Claude Code: arguments can be read by every user of the machine. */
const MCP_CONFIG = JSON.stringify({
  mcpServers: {
    [BOARD_TOOLS]: {
      type: "http",
      url: "${AUTOPILOT_URL}/mcp",
      headers: { Authorization: "Bearer ${AUTOPILOT_TOKEN}" },
    },
  },
});

/** Where the sandbox shows the program, wherever it is on the host. */
const BINARY_INSIDE = "/run/autopilot/claude";
const DEFAULT_GRACE_MS = 5_000;

/** Starts an agent. Throws SpawnError when it can't be started. */
export function startAgent(options: AgentStart): AgentProcess {
  const { sandbox } = options;
  const held = sandbox.kind === "bwrap";
  const wrapped = sandbox.wrap({
    command: held ? "/bin/sh" : options.binary,
    args: held
      ? ["-c", `${HOLD}exec "$0" "$@"`, BINARY_INSIDE, ...argumentsOf(options)]
      : argumentsOf(options),
    env: environmentOf(options),
    tree: options.tree,
    home: options.home,
    read_only: readOnlyBinds(options),
    read_write: [...credentialsBind(options), ...options.read_write ?? []],
  });
  const child = start({ ...wrapped, stdin: "piped", detached: sandbox.kind === "off" });
  const agent = new ClaudeProcess(child, sandbox, options);
  // Not awaited: a prompt larger than the pipe is taken while the caller reads the events.
  void agent.send(options.prompt);
  return agent;
}

function argumentsOf(options: AgentStart): string[] {
  const { session, model, max_turns, max_budget_usd, allowed_tools = [], denied_tools = [] } = options;
  return [
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    // The sandbox is the permission: a tool denied half-way only makes worse work.
    `--permission-mode=${options.sandbox.kind === "off" ? "acceptEdits" : "bypassPermissions"}`,
    // Settings, hooks and MCP servers that the repository brings are not loaded.
    "--setting-sources=user",
    "--strict-mcp-config",
    // Without a sandbox every tool needs leave.
    ...(options.board_tools ? [`--mcp-config=${MCP_CONFIG}`, `--allowedTools=mcp__${BOARD_TOOLS}`] : []),
    `--${session.resume ? "resume" : "session-id"}=${session.id}`,
    ...(model === "" ? [] : [`--model=${model}`]),
    ...(max_turns > 0 ? [`--max-turns=${max_turns}`] : []),
    ...(allowed_tools.length > 0 ? [`--tools=${allowed_tools.join(",")}`] : []),
    ...(denied_tools.length > 0 ? [`--disallowedTools=${denied_tools.join(",")}`] : []),
    ...(max_budget_usd > 0 ? [`--max-budget-usd=${max_budget_usd}`] : []),
  ];
}

function environmentOf({ sandbox, env, credentials_file }: AgentStart): Record<string, string> {
  return {
    ...DEFAULTS,
    ...env,
    ...ALWAYS,
    // Without it Claude Code refuses bypassPermissions to root, which is harmless inside.
    ...(sandbox.kind === "bwrap" ? { IS_SANDBOX: "1" } : {}),
    ...(sandbox.kind === "off" && credentials_file
      // Nothing can be bound over the agent's HOME then: the whole configuration folder has to be the user's.
      ? { CLAUDE_CONFIG_DIR: credentials_file.slice(0, credentials_file.lastIndexOf("/")) }
      : {}),
  };
}

function readOnlyBinds(options: AgentStart): Bind[] {
  return [
    ...objectFolders(options.objects),
    { from: options.attachments, to: "/attachments" },
    { from: options.binary, to: BINARY_INSIDE },
  ];
}

function credentialsBind({ credentials_file }: AgentStart): Bind[] {
  return credentials_file ? [{ from: credentials_file, to: "/home/agent/.claude/.credentials.json" }] : [];
}

class ClaudeProcess implements AgentProcess {
  readonly pid: number;
  readonly events: AsyncIterable<AgentEvent>;
  readonly exited: Promise<AgentExit>;
  #output = new ClaudeOutput();
  #reading: Promise<void> | null = null;
  #requests = 0;
  /** `null` without a sandbox. */
  readonly #held: HeldStart | null;
  /** Resolves when no process is left, whether or not anyone reads the events. */
  #gone: Promise<void>;

  constructor(readonly child: Child, readonly sandbox: Sandbox, readonly options: AgentStart) {
    this.pid = child.pid;
    this.#held = sandbox.kind === "bwrap" ? new HeldStart(child) : null;
    this.events = { [Symbol.asyncIterator]: () => this.#read() };
    this.#gone = child.exited.then(() => this.#sweep());
    this.exited = this.#end();
  }

  async send(text: string): Promise<void> {
    await this.#write({ type: "user", message: { role: "user", content: text } });
  }

  async closeInput(): Promise<void> {
    await this.#held?.over;
    await this.child.closeInput();
  }

  async interrupt(): Promise<void> {
    await this.#request("interrupt");
  }

  async askCost(): Promise<void> {
    await this.#request("get_session_cost");
  }

  async #request(subtype: string): Promise<void> {
    this.#requests++;
    const request_id = `${subtype}-${this.#requests}`;
    await this.#write({ type: "control_request", request_id, request: { subtype } });
  }

  async stop(grace_ms = DEFAULT_GRACE_MS): Promise<void> {
    // Not awaited: a process that no longer reads its input must not delay its end.
    void this.interrupt().then(() => this.closeInput());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), grace_ms));
    const won = await Promise.race([this.#gone, late]);
    clearTimeout(timer);
    if (won === "late") this.kill();
    await this.#gone;
  }

  kill(): void {
    // bwrap's death takes its PID namespace along; without one, the group is what can be reached.
    if (this.#held !== null) this.#held.kill();
    else void this.child.killGroup("KILL");
  }

  async #write(message: unknown): Promise<void> {
    await this.#held?.over;
    await this.child.write(`${JSON.stringify(message)}\n`);
  }

  /** Without a sandbox, commands that detached themselves outlive even a normal end. */
  async #sweep(): Promise<void> {
    if (this.sandbox.kind === "off") {
      await killSurvivors(`CLAUDE_CODE_SESSION_ID=${this.options.session.id}`, this.options.env);
    }
  }

  async #end(): Promise<AgentExit> {
    const exit = await this.child.exited;
    await this.#gone;
    if (this.#reading === null) await this.child.stdout.cancel();
    else await this.#reading;
    return { ...exit, stderr: this.child.stderrTail(), garbage_lines: this.#output.garbage_lines };
  }

  async *#read(): AsyncGenerator<AgentEvent, void, void> {
    if (this.#reading !== null) throw new Error("The events of an agent can be read only once");
    const done = Promise.withResolvers<void>();
    this.#reading = done.promise;
    const chunks = chunksUntil(this.child.stdout, this.#gone);
    try {
      for await (const line of readLines(this.#held?.output(chunks) ?? chunks)) {
        yield* this.#output.read(line);
      }
    } finally {
      done.resolve();
    }
  }
}
