/** An agent made of plain functions: what the runner sees of a process, driven by a script. */

import { dirname, join } from "node:path";
import type { AgentEvent, AgentExit, AgentResult } from "../../src/domain/agent_output.ts";
import type { LogBody } from "../../src/domain/log_entry.ts";
import type { AgentProcess } from "../../src/process/claude.ts";
import type { AgentRequest } from "../../src/runner/ports.ts";

export const OK_RESULT: AgentResult = {
  ok: true,
  terminal_reason: "completed",
  subtype: "success",
  text: "Done.",
  errors: [],
  api_status: 0,
  api_error: "",
  turns: 2,
  session_cost_usd: 0.5,
  input_tokens: 100,
  output_tokens: 20,
};

/** The script's side of the process. */
export interface AgentSide {
  readonly request: AgentRequest;
  emit(event: AgentEvent): void;
  log(body: LogBody): void;
  /** A result event; what is left out is that of a good end. */
  result(result?: Partial<AgentResult>): void;
  exit(exit?: Partial<AgentExit>): void;
  /** The next message after the prompt. */
  message(): Promise<string>;
  /** Writes a file of the work tree. */
  write(path: string, text: string): Promise<void>;
  /** Called whenever somebody asks what the session cost. */
  onAskCost(listener: () => void): void;
  readonly input_closed: Promise<void>;
  readonly ended: Promise<"stop" | "kill">;
}

/** When it returns without an exit, the process waits for the end of its input and exits with 0. */
export type AgentScript = (side: AgentSide) => Promise<void> | void;

export function scriptedAgent(request: AgentRequest, pid: number, script: AgentScript): AgentProcess {
  const queue: AgentEvent[] = [];
  const messages: string[] = [];
  let wakeReader = () => {};
  let wakeMessage = () => {};
  let asked = () => {};
  const input_closed = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<"stop" | "kill">();
  const exited = Promise.withResolvers<AgentExit>();
  let exit: AgentExit | null = null;

  const side: AgentSide = {
    request,
    emit(event) {
      queue.push(event);
      wakeReader();
    },
    log: (body) => side.emit({ type: "log", body }),
    result(result = {}) {
      const whole = { ...OK_RESULT, ...result };
      side.emit({ type: "result", result: whole, log: resultLog(whole) });
    },
    exit(given = {}) {
      exit ??= { code: 0, signal: "", stderr: "", garbage_lines: 0, ...given };
      wakeReader();
    },
    async message() {
      while (messages.length === 0) await new Promise<void>((resolve) => wakeMessage = resolve);
      return messages.shift()!;
    },
    async write(path, text) {
      const file = join(request.workspace.tree, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, text);
    },
    onAskCost: (listener) => asked = listener,
    input_closed: input_closed.promise,
    ended: ended.promise,
  };

  void (async () => {
    await script(side);
    if (exit !== null) return;
    const how = await Promise.race([input_closed.promise.then(() => "closed" as const), ended.promise]);
    if (how === "stop") {
      side.result({ ok: false, terminal_reason: "aborted_streaming", text: "", errors: ["aborted"] });
    }
    side.exit(how === "kill" ? { code: 137, signal: "SIGKILL" } : {});
  })();

  async function* read(): AsyncGenerator<AgentEvent> {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (exit !== null) break;
      await new Promise<void>((resolve) => wakeReader = resolve);
    }
    exited.resolve(exit);
  }

  return {
    pid,
    events: read(),
    exited: exited.promise,
    send(text) {
      messages.push(text);
      wakeMessage();
      return Promise.resolve();
    },
    closeInput() {
      input_closed.resolve();
      return Promise.resolve();
    },
    interrupt: () => Promise.resolve(),
    askCost: () => {
      asked();
      return Promise.resolve();
    },
    async stop() {
      ended.resolve("stop");
      await exited.promise;
    },
    kill: () => ended.resolve("kill"),
  };
}

function resultLog(result: AgentResult): LogBody {
  return {
    type: "result",
    ok: result.ok,
    text: result.text,
    turns: result.turns,
    cost_usd: result.session_cost_usd,
    input_tokens: result.input_tokens,
    output_tokens: result.output_tokens,
    duration_ms: 1,
  };
}
