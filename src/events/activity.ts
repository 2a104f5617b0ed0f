/** Activity: what each agent does right now, in one line per run, for the live cards of a board. */

import type { LogEntry } from "../domain/log_entry.ts";
import type { RunLog, Runs } from "../store/store.ts";
import type { Feed } from "./feed.ts";
import type { Hub, Peer } from "./hub.ts";
import { Paced } from "./paced.ts";

/** Between two lines of a run, in milliseconds. */
const PACE_MS = 250;
/** Most entries that are looked through for what the run has cost. */
const LOOK_BACK = 20;
/** Longest line in characters. */
const LINE_LENGTH = 200;

export interface ActivityStore {
  runs: Pick<Runs, "active">;
  runLog: Pick<RunLog, "read" | "lastSeq">;
}

export class Activity {
  readonly #watchers = new Set<Peer>();
  /** Last entry told, by run. */
  readonly #told = new Map<string, { seq: number; message: string; cost_usd: number }>();
  readonly #store: ActivityStore;
  readonly #hub: Hub;
  readonly #pace: Paced;
  readonly #unsubscribe: () => void;

  constructor(feed: Feed, store: ActivityStore, hub: Hub) {
    this.#store = store;
    this.#hub = hub;
    this.#pace = new Paced(PACE_MS, () => this.#look());
    this.#unsubscribe = feed.onChange(() => {
      if (this.#watchers.size > 0) this.#pace.poke();
    });
  }

  /** Sends `{type: "subscribed"}`, the last line of every run under way, then new ones as they come. */
  watch(peer: Peer): void {
    if (!this.#hub.push(peer, JSON.stringify({ type: "subscribed", subscribe: "activity" }))) return;
    // Without watchers nobody kept these up to date; the look below tells them anew.
    if (this.#watchers.size === 0) this.#told.clear();
    for (const { message } of this.#told.values()) this.#hub.push(peer, message);
    this.#watchers.add(peer);
    this.#pace.poke();
  }

  leave(peer: Peer): void {
    this.#watchers.delete(peer);
  }

  close(): void {
    this.#unsubscribe();
    this.#pace.close();
    this.#watchers.clear();
  }

  async #look(): Promise<void> {
    if (this.#watchers.size === 0) return;
    const active = await this.#store.runs.active();
    const ids = new Set(active.map(({ run }) => run.id));
    for (const run_id of this.#told.keys()) if (!ids.has(run_id)) this.#told.delete(run_id);
    for (const { run } of active) await this.#tell(run.id, run.issue_id);
  }

  async #tell(run_id: string, issue_id: string): Promise<void> {
    const seq = await this.#store.runLog.lastSeq(run_id);
    const before = this.#told.get(run_id);
    if (seq === (before?.seq ?? 0)) return;
    const after = Math.max(before?.seq ?? 0, seq - LOOK_BACK);
    const { entries } = await this.#store.runLog.read(run_id, after, seq - after);
    const entry = entries.at(-1);
    if (entry === undefined) return;
    const cost_usd = entries.findLast(({ so_far }) => so_far !== undefined)?.so_far?.cost_usd ??
      before?.cost_usd ?? 0;
    const message = JSON.stringify({
      type: "run.activity",
      run_id,
      issue_id,
      seq: entry.seq,
      entry_type: entry.type,
      text: lineOf(entry),
      cost_usd,
    });
    this.#told.set(run_id, { seq: entry.seq, message, cost_usd });
    for (const peer of this.#watchers) this.#hub.push(peer, message);
  }
}

/** An entry as one line. */
export function lineOf(entry: LogEntry): string {
  switch (entry.type) {
    case "tool_call":
      return oneLine(`${entry.tool} ${entry.input}`);
    case "todo":
      return oneLine(
        (entry.items.find(({ status }) => status === "in_progress") ?? entry.items[0])?.text ?? "",
      );
    default:
      return oneLine(entry.text);
  }
}

function oneLine(text: string): string {
  const line = text.slice(0, 4 * LINE_LENGTH).replace(/\s+/g, " ").trim();
  return line.length <= LINE_LENGTH
    ? line.toWellFormed()
    : `${line.slice(0, LINE_LENGTH - 1).toWellFormed()}…`;
}
