/** Statistics: what the charts of three months cost in a large database. */

import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../src/clock.ts";
import type { Status } from "../src/domain/issue.ts";
import { DAY_MS, MAX_STATS_DAYS } from "../src/domain/stats.ts";
import { openStore } from "../src/store/open.ts";
import { amountRow, quantile, type Row } from "./report.ts";

const ISSUES = 100_000;
/** Of ten issues so many have been done, each in two runs with a question in between. */
const DONE_OF_TEN = 4;
const COURSE: readonly Status[] = ["in_progress", "blocked", "ready", "in_progress", "in_review", "done"];
/** Longest time between two moves of an issue. */
const STEP_MS = 3_600_000;

/** Cold: nothing kept, as after a start. Warm: as after an event, when the past days are known. */
export async function statsRows(path: string, rounds: number): Promise<Row[]> {
  const url = `sqlite:${path}`;
  await (await openStore({ url, clock: systemClock })).close();
  const { stays, events } = fillHistory(path);
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using store = await openStore({ url, clock: systemClock });
    for (const times of [cold, warm]) {
      const started = performance.now();
      const { total } = await store.stats.read(MAX_STATS_DAYS);
      times.push(performance.now() - started);
      if (total.done < ISSUES * DONE_OF_TEN / 10 * 0.9) throw new Error(`Only ${total.done} issues are done`);
    }
  }
  const what = `statistics of ${MAX_STATS_DAYS} days, ${ISSUES.toLocaleString("en")} issues, ${
    events.toLocaleString("en")
  } events, ${stays.toLocaleString("en")} stays`;
  return [
    amountRow(`${what}, first time`, quantile(cold, 0.5), "ms", 200),
    amountRow(`${what}, after an event`, quantile(warm, 0.5), "ms", 200),
  ];
}

/** Writes the past, which no store would: its writes happen now. The triggers note the stays. */
function fillHistory(path: string): { stays: number; events: number } {
  using db = new DatabaseSync(path);
  db.exec("pragma synchronous = off; begin");
  const issue = db.prepare(
    `insert into issues (id, title, body, status, kind, priority, human_only, trust, checks, created_at, updated_at)
      values (?, ?, ?, ?, 'bug', 2, 0, 'operator', '', ?, ?)`,
  );
  const move = db.prepare("update issues set status = ?, updated_at = ? where id = ?");
  const run = db.prepare(
    `insert into runs (id, issue_id, attempt, agent_id, phase, outcome, started_at, finished_at, fence, lease_until, host,
        server_pid, stop_to, cost_usd, input_tokens, output_tokens)
      values (?, ?, ?, ?, 'finished', 'implemented', ?, ?, 1, '', 'h', 1, 'backlog', 0.5, 90000, 4000)`,
  );
  const event = db.prepare(
    `insert into events (seq, at, type, issue_id, run_id, actor_kind, actor, data)
      values (?, ?, ?, ?, '', 'human', 'bench', ?)`,
  );
  const now = Date.now();
  const iso = (ms: number) => new Date(ms).toISOString();
  const data = JSON.stringify({ title: "A title of some length for the card", filler: "x".repeat(500) });
  let events = 0;
  for (let n = 0; n < ISSUES; n++) {
    const id = `issue-${n}`;
    // Spread evenly, whatever the order of numbers.
    let at = now - DAY_MS - (n * 7919 % ISSUES) / ISSUES * (MAX_STATS_DAYS - 2) * DAY_MS;
    const is_done = n % 10 < DONE_OF_TEN;
    issue.run(
      id,
      `Issue ${n}`,
      "Some words of a body. ".repeat(10),
      is_done ? "ready" : "backlog",
      iso(at),
      iso(at),
    );
    event.run(++events, iso(at), "issue.created", id, data);
    if (!is_done) continue;
    for (const [step, status] of COURSE.entries()) {
      at += (n * 31 + step * 17) % 60 / 60 * STEP_MS;
      move.run(status, iso(at), id);
      event.run(++events, iso(at), "issue.status", id, data);
      event.run(++events, iso(at), "agent.status", id, data);
      if (status === "blocked" || status === "in_review") {
        run.run(`${id}-${step}`, id, step, `agent-${n % 20}`, iso(at), iso(at));
      }
    }
  }
  db.exec("commit");
  return { stays: Number(db.prepare("select count(*) as count from stays").get()?.count), events };
}
