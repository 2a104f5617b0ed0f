/** The people of the soak: they answer what is blocked, stop who does not listen, hand work in again. */

import type { Comment } from "../../src/domain/comment.ts";
import type { Issue } from "../../src/domain/issue.ts";
import type { Run } from "../../src/domain/run.ts";
import { PLAYS } from "./plays.ts";
import { sleep, type World } from "./world.ts";

export interface Filed {
  issue: Issue;
  play: string;
}

/** So long an agent that never ends is watched before somebody stops it. */
const PATIENCE_MS = 4_000;

export class Humans {
  readonly filed: Filed[] = [];
  readonly answered = { comments: 0, stops: 0, handed_in: 0 };
  readonly #world: World;
  readonly #deaf = new Set<string>();
  readonly #stopped = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Files the plays one by one, spread over the time. */
  async file(plays: readonly string[], spread_ms: number): Promise<void> {
    for (const [index, play] of plays.entries()) {
      const json = {
        title: `Work ${index + 1}: ${PLAYS[play].meaning}`,
        body: `play:${play}\n`,
        status: "ready",
      };
      const { body: issue } = await this.#world.api<Issue>("/issues", { json });
      this.filed.push({ issue, play });
      if (play === "deaf") this.#deaf.add(issue.id);
      await sleep(spread_ms / plays.length);
    }
  }

  /** Until the time is over, or everything is in review. Answers whether it is. */
  async work(until: number, { all_filed = true } = {}): Promise<boolean> {
    while (Date.now() < until) {
      const { body: issues } = await this.#world.api<Issue[]>("/issues");
      if (all_filed && issues.every(({ status }) => status === "in_review")) return true;
      for (const issue of issues) await this.#look(issue);
      await sleep(500);
    }
    return false;
  }

  async #look(issue: Issue): Promise<void> {
    if (issue.status === "blocked") {
      this.answered.comments++;
      const json = { author: "ann", body: `Blue, and please go on (${this.answered.comments}).` };
      await this.#world.api<Comment>(`/issues/${issue.id}/comments`, { json });
    } else if (issue.status === "backlog") {
      this.answered.handed_in++;
      await this.#world.api(`/issues/${issue.id}/status`, { json: { status: "ready" } });
    } else if (issue.status === "in_progress" && this.#deaf.has(issue.id)) {
      const { body: runs } = await this.#world.api<Run[]>(`/issues/${issue.id}/runs`);
      const running = runs.find(({ phase }) => phase === "running");
      if (running === undefined || Date.now() - Date.parse(running.started_at) < PATIENCE_MS) return;
      if (this.#stopped.has(running.id)) return;
      this.#stopped.add(running.id);
      this.answered.stops++;
      await this.#world.api(`/issues/${issue.id}/stop`, { method: "POST" });
    }
  }
}
