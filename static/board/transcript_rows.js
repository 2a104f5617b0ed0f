// @ts-check
/** The entries of a run's log as rows that are shown: a call and its result are one. */

import { partsOf } from "./tool_input.js";

/** @import { LogEntry } from "../../src/domain/log_entry.ts" */

/** @typedef {Extract<LogEntry, { type: "tool_call" }>} ToolCall */
/** @typedef {Extract<LogEntry, { type: "tool_result" }>} ToolResult */
/** A row that got its result is another object. @typedef {{ index: number, entry: LogEntry, result: ToolResult | null }} Row */

export function createRows() {
  /** @type {Row[]} */
  const list = [];
  /** The row of each call that has no result yet. @type {Map<string, number>} */
  const waiting = new Map();
  /** Rows that changed since they were taken in, until somebody asks. @type {number[]} */
  let changed = [];
  const sums = {
    /** Calls of tools. */
    steps: 0,
    /** Errors, and calls that failed. */
    failures: 0,
    /** @type {Extract<LogEntry, { type: "todo" }> | null} */
    todo: null,
    /** The last one. @type {Extract<LogEntry, { type: "result" }> | null} */
    result: null,
    /** Tokens of all turns. */
    input: 0,
    output: 0,
    /** The last one. @type {LogEntry["so_far"] | null} */
    so_far: null,
  };

  /** @param {LogEntry} entry */
  function add(entry) {
    if (entry.so_far !== undefined) sums.so_far = entry.so_far;
    if (entry.type === "tool_result") {
      if (!entry.ok) sums.failures++;
      const at = waiting.get(entry.call_id);
      if (at !== undefined) {
        waiting.delete(entry.call_id);
        list[at] = { ...list[at], result: entry };
        changed.push(at);
        return;
      }
    } else if (entry.type === "tool_call") {
      sums.steps++;
      waiting.set(entry.call_id, list.length);
    } else if (entry.type === "error") sums.failures++;
    else if (entry.type === "todo") sums.todo = entry;
    else if (entry.type === "result") {
      sums.result = entry;
      sums.input += entry.input_tokens;
      sums.output += entry.output_tokens;
    }
    changed.push(list.length);
    list.push({ index: list.length, entry, result: null });
  }

  return {
    list,
    sums,
    /** @param {readonly LogEntry[]} entries in order, each once */
    take(entries) {
      for (const entry of entries) add(entry);
    },
    /** The rows that came or changed since the last time. */
    news() {
      const rows = changed;
      changed = [];
      return rows;
    },
  };
}

/** All that a row says, for searching and copying. @param {Row} row */
export function rowText({ entry, result }) {
  switch (entry.type) {
    case "tool_call": {
      const parts = partsOf(entry.input).map(([name, text]) => name === "" ? text : `${name}: ${text}`);
      return [entry.tool, ...parts, ...result === null ? [] : [result.text]].join("\n");
    }
    case "todo":
      return entry.items.map(({ text, status }) => `[${status === "completed" ? "x" : " "}] ${text}`).join(
        "\n",
      );
    default:
      return entry.text;
  }
}
