/** How an agent asks a human: the tool `ask_human`, or the marker `BLOCKED:` in its last words. */

import type { LogBody } from "./log_entry.ts";

/** Longest question by the tool, in characters: its call stands whole in the transcript. */
export const MAX_QUESTION = 8_000;
/** The name under which the runner gives the board's tools to its agents. */
export const BOARD_TOOLS = "autopilot";
/** As Claude Code calls it. */
const ASK_TOOL = `mcp__${BOARD_TOOLS}__ask_human`;
/** Calls that are kept until their results come. */
const MAX_CALLS = 20;

/** Hears in a transcript what the agent asks by the tool: what was asked last, and taken by the board, stands. */
export class AskedByTool {
  readonly #calls = new Map<string, string>();
  #question = "";
  #heard = 0;

  /** @param heard how many comments the agent had been told */
  see(body: LogBody, heard: number): void {
    if (body.type === "tool_call" && body.tool === ASK_TOOL && this.#calls.size < MAX_CALLS) {
      this.#calls.set(body.call_id, questionIn(body.input));
    } else if (body.type === "tool_result") {
      const question = this.#calls.get(body.call_id) ?? "";
      this.#calls.delete(body.call_id);
      if (!body.ok || question === "") return;
      this.#question = question;
      this.#heard = heard;
    }
  }

  /** The question; empty when nothing was asked, or when people wrote since: that is the answer. */
  openQuestion(heard: number): string {
    return heard === this.#heard ? this.#question : "";
  }
}

function questionIn(input: string): string {
  try {
    const { question } = JSON.parse(input);
    return typeof question === "string" ? question.trim().slice(0, MAX_QUESTION) : "";
  } catch {
    // Cut in the transcript, so longer than the tool takes: it was refused.
    return "";
  }
}

const OPENING = /^ {0,3}(\*{1,3}|_{1,3}|)BLOCKED(\*{1,3}|_{1,3}|):(.*)$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LIST_ITEM = /^\s*(?:[-*+]|\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S/;

/**
 * The question in an agent's last words, `null` when they hold none.
 *
 * The marker counts only at the start of a line, as the first line of the text or of its last paragraph
 * (lists that follow the paragraph belong to it), with or without Markdown emphasis around it, and never inside
 * a code fence: agents also write *about* the marker. The question is everything from there.
 *
 * @example blockedQuestion("Two ways.\n\n**BLOCKED:** SQLite or PostgreSQL?") // "SQLite or PostgreSQL?"
 */
export function blockedQuestion(text: string): string | null {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const paragraphs = paragraphStarts(lines);
  for (const start of new Set([paragraphs[0], paragraphs.at(-1)])) {
    if (start === undefined) continue;
    const question = questionFrom(lines, start);
    if (question !== null) return question;
  }
  return null;
}

/** The line numbers at which paragraphs outside of code fences begin. */
function paragraphStarts(lines: string[]): number[] {
  const starts: number[] = [];
  let fence = "";
  let blank_before = true;
  lines.forEach((line, index) => {
    const mark = FENCE.exec(line)?.[1] ?? "";
    const blank = line.trim() === "";
    const inside = fence !== "";
    if (inside) {
      if (mark !== "" && mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) {
        fence = "";
      }
    } else {
      // A list or code block after a paragraph belongs to it: questions often come with their options below.
      const continues = starts.length > 0 &&
        (LIST_ITEM.test(line) || mark !== "" || /^(?: {4}|\t)/.test(line));
      if (!blank && blank_before && !continues) starts.push(index);
      if (mark !== "") fence = mark;
    }
    blank_before = blank;
  });
  return starts;
}

function questionFrom(lines: string[], start: number): string | null {
  const found = OPENING.exec(lines[start]);
  if (found === null) return null;
  const [, opened, closed, rest] = found;
  if (closed !== "" && closed !== opened) return null;
  let question = [rest, ...lines.slice(start + 1)].join("\n");
  // Emphasis that was opened before the marker closes behind the colon or further on: it is no part of the question.
  if (opened !== "" && closed === "") question = question.replace(opened, "");
  question = question.trim();
  return question === "" ? null : question;
}
