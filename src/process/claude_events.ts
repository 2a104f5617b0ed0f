/**
 * Claude Code's stream-json output, line by line, as events that the rest of the program knows. Parsed by shape:
 * fields that are missing or of another type count as empty, unknown types of messages say nothing, every text is
 * capped. What the agent writes is untrusted and is never more than text here.
 */

import type { AgentEvent, AgentResult } from "../domain/agent_output.ts";
import { capText, type LogBody } from "../domain/log_entry.ts";

type Json = Record<string, unknown>;

const MAX_NAME = 200;
const MAX_TODOS = 100;
const MAX_TODO_TEXT = 500;
const MAX_ERRORS = 20;
const MAX_ERROR_TEXT = 4_000;

/** The events of one line; none for a line that is no JSON object or of no interest. */
export function parseClaudeLine(line: string): AgentEvent[] {
  const message = jsonObject(line);
  return message === null ? [] : eventsOf(message);
}

/** The JSON object of a line; null when it is none. */
export function jsonObject(line: string): Json | null {
  try {
    return asObject(JSON.parse(line));
  } catch {
    // No JSON: the caller counts such lines.
    return null;
  }
}

/** Parses the lines of one process: remembers the class of the last failed request for the result that follows it. */
export class ClaudeOutput {
  /** Lines so far that were no JSON object. */
  garbage_lines = 0;
  #api_error = "";
  #message_id = "";

  read(line: string): AgentEvent[] {
    if (line.trim() === "") return [];
    const message = jsonObject(line);
    if (message === null) {
      this.garbage_lines++;
      return [];
    }
    if (message.type === "assistant") this.#api_error = text(message.error, MAX_NAME);
    const events = eventsOf(message);
    if (this.#isNewRound(message)) events.unshift({ type: "round", input_tokens: inputTokens(message) });
    for (const event of events) {
      if (event.type === "result" && !event.result.ok) event.result.api_error = this.#api_error;
    }
    return events;
  }

  /** One answer of the model comes as one message per block, all with the answer's id. */
  #isNewRound(message: Json): boolean {
    if (message.type !== "assistant" || text(message.parent_tool_use_id) !== "" || this.#api_error !== "") {
      return false;
    }
    const id = text(asObject(message.message)?.id, MAX_NAME);
    if (id === "" || id === this.#message_id) return false;
    this.#message_id = id;
    return true;
  }
}

/** "Estimated cost:        $0.4800", followed by more lines. */
function costEvents(message: Json): AgentEvent[] {
  const said = text(asObject(asObject(message.response)?.response)?.text, MAX_ERROR_TEXT);
  const usd = /\bcost:\s*\$(\d+(?:\.\d+)?)/i.exec(said)?.[1];
  return usd === undefined ? [] : [{ type: "cost", session_cost_usd: Number(usd) }];
}

function eventsOf(message: Json): AgentEvent[] {
  switch (message.type) {
    case "system":
      return systemEvents(message);
    case "assistant":
      return assistantEvents(message);
    case "user":
      return blocksOf(message).flatMap((block) =>
        block.type === "tool_result" ? [log(toolResult(block, parentOf(message)))] : []
      );
    case "result":
      return [resultEvent(message)];
    case "control_response":
      return costEvents(message);
    default:
      return [];
  }
}

function systemEvents(message: Json): AgentEvent[] {
  switch (message.subtype) {
    case "init":
      return [{
        type: "session",
        session_id: text(message.session_id, MAX_NAME),
        model: text(message.model, MAX_NAME),
        version: text(message.claude_code_version, MAX_NAME),
      }];
    case "api_retry":
      return [{
        type: "api_retry",
        status: number(message.error_status),
        attempt: number(message.attempt),
        max: number(message.max_retries),
        error: text(message.error, MAX_NAME),
      }];
    case "permission_denied":
    case "model_fallback":
    case "informational": {
      const said = text(message.message) || text(message.content);
      return said === "" ? [] : [log({ type: "system", ...capText(said) })];
    }
    case "compact_boundary":
      return [log({ type: "system", text: "The conversation was compacted to fit the model's context" })];
    default:
      return [];
  }
}

function assistantEvents(message: Json): AgentEvent[] {
  const parent = parentOf(message);
  if (message.is_api_error_message === true || text(message.error) !== "") {
    const said = blocksOf(message).map((block) => text(block.text)).join("\n");
    return [log({ type: "error", ...capText(said || text(message.error)) })];
  }
  return blocksOf(message).flatMap((block): AgentEvent[] => {
    switch (block.type) {
      case "text":
      case "thinking": {
        const said = text(block.type === "text" ? block.text : block.thinking);
        return said === "" ? [] : [log({ type: block.type, ...capText(said), ...parent })];
      }
      case "tool_use":
        return [log(toolCall(block, parent))];
      default:
        return [];
    }
  });
}

type Parent = { parent?: string };

function toolCall(block: Json, parent: Parent): LogBody {
  const tool = text(block.name, MAX_NAME);
  const input = asObject(block.input) ?? {};
  if (tool === "TodoWrite" && Array.isArray(input.todos)) {
    return { type: "todo", items: input.todos.slice(0, MAX_TODOS).map(todoItem) };
  }
  const { text: shown, truncated } = capText(JSON.stringify(input));
  return {
    type: "tool_call",
    call_id: text(block.id, MAX_NAME),
    tool,
    input: shown,
    ...(truncated ? { truncated } : {}),
    ...parent,
  };
}

function todoItem(item: unknown): { text: string; status: string } {
  const fields = asObject(item) ?? {};
  return { text: text(fields.content, MAX_TODO_TEXT), status: text(fields.status, MAX_NAME) };
}

function toolResult(block: Json, parent: Parent): LogBody {
  return {
    type: "tool_result",
    call_id: text(block.tool_use_id, MAX_NAME),
    ok: block.is_error !== true,
    ...capText(contentText(block.content)),
    ...parent,
  };
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => {
    const fields = asObject(part) ?? {};
    return fields.type === "text" ? text(fields.text) : `[${text(fields.type, MAX_NAME)}]`;
  }).join("\n");
}

function resultEvent(message: Json): AgentEvent {
  const usage = asObject(message.usage) ?? {};
  const errors = Array.isArray(message.errors) ? message.errors : [];
  const subtype = text(message.subtype, MAX_NAME);
  const terminal_reason = text(message.terminal_reason, MAX_NAME);
  const result: AgentResult = {
    // A failed request says subtype "success": only all three together mean that the turn was completed.
    ok: message.is_error === false && subtype === "success" &&
      (terminal_reason === "" || terminal_reason === "completed"),
    terminal_reason,
    subtype,
    text: text(message.result),
    errors: errors.slice(0, MAX_ERRORS).map((error) => text(error, MAX_ERROR_TEXT)),
    api_status: number(message.api_error_status),
    api_error: "",
    turns: number(message.num_turns),
    session_cost_usd: number(message.total_cost_usd),
    input_tokens: inputTokens(message),
    output_tokens: number(usage.output_tokens),
  };
  const log: LogBody = {
    type: "result",
    ok: result.ok,
    ...capText(result.text || result.errors.join("\n")),
    turns: result.turns,
    cost_usd: result.session_cost_usd,
    input_tokens: result.input_tokens,
    output_tokens: result.output_tokens,
    duration_ms: number(message.duration_ms),
  };
  return { type: "result", result: { ...result, ...capText(result.text) }, log };
}

/** Of an answer, or of a result. Cached input counts as input: it was sent and is billed, if cheaper. */
function inputTokens(message: Json): number {
  const usage = asObject(message.usage) ?? asObject(asObject(message.message)?.usage) ?? {};
  return number(usage.input_tokens) + number(usage.cache_creation_input_tokens) +
    number(usage.cache_read_input_tokens);
}

function blocksOf(message: Json): Json[] {
  const content = asObject(message.message)?.content;
  if (!Array.isArray(content)) return [];
  return content.map(asObject).filter((block) => block !== null);
}

function parentOf(message: Json): Parent {
  const parent = text(message.parent_tool_use_id, MAX_NAME);
  return parent === "" ? {} : { parent };
}

function log(body: LogBody): AgentEvent {
  return { type: "log", body };
}

function asObject(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : null;
}

function text(value: unknown, max = Infinity): string {
  return typeof value === "string" ? value.slice(0, max) : "";
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
