/** `autopilot agents`: who works, on what, since when. */

import { CLIENT_OPTIONS } from "../../config.ts";
import type { Agent } from "../../domain/agent.ts";
import type { Issue } from "../../domain/issue.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { oneLine } from "../harmless.ts";
import { styled } from "../printer.ts";

const STYLES = { idle: "dim", working: "blue", stale: "red" } as const;

export const command: Command = {
  config: CLIENT_OPTIONS,
  examples: [
    { line: "agents", meaning: "one line for each" },
    { line: "agents --json", meaning: "an array, for programs" },
  ],
  async run({ client: connect, json, out, err }) {
    const client = await connect();
    const agents = await client.call<Agent[]>("/agents");
    if (json) {
      out.json(agents);
      return EXIT.ok;
    }
    if (agents.length === 0) {
      err.line("No agent has worked yet: the server's runner is off (serve --runner turns it on)");
    }
    const width = Math.max(...agents.map(({ id }) => id.length));
    for (const { id, status, issue_id, run_id, since, last_seen_at } of agents) {
      const work = issue_id === "" ? [] : await workOf(issue_id);
      out.line(
        `${oneLine(id).padEnd(width)}  `,
        styled(STYLES[status] ?? "dim", status.padEnd(7)),
        `  since ${since}`,
        ...work,
        run_id === "" ? "" : `  run ${run_id}`,
        status === "stale" ? `  last seen ${last_seen_at}` : "",
      );
    }
    return EXIT.ok;

    async function workOf(id: string): Promise<string[]> {
      const { issue } = await client.call<{ issue: Issue }>(`/issues/${encodeURIComponent(id)}`);
      return [`  #${issue.number} ${oneLine(issue.title)}`];
    }
  },
};
