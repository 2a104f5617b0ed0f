/** `autopilot logs`: a run's transcript, and on as it grows. */

import { CLIENT_OPTIONS } from "../../config.ts";
import type { LogEntry } from "../../domain/log_entry.ts";
import type { Run } from "../../domain/run.ts";
import type { Client } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { CommandError, EXIT } from "../exit.ts";
import { oneLine } from "../harmless.ts";
import { issueRef } from "../issue_lines.ts";
import { follow } from "../live.ts";
import { type Style, styled } from "../printer.ts";

const PAGE = 1_000;

export const command: Command = {
  arguments: [{ name: "<run>", meaning: "Its id, or an issue's number for the last run of it" }],
  options: [
    { flags: "-f, --follow", meaning: "Go on until the run has finished" },
    { flags: "--after <seq>", meaning: "Begin after this entry (default: 0)" },
  ],
  config: CLIENT_OPTIONS,
  examples: [
    { line: "logs 12", meaning: "what the last agent of issue 12 said and did" },
    { line: "logs 12 -f", meaning: "and goes on while it works" },
    { line: "logs 12 --json", meaning: "one entry per line, for programs" },
  ],
  async run(context, { args: [ref], options }) {
    const given = String(options.after ?? "0");
    if (!/^\d{1,15}$/.test(given)) {
      throw new CommandError(`--after ${JSON.stringify(given)} is no entry's number`, EXIT.usage, "usage");
    }
    const client = await context.client();
    const run = await runOf(client, ref);
    let last = Number(given);
    const show = (entry: LogEntry) => {
      if (entry.seq <= last) return;
      last = entry.seq;
      print(context, entry);
    };
    /** What is stored and not shown yet. */
    const readOn = async () => {
      for (;;) {
        const { entries } = await client.call<{ entries: LogEntry[] }>(
          `/runs/${run.id}/log?after=${last}&limit=${PAGE}`,
        );
        entries.forEach(show);
        if (entries.length < PAGE || context.out.closed) return;
      }
    };
    await readOn();
    if (options.follow !== true) return EXIT.ok;
    const finished = async () => (await client.call<Run>(`/runs/${run.id}`)).phase === "finished";
    await follow(client, {
      since: null,
      subscribe: () => ({ subscribe: `run:${run.id}`, after: last }),
      onState: (connected) =>
        context.err.line(connected ? "Connected again" : "The connection is lost: trying again"),
      async take(message) {
        if (message.type === "run.log" && message.run_id === run.id) {
          (message.entries as LogEntry[]).forEach(show);
        }
        // It may have finished before the connection stood, or while it was lost.
        const over = message.type === "run.finished" && message.run_id === run.id ||
          message.type === "subscribed" && await finished();
        if (over) await readOn();
        return over || context.out.closed;
      },
    });
    return EXIT.ok;
  },
};

async function runOf(client: Client, ref: string): Promise<Run> {
  if (!/^#?\d{1,9}$/.test(ref)) return await client.call<Run>(`/runs/${encodeURIComponent(ref)}`);
  const runs = await client.call<Run[]>(`/issues/${issueRef(ref)}/runs`);
  const run = runs.at(-1);
  if (run === undefined) {
    throw new CommandError(`Issue ${ref} has had no run yet`, EXIT.refused, "no_run");
  }
  return run;
}

const STYLES: Partial<Record<LogEntry["type"], Style>> = {
  thinking: "dim",
  tool_call: "cyan",
  error: "red",
  result: "bold",
};

function print({ out, json }: CommandContext, entry: LogEntry): void {
  if (json) return out.json(entry);
  const style = STYLES[entry.type];
  const head = `${entry.at.slice(11, 19)} ${entry.type.padEnd(11)} `;
  const [first, ...rest] = textOf(entry).trimEnd().split("\n");
  out.line(styled("dim", head), style === undefined ? first : styled(style, first));
  // Indented: a text can't pass for another entry.
  for (const line of rest) {
    out.line(" ".repeat(head.length), style === undefined ? line : styled(style, line));
  }
}

function textOf(entry: LogEntry): string {
  switch (entry.type) {
    case "tool_call":
      return `${oneLine(entry.tool)} ${entry.input}`;
    case "tool_result":
      return entry.ok ? entry.text : `failed: ${entry.text}`;
    case "todo":
      return entry.items.map(({ text, status }) => `[${oneLine(status)}] ${oneLine(text)}`).join("\n");
    case "result":
      return `${entry.text}\n${entry.turns} turns, $${entry.cost_usd.toFixed(2)}`;
    default:
      return entry.text;
  }
}
