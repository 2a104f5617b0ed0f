/** Where log lines go: standard error, one line each, for people or as JSON. */

import { configure, type LogRecord, type Sink } from "@logtape/logtape";
import type { Config } from "../config.ts";
import { replaceHidden } from "../domain/hidden.ts";
import { harmless } from "./harmless.ts";

/** Sets the program's logging up, or anew. */
export async function configureLogging(
  { log_level, log_format }: Pick<Config, "log_level" | "log_format">,
): Promise<void> {
  await configure({
    reset: true,
    sinks: { stderr: stderrSink(log_format === "json" ? jsonLine : textLine) },
    loggers: [
      { category: "autopilot", lowestLevel: log_level, sinks: ["stderr"] },
      // LogTape's own logger greets at start otherwise.
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

function stderrSink(format: (record: LogRecord) => string): Sink {
  const encoder = new TextEncoder();
  return (record) => {
    const bytes = encoder.encode(format(record) + "\n");
    for (let done = 0; done < bytes.length;) done += Deno.stderr.writeSync(bytes.subarray(done));
  };
}

/** `2026-01-31T12:00:00.000Z info    runner: Claimed issue 7` */
export function textLine(record: LogRecord): string {
  const at = new Date(record.timestamp).toISOString();
  const text = record.message.map((part) => typeof part === "string" ? part : shown(part)).join("");
  return harmless(`${at} ${record.level.padEnd(7)} ${areaOf(record)}: ${text}`);
}

export function jsonLine(record: LogRecord): string {
  const line = JSON.stringify({
    at: new Date(record.timestamp).toISOString(),
    level: record.level,
    area: areaOf(record),
    message: record.message.map((part) => typeof part === "string" ? part : shown(part)).join(""),
    ...Object.fromEntries(Object.entries(record.properties).map(([key, value]) => [key, plainValue(value)])),
  });
  // JSON.stringify() escapes only some of them; every reader of JSON understands the escapes.
  return replaceHidden(
    line,
    (character) =>
      Array.from(
        { length: character.length },
        (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
      ).join(""),
  );
}

function areaOf(record: LogRecord): string {
  return record.category.slice(1).join(".");
}

function plainValue(value: unknown): string | number | boolean | null {
  return typeof value === "number" || typeof value === "boolean" || value === null ? value : shown(value);
}

/** Values never break the line: only the stack of an error goes over several, indented. */
function shown(value: unknown): string {
  if (value instanceof Error) return (value.stack ?? value.message).replaceAll("\n", "\n    ");
  const text = typeof value === "string" ? value : Deno.inspect(value, { depth: 3, breakLength: Infinity });
  return text.replaceAll("\n", "\\n");
}
