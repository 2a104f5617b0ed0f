/** Stores for tests: each test has a fresh database, removed at its end. */

import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import type { Actor } from "../../src/domain/event.ts";
import type { NewComment } from "../../src/domain/comment.ts";
import type { NewIssue } from "../../src/domain/issue.ts";
import type { OpenOptions } from "../../src/store/open.ts";
import { openStore } from "../../src/store/open.ts";
import type { RunEnd, Store } from "../../src/store/store.ts";

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #ms: number;
  constructor(start = "2026-01-01T00:00:00.000Z") {
    this.#ms = Date.parse(start);
  }
  now(): Date {
    return new Date(this.#ms);
  }
  advance(ms: number): void {
    this.#ms += ms;
  }
}

export interface TestStore extends AsyncDisposable {
  readonly store: Store;
  readonly url: string;
  /** Another store on the same database, as another process would have it; closed with this one. */
  another(options?: Partial<OpenOptions>): Promise<Store>;
}

/** A store on SQLite in a temporary folder. */
export async function openTestStore(options: Partial<OpenOptions> = {}): Promise<TestStore> {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-store-" });
  const remove = () => Deno.remove(dir, { recursive: true });
  return await testStoreOn(`sqlite:${join(dir, "autopilot.db")}`, remove, options);
}

/** A store on the database that `url` names. @param remove removes the database after the stores are closed */
export async function testStoreOn(
  url: string,
  remove: () => Promise<void>,
  options: Partial<OpenOptions> = {},
): Promise<TestStore> {
  const stores: Store[] = [];
  const open = async (more: Partial<OpenOptions> = {}) => {
    const store = await openStore({ url, clock: systemClock, ...options, ...more });
    stores.push(store);
    return store;
  };
  const dispose = async () => {
    for (const store of stores) await store.close();
    await remove();
  };
  try {
    return { store: await open(), url, another: open, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

export const ANN: Actor = { kind: "human", name: "ann" };
export const BOT = { id: "bot", host: "host", pid: 1 } as const;

/** A complete new issue, a ready feature of Ann's unless told otherwise. */
export function newIssue(fields: Partial<NewIssue> = {}): NewIssue {
  return {
    title: "A title",
    body: "",
    kind: "feature",
    priority: "normal",
    assignee: "",
    human_only: false,
    created_by: "ann",
    trust: "member",
    status: "ready",
    ...fields,
  };
}

export function newComment(body: string, fields: Partial<NewComment> = {}): NewComment {
  return { author: "ann", author_kind: "human", trust: "member", body, ...fields };
}

/** The end of a run that implemented its issue, unless told otherwise. */
export function runEnd(fields: Partial<RunEnd> = {}): RunEnd {
  return {
    outcome: "implemented",
    reason: "It said so",
    commit: "",
    branch: "",
    pr_url: "",
    result: "",
    session_id: "",
    turns: 1,
    cost_usd: 0,
    session_cost_usd: 0,
    input_tokens: 0,
    output_tokens: 0,
    checks: "",
    transient: false,
    not_before: "",
    comments: [],
    ...fields,
  };
}
