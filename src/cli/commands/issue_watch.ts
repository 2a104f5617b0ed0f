/** `autopilot issue watch`: what happens, as it happens. */

import { CLIENT_OPTIONS } from "../../config.ts";
import { type Issue, STATUSES } from "../../domain/issue.ts";
import type { Command } from "../command.ts";
import { CommandError, EXIT } from "../exit.ts";
import { oneLine } from "../harmless.ts";
import { issueRef, STATUS_STYLES } from "../issue_lines.ts";
import { follow, type Message } from "../live.ts";
import { type Styled, styled } from "../printer.ts";

export const command: Command = {
  arguments: [{ name: "[issue]", meaning: "Its id or number; left out: all issues" }],
  options: [
    { flags: "--until <statuses>", meaning: "End when the issue is in one of these, by comma" },
    { flags: "--since <seq>", meaning: "Begin after this event instead of now; 0 for the whole log" },
  ],
  config: CLIENT_OPTIONS,
  examples: [
    { line: "issue watch", meaning: "everything, until Ctrl-C" },
    { line: "issue watch 12 --until in_review,blocked", meaning: "wait until it needs you" },
    { line: "issue watch --json --since 0", meaning: "the event log, one JSON value per line" },
  ],
  notes: "A lost connection comes back by itself, and nothing that happened meanwhile is missing.",
  async run(context, { args: [ref], options }) {
    const until = statusesOf(options.until);
    const since = sinceOf(options.since);
    if (until.length > 0 && ref === "") throw usage("--until needs an issue");
    const client = await context.client();
    const { out, err, json } = context;
    let seen = since;
    /** The newest event when the connection began: what comes up to it is replayed. */
    let head = 0;
    const watched = ref === "" ? null : (await read()).id;

    await follow(client, {
      since,
      onState: (connected) =>
        err.line(connected ? "Connected again" : "The connection is lost: trying again"),
      async take(message) {
        const seq = Number(message.seq);
        if (message.type === "hello" || message.type === "resync") {
          if (message.type === "resync") err.line("Too much happened meanwhile to show it all");
          const behind = message.type === "hello" && seen !== null && seen < seq;
          seen ??= seq;
          head = seq;
          return !behind && await reached();
        }
        if (typeof message.actor_kind !== "string") return false;
        seen = seq;
        const mine = watched === null || message.issue_id === watched;
        if (mine && json) out.json(message);
        else if (mine) out.line(...eventLine(message));
        if (out.closed) return true;
        // What is replayed is past: where the issue is now counts, once all of it is shown.
        if (seq <= head) return seq === head && await reached();
        return mine && message.type === "issue.status" && until.includes(String(message.status));
      },
    });
    return EXIT.ok;

    async function read(): Promise<Issue> {
      return (await client.call<{ issue: Issue }>(`/issues/${issueRef(ref)}`)).issue;
    }

    /** It may be there already. */
    async function reached(): Promise<boolean> {
      return until.length > 0 && until.includes((await read()).status);
    }
  },
};

/** `2026-01-31T12:00:00.000Z  issue.status  #12 ready → in_progress  autopilot-box  Title` */
function eventLine(message: Message): (string | Styled)[] {
  const word = (name: string) => oneLine(String(message[name] ?? ""));
  const what: (string | Styled)[] = [];
  if (message.number !== undefined) what.push(`#${word("number")} `);
  if (message.from !== undefined) what.push(`${word("from")} → `);
  if (message.type === "agent.status") what.push(`${word("agent")} ${word("status")} `);
  else if (message.type.startsWith("issue.")) what.push(styled(styleOf(message.status), word("status")), " ");
  if (message.outcome !== undefined && message.type === "run.finished") what.push(`${word("outcome")} `);
  if (message.author !== undefined) what.push(`${word("author_kind")} ${word("author")} `);
  return [
    styled("dim", word("at")),
    `  ${word("type").padEnd(13)}  `,
    ...what,
    word("title"),
    styled("dim", `  by ${word("actor")}`),
  ];
}

function styleOf(status: unknown) {
  const known = STATUSES.find((one) => one === status);
  return known === undefined ? "dim" : STATUS_STYLES[known];
}

function statusesOf(value: string | boolean | undefined): string[] {
  if (value === undefined) return [];
  const statuses = String(value).split(",").map((one) => one.trim());
  const unknown = statuses.find((one) => !STATUSES.some((known) => known === one));
  if (unknown === undefined) return statuses;
  throw usage(`--until knows no status ${JSON.stringify(unknown)}: it is one of ${STATUSES.join(", ")}`);
}

function sinceOf(value: string | boolean | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,15}$/.test(String(value))) return Number(value);
  throw usage(`--since ${JSON.stringify(value)} is no event's number`);
}

function usage(message: string): CommandError {
  return new CommandError(message, EXIT.usage, "usage");
}
