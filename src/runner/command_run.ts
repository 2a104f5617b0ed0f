/** Runs one setup or check under the supervisor, with its output in the run log. */

import type { CommandReport } from "../domain/check.ts";
import { endOf, succeeded } from "../domain/check.ts";
import { capText, type LogBody } from "../domain/log_entry.ts";
import type { CommandProcess } from "../process/command.ts";
import type { Supervisor } from "./supervisor.ts";
import type { Timers } from "./timers.ts";

/** So much of an output goes into the run log as it comes, in characters; of what follows only the end is kept. */
export const LIVE_CHARS = 256 * 1024;
/** The end that is kept. */
export const TAIL_CHARS = 16 * 1024;
/** More than that may need in UTF-8. */
const TAIL_BYTES = 4 * TAIL_CHARS;
/** One entry of the log. */
const ENTRY_CHARS = 8 * 1024;
/** Output reaches the log at most this much later. */
const FLUSH_MS = 200;

export interface CommandRunDeps {
  start(script: string): Promise<CommandProcess>;
  write(body: LogBody): Promise<void> | void;
  supervisor: Supervisor;
  timers: Timers;
  /** Milliseconds; 0: only the limits of the run. */
  limit_ms: number;
  newId(): string;
}

/**
 * Runs a command to its end, whatever that is.
 *
 * @throws SpawnError when it can't be started
 */
export async function runCommand(
  kind: CommandReport["kind"],
  command: string,
  deps: CommandRunDeps,
): Promise<CommandReport> {
  const { supervisor, timers, limit_ms } = deps;
  const call_id = `${kind}-${deps.newId()}`;
  await deps.write({
    type: "tool_call",
    call_id,
    tool: kind === "setup" ? "Setup" : "Check",
    ...input(command),
  });
  const started = performance.now();
  const process = await deps.start(command);
  supervisor.attach(process);
  supervisor.startLimits({ silence: false });
  let late = false;
  const cancel = limit_ms === 0 ? () => {} : timers.after(limit_ms, () => {
    late = true;
    // A failure to stop shows as an exit that never comes, which the limits of the run end.
    process.stop().catch(() => process.kill());
  });
  const output = new Output(deps);
  try {
    for await (const chunk of process.output) await output.take(chunk);
  } finally {
    cancel();
  }
  const exit = await process.exited;
  await output.end();
  supervisor.detach();
  supervisor.stopLimits();
  const report: CommandReport = {
    kind,
    command,
    ended: supervisor.cause !== "" ? "run_ended" : late ? "time_limit" : "exit",
    code: exit.code,
    duration_ms: performance.now() - started,
    tail: output.tail,
    left_out_bytes: output.left_out_bytes,
  };
  await deps.write({ type: "tool_result", call_id, ok: succeeded(report), ...capText(resultText(report)) });
  return report;
}

function input(command: string): { input: string; truncated?: true } {
  const { text, truncated } = capText(JSON.stringify({ command }));
  return { input: text, ...(truncated ? { truncated } : {}) };
}

function resultText(report: CommandReport): string {
  const said = endOf(report);
  const sentence = `${said[0].toUpperCase()}${said.slice(1)}`;
  return report.left_out_bytes === 0
    ? sentence
    : `${sentence}. ${report.left_out_bytes} bytes of output were left out; it ends with:\n${report.tail}`;
}

/** Output on its way to the log: the beginning as it comes, of the rest the end. */
class Output {
  readonly #deps: Pick<CommandRunDeps, "write" | "timers">;
  readonly #decoder = new TextDecoder();
  #waiting = "";
  #live = 0;
  #seen_bytes = 0;
  #live_bytes = 0;
  /** The last chunks, as bytes: a flood is only decoded where it is shown. */
  #last: Uint8Array[] = [];
  #last_bytes = 0;
  #cancel: (() => void) | null = null;

  constructor(deps: Pick<CommandRunDeps, "write" | "timers">) {
    this.#deps = deps;
  }

  get left_out_bytes(): number {
    return Math.max(0, this.#seen_bytes - this.#live_bytes);
  }

  /** The end of the output. */
  get tail(): string {
    const decoder = new TextDecoder();
    const text = this.#last.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
    return (text + decoder.decode()).slice(-TAIL_CHARS);
  }

  /** Resolves when there is room for more: a flood waits for the log. */
  async take(chunk: Uint8Array): Promise<void> {
    this.#seen_bytes += chunk.byteLength;
    // A copy of what is kept, or a short rest would keep the whole chunk in memory.
    this.#last.push(chunk.slice(-TAIL_BYTES));
    this.#last_bytes += Math.min(chunk.byteLength, TAIL_BYTES);
    while (this.#last_bytes - this.#last[0].byteLength >= TAIL_BYTES) {
      this.#last_bytes -= this.#last.shift()!.byteLength;
    }
    if (this.#live >= LIVE_CHARS) return;
    const text = this.#decoder.decode(chunk, { stream: true });
    this.#live += text.length;
    this.#live_bytes += chunk.byteLength;
    this.#waiting += text;
    if (this.#waiting.length >= ENTRY_CHARS) await this.#flush(false);
    else this.#cancel ??= this.#deps.timers.after(FLUSH_MS, () => void this.#flush(false));
  }

  async end(): Promise<void> {
    await this.#flush(true);
  }

  /** Whole lines, as long as there is one; the rest waits for its end. */
  async #flush(all: boolean): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const lines = this.#waiting.lastIndexOf("\n") + 1;
    const cut = all || lines === 0 ? this.#waiting.length : lines;
    const text = this.#waiting.slice(0, cut);
    this.#waiting = this.#waiting.slice(cut);
    let room: Promise<void> | void = undefined;
    for (let at = 0; at < text.length; at += ENTRY_CHARS) {
      // All at once, so that what comes meanwhile can't get in between.
      room = this.#deps.write({ type: "system", text: text.slice(at, at + ENTRY_CHARS).replace(/\n$/, "") });
    }
    await room;
  }
}
