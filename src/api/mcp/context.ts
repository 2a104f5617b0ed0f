/** What the MCP server's tools share: who calls, how they answer, and how much one run may write. */

import type { CallToolResult } from "@modelcontextprotocol/server";
import { RUN_ID_META } from "../../domain/by_hand.ts";
import { actorOf, type Credential } from "../../domain/credential.ts";
import type { Actor } from "../../domain/event.ts";
import { Texts } from "../../domain/fenced.ts";
import { capText } from "../../domain/log_entry.ts";
import type { RouteDeps } from "../env.ts";
import { ApiError, errorResponse } from "../errors.ts";

export interface McpContext extends RouteDeps {
  credential: Credential;
  quota: RunQuota;
}

/** What a tool says; `run_id` is told to programs between the agent and the server. */
export interface Said {
  text: string;
  run_id?: string;
}

/** Longest answer in characters: coding agents cut what is much longer. */
export const MAX_ANSWER = 60_000;

/** Runs a tool. What it throws is an answer too, as the API would say it. */
export async function answered(work: () => Promise<Said>): Promise<CallToolResult> {
  try {
    const { text, run_id } = await work();
    return {
      content: [{ type: "text", text: capText(text, MAX_ANSWER).text }],
      ...run_id === undefined ? {} : { _meta: { [RUN_ID_META]: run_id } },
    };
  } catch (error) {
    const { error: text } = await errorResponse(error).json();
    return { content: [{ type: "text", text }], isError: true };
  }
}

/** Who writes: whatever the token, it is a model that calls tools, and what it says has an agent's rights only. */
export function writerOf({ credential }: McpContext): Actor {
  return actorOf(credential, `${credential.name || "human"}'s agent`, "agent");
}

/** Texts under a word that nobody could know when they were written. */
export function newTexts(): Texts {
  return new Texts(crypto.randomUUID().replaceAll("-", ""));
}

/** The number or id in what a model gave: it also writes `#12`. */
export function refOf(issue: string | number): string {
  return String(issue).trim().replace(/^#/, "");
}

/** Most issues and comments of one run: an agent that was talked into it must not flood the board. */
const MAX_OF_RUN = { issue: 20, comment: 40 } as const;
/** Runs that are counted; older ones have ended long ago. */
const MAX_RUNS = 1_000;

export class RunQuota {
  readonly #counts = new Map<string, Record<keyof typeof MAX_OF_RUN, number>>();

  /** @throws ApiError when the run has written enough; credentials that are no run's may write on */
  take({ run_id }: Credential, what: keyof typeof MAX_OF_RUN): void {
    if (run_id === "") return;
    const counts = this.#counts.get(run_id) ?? { issue: 0, comment: 0 };
    if (counts[what] >= MAX_OF_RUN[what]) {
      throw new ApiError(
        "too_many_requests",
        `A run may write ${MAX_OF_RUN[what]} ${what}s, and this one has: put the rest into your last message`,
      );
    }
    counts[what]++;
    this.#counts.delete(run_id);
    this.#counts.set(run_id, counts);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= MAX_RUNS) break;
      this.#counts.delete(oldest);
    }
  }
}
