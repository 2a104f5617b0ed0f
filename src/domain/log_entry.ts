/** The run log: what the agent said and did, entry by entry, as the board shows it. */

export const LOG_TYPES = [
  "text",
  "thinking",
  "tool_call",
  "tool_result",
  "todo",
  "system",
  "error",
  "result",
] as const;
export type LogType = typeof LOG_TYPES[number];

/** Longest text of one entry in characters; what is longer is cut and marked `truncated`. */
export const MAX_ENTRY_TEXT = 32_000;

/** One entry without its place in the log. All texts are the agent's: untrusted, to be shown as text only. */
export type LogBody =
  | { type: "text" | "thinking"; text: string; truncated?: boolean; parent?: string }
  | { type: "tool_call"; call_id: string; tool: string; input: string; truncated?: boolean; parent?: string }
  | { type: "tool_result"; call_id: string; ok: boolean; text: string; truncated?: boolean; parent?: string }
  | { type: "todo"; items: { text: string; status: string }[] }
  | { type: "system" | "error"; text: string; truncated?: boolean }
  | {
    type: "result";
    ok: boolean;
    text: string;
    truncated?: boolean;
    turns: number;
    cost_usd: number;
    input_tokens: number;
    output_tokens: number;
    duration_ms: number;
  };

/** What a run used so far, as far as its agent has told: what it wrote is known at the end of a turn. */
export interface SoFar {
  input_tokens: number;
  output_tokens: number;
  /** 0 while it is not known. */
  cost_usd: number;
}

/**
 * An entry in its place: `seq` counts from 1 within the run without gaps, `at` is ISO-8601 UTC. `so_far` is there when
 * it has changed since the entry before.
 */
export type LogEntry = { seq: number; at: string; so_far?: SoFar } & LogBody;

/** Cuts a text to `MAX_ENTRY_TEXT`, never inside a surrogate pair. */
export function capText(text: string, max = MAX_ENTRY_TEXT): { text: string; truncated?: true } {
  if (text.length <= max) return { text };
  const last = text.charCodeAt(max - 1);
  return { text: text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max), truncated: true };
}
