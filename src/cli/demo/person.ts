/** The demo's person: hands the issues over, and answers and accepts when nobody else does. */

import { messageOfError } from "../../domain/errors.ts";
import type { Event } from "../../domain/event.ts";
import type { Issue } from "../../domain/issue.ts";
import { loggerOf } from "../../log.ts";
import type { Client } from "../client.ts";
import { ANSWER, HANDED_OVER, ISSUES, LABEL } from "./plays.ts";

/** Who writes the comments. */
const NAME = "demo (automatic)";

export interface Pace {
  /** From the first visit to the first issue in Ready, in milliseconds. */
  begin_ms: number;
  /** How long a question waits for another to answer. */
  answer_ms: number;
  /** How long work waits for another to look at it. */
  review_ms: number;
}

export const PACE: Pace = { begin_ms: 1_500, answer_ms: 6_000, review_ms: 5_000 };

export interface PersonOptions {
  client: Client;
  pace: Pace;
  /** False: people do everything themselves but hand the issues over. */
  acts: boolean;
  /** Tells the terminal what happens. */
  print(line: string): void;
}

export class DemoPerson {
  readonly #options: PersonOptions;
  readonly #issues: Issue[] = [];
  /** What is planned, by issue; a change of its status calls it off. */
  readonly #planned = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #doing = new Set<Promise<void>>();
  readonly #accepted = new Set<string>();
  #begun = false;
  #ended = false;

  constructor(options: PersonOptions) {
    this.#options = options;
  }

  /** Files the issues: all in Backlog. */
  async prepare(): Promise<void> {
    for (const issue of ISSUES) {
      this.#issues.push(
        await this.#options.client.call<Issue>("/issues", {
          json: { ...issue, status: "backlog", created_by: NAME },
        }),
      );
    }
  }

  /** Somebody looks at the board: now it begins. Further calls do nothing. */
  begin(): void {
    if (this.#begun || this.#issues.length === 0) return;
    this.#begun = true;
    this.#issues.slice(0, HANDED_OVER).forEach((issue, place) => {
      this.#plan(issue.id, this.#options.pace.begin_ms + place * 500, () => this.#move(issue.id, "ready"));
    });
  }

  /** Hears what happens on the board. */
  heed(events: readonly Event[]): void {
    for (const { type, issue_id, data } of events) {
      if (type !== "issue.status") continue;
      this.#options.print(
        `#${data.number} ${String(data.status).replace("_", " ").padEnd(11)} ${data.title}`,
      );
      this.#callOff(issue_id);
      const own = this.#issues.slice(0, HANDED_OVER).some(({ id }) => id === issue_id);
      if (!own || !this.#options.acts) continue;
      const { answer_ms, review_ms } = this.#options.pace;
      if (data.status === "blocked") this.#plan(issue_id, answer_ms, () => this.#answer(issue_id));
      if (data.status === "in_review" && !this.#accepted.has(issue_id)) {
        this.#plan(issue_id, review_ms, () => this.#accept(issue_id));
      }
    }
  }

  /** Does nothing more. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const id of [...this.#planned.keys()]) this.#callOff(id);
    await Promise.all(this.#doing);
  }

  #plan(issue_id: string, ms: number, what: () => Promise<void>): void {
    if (this.#ended) return;
    const timer = setTimeout(() => {
      this.#planned.delete(issue_id);
      const done = what()
        .catch((error) => loggerOf("server").warn("The demo: {error}", { error: messageOfError(error) }))
        .finally(() => this.#doing.delete(done));
      this.#doing.add(done);
    }, ms);
    this.#planned.set(issue_id, timer);
  }

  #callOff(issue_id: string): void {
    clearTimeout(this.#planned.get(issue_id));
    this.#planned.delete(issue_id);
  }

  async #answer(id: string): Promise<void> {
    if (await this.#statusOf(id) !== "blocked") return;
    await this.#comment(id, `${ANSWER}\n\n${LABEL}`);
  }

  async #accept(id: string): Promise<void> {
    if (await this.#statusOf(id) !== "in_review") return;
    this.#accepted.add(id);
    await this.#comment(id, `Accepted.\n\n${LABEL}`);
    await this.#move(id, "done");
    if (this.#accepted.size < HANDED_OVER) return;
    this.#options.print("The loop is closed. Now yours: press C, write an issue, move it to Ready");
  }

  async #statusOf(id: string): Promise<string> {
    return (await this.#options.client.call<{ issue: Issue }>(`/issues/${id}`)).issue.status;
  }

  async #comment(id: string, body: string): Promise<void> {
    await this.#options.client.call(`/issues/${id}/comments`, {
      json: { author: NAME, author_kind: "human", body },
    });
  }

  async #move(id: string, status: string): Promise<void> {
    await this.#options.client.call(`/issues/${id}/status`, { json: { status } });
  }
}
