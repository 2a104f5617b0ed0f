/** The demo's agent: a script within this program. No process is started and no model is asked. */

import { dirname, join } from "node:path";
import type { AgentEvent, AgentExit, AgentResult } from "../../domain/agent_output.ts";
import { messageOfError } from "../../domain/errors.ts";
import type { LogBody } from "../../domain/log_entry.ts";
import type { AgentProcess } from "../../process/claude.ts";
import type { AgentRequest } from "../../runner/ports.ts";
import type { Play, Step } from "./plays.ts";

/** So long the script pauses before each step, that one can follow it, in milliseconds. */
const PACE_MS = 700;

export interface DemoAgentOptions {
  request: Pick<AgentRequest, "workspace" | "session">;
  play: Play;
  /** Called when the play came to its end, and not when it was stopped. */
  onEnd(): void;
}

/** Plays within a run's workspace; heeds messages, stop and kill as an agent's process does. */
export function demoAgent(options: DemoAgentOptions): AgentProcess {
  return new DemoAgent(options);
}

class DemoAgent implements AgentProcess {
  /** It has none of its own. */
  readonly pid = 0;
  readonly events: AsyncIterable<AgentEvent>;
  readonly exited: Promise<AgentExit>;
  readonly #options: DemoAgentOptions;
  readonly #exit = Promise.withResolvers<AgentExit>();
  readonly #input_closed = Promise.withResolvers<void>();
  readonly #ended = new AbortController();
  #killed = false;
  #messages = 0;
  #calls = 0;
  #reading = false;

  constructor(options: DemoAgentOptions) {
    this.#options = options;
    this.events = { [Symbol.asyncIterator]: () => this.#play() };
    this.exited = this.#exit.promise;
  }

  send(): Promise<void> {
    this.#messages++;
    return Promise.resolve();
  }

  closeInput(): Promise<void> {
    this.#input_closed.resolve();
    return Promise.resolve();
  }

  interrupt(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  askCost(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#end();
    await this.exited;
  }

  kill(): void {
    this.#killed = true;
    this.#end();
  }

  #end(): void {
    this.#ended.abort();
    if (!this.#reading) this.#leave();
  }

  #leave(): void {
    this.#exit.resolve({
      code: this.#killed ? 137 : 0,
      signal: this.#killed ? "SIGKILL" : "",
      stderr: "",
      garbage_lines: 0,
    });
  }

  async *#play(): AsyncGenerator<AgentEvent, void, void> {
    this.#reading = true;
    const { session, workspace } = this.#options.request;
    const { signal } = this.#ended;
    try {
      yield { type: "session", session_id: session.id, model: "no model: a script", version: "demo" };
      for (const step of this.#options.play.steps) {
        yield* this.#hear();
        for await (const body of this.#perform(step, workspace.tree)) {
          yield { type: "log", body };
          await pause(PACE_MS, signal);
          if (signal.aborted) break;
        }
        if (signal.aborted) break;
      }
      if (!signal.aborted) this.#options.onEnd();
      if (!this.#killed) yield this.#result();
      await Promise.race([this.#input_closed.promise, aborted(signal)]);
      const unread = [...this.#hear()];
      if (unread.length > 0 && !this.#killed) yield* [...unread, this.#result()];
    } finally {
      this.#leave();
    }
  }

  /** Messages that came since it last looked. */
  *#hear(): Generator<AgentEvent> {
    for (; this.#messages > 0; this.#messages--) {
      const text = "A comment came while I work. An agent would heed it; I am the demo's script and go on.";
      yield { type: "log", body: { type: "text", text } };
    }
  }

  async *#perform(step: Step, tree: string): AsyncGenerator<LogBody, void, void> {
    switch (step.do) {
      case "say":
        return yield { type: "text", text: step.text };
      case "think":
        return yield { type: "thinking", text: step.text };
      case "todo":
        return yield { type: "todo", items: step.items };
    }
    const call_id = `demo-${++this.#calls}`;
    const input = step.do === "read"
      ? { file_path: step.path }
      : step.do === "edit"
      ? { file_path: step.path, old_string: step.from, new_string: step.to }
      : { file_path: step.path, content: step.text };
    const tool = { read: "Read", edit: "Edit", write: "Write" }[step.do];
    yield { type: "tool_call", call_id, tool, input: JSON.stringify(input) };
    try {
      yield { type: "tool_result", call_id, ok: true, text: await onDisk(step, join(tree, step.path)) };
    } catch (error) {
      yield { type: "tool_result", call_id, ok: false, text: messageOfError(error) };
    }
  }

  #result(): AgentEvent {
    const { play } = this.#options;
    const ok = !this.#ended.signal.aborted;
    const result: AgentResult = {
      ok,
      terminal_reason: ok ? "completed" : "aborted_streaming",
      subtype: "success",
      text: ok ? play.result : "",
      errors: ok ? [] : ["The demo's script was stopped"],
      api_status: 0,
      api_error: "",
      turns: 1,
      session_cost_usd: 0,
      input_tokens: 0,
      output_tokens: 0,
    };
    const { text, turns, input_tokens, output_tokens } = result;
    return {
      type: "result",
      result,
      log: { type: "result", ok, text, turns, cost_usd: 0, input_tokens, output_tokens, duration_ms: 0 },
    };
  }
}

/** Does it, and says what a tool would answer. */
async function onDisk(
  step: Extract<Step, { do: "read" | "edit" | "write" }>,
  path: string,
): Promise<string> {
  if (step.do === "read") return await Deno.readTextFile(path);
  if (step.do === "write") {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, step.text);
    return `${step.path} is written`;
  }
  const text = await Deno.readTextFile(path);
  if (!text.includes(step.from)) throw new Error(`${step.path} does not hold the text to replace`);
  await Deno.writeTextFile(path, text.replace(step.from, () => step.to));
  return `${step.path} is changed`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([over, aborted(signal)]);
  clearTimeout(timer);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
