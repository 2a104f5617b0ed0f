/** Statistics: numbers worked out by hand. */

import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import type { Status } from "../../src/domain/issue.ts";
import { DAY_MS, HOUR_MS } from "../../src/domain/stats.ts";
import { stays } from "../../src/store/migrations/stays.ts";
import { ANN, BOT, ManualClock, newComment, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";
import { rawDatabase } from "./raw_database.ts";

const MINUTE_MS = 60_000;
const NO_RUNS = { runs: 0, cost_usd: 0, input_tokens: 0, output_tokens: 0, outcomes: {} };
const NONE = { count: 0, median_ms: null, p90_ms: null };

export function statsSuite(backend: Backend): void {
  testOn(backend, "stats.read() of an empty project is days without a number", async () => {
    const clock = new ManualClock("2026-03-01T12:00:00.000Z");
    await using test = await backend.open({ clock });
    const stats = await test.store.stats.read(2);
    assert.deepEqual(stats.per_day, [
      { date: "2026-02-28", done: 0, cycle: NONE, wait: NONE, ...NO_RUNS },
      { date: "2026-03-01", done: 0, cycle: NONE, wait: NONE, ...NO_RUNS },
    ]);
    assert.deepEqual(
      [stats.time_zone, stats.days, stats.from, stats.until],
      ["UTC", 2, "2026-02-28T00:00:00.000Z", "2026-03-01T12:00:00.000Z"],
    );
    assert.equal(stats.queue.length, 37);
    assert.deepEqual(stats.queue.at(-1), { at: stats.until, ready: 0, in_progress: 0, waiting: 0 });
    assert.deepEqual(stats.agents, []);
  });

  testOn(
    backend,
    "stats.read() counts what stands in done at the day's end, and times its round",
    async () => {
      const clock = new ManualClock("2026-03-01T08:00:00.000Z");
      await using test = await backend.open({ clock });
      const { issues, stats } = test.store;
      const make = (status: Status) => issues.create(newIssue({ status, human_only: true }), ANN);
      const move = (ref: number, to: Status) => issues.move(String(ref), to, ANN);
      const at = (time: string) => clock.advance(Date.parse(time) - clock.now().getTime());

      await make("ready"); // 1: handed over at 8, done at 10
      await make("ready"); // 2: done at 11, taken back at once, done at 12: one, in 4 hours
      await make("backlog"); // 3: done at 12 without any agent: no cycle
      await make("ready"); // 4: done at 13, reopened before the day's end: not done on this day
      at("2026-03-01T10:00:00.000Z");
      await move(1, "done");
      at("2026-03-01T11:00:00.000Z");
      await move(2, "done");
      await move(2, "in_review");
      at("2026-03-01T12:00:00.000Z");
      await move(2, "done");
      await move(3, "done");
      at("2026-03-01T13:00:00.000Z");
      await move(4, "done");
      at("2026-03-01T23:59:59.999Z");
      await move(4, "backlog");
      at("2026-03-02T00:00:00.000Z"); // the first moment of the next day
      await make("done"); // 5
      await move(1, "ready"); // reopened: its day stays, its clock starts anew
      at("2026-03-02T09:00:00.000Z");
      await move(1, "done"); // 9 hours
      await move(4, "ready");
      at("2026-03-02T09:30:00.000Z");
      await move(4, "done"); // half an hour: its earlier round does not count
      at("2026-03-02T20:00:00.000Z");

      const days = (await stats.read(3)).per_day;
      assert.deepEqual(days.map(({ date, done, cycle }) => [date, done, cycle]), [
        ["2026-02-28", 0, NONE],
        ["2026-03-01", 3, { count: 2, median_ms: 2 * HOUR_MS, p90_ms: 4 * HOUR_MS }],
        ["2026-03-02", 3, { count: 2, median_ms: HOUR_MS / 2, p90_ms: 9 * HOUR_MS }],
      ]);
      const { total } = await stats.read(2);
      assert.deepEqual([total.done, total.cycle], [6, {
        count: 4,
        median_ms: 2 * HOUR_MS,
        p90_ms: 9 * HOUR_MS,
      }]);
      // A day that is over never changes any more, and today does.
      at("2026-03-03T00:30:00.000Z");
      await move(5, "backlog");
      assert.deepEqual((await stats.read(3)).per_day.map(({ done }) => done), [3, 3, 0]);
      assert.deepEqual((await stats.read(3)).per_day.slice(0, 2), days.slice(1));
      await move(5, "done");
      assert.deepEqual((await stats.read(2)).per_day.map(({ done }) => done), [3, 1]);
    },
  );

  testOn(backend, "stats.read() tells waits, runs and the depth of the queue", async () => {
    const clock = new ManualClock("2026-03-01T22:00:00.000Z");
    await using test = await backend.open({ clock });
    const { issues, runs, comments, stats } = test.store;
    const claim = async (id: string) => {
      const claim = await runs.claim({ ...BOT, id });
      assert.ok(claim !== null);
      return claim;
    };
    const end = { cost_usd: 0.5, input_tokens: 100, output_tokens: 10 };
    await issues.create(newIssue(), ANN); // ready at 22:00 of the first day
    await issues.create(newIssue({ human_only: true }), ANN);
    clock.advance(30 * MINUTE_MS);
    const first = await claim("bot");
    clock.advance(30 * MINUTE_MS);
    // 23:00: asks; answered 2 hours later, on the next day.
    await runs.finish(first.run.id, first.lease.fence, runEnd({ ...end, outcome: "needs_input" }));
    clock.advance(2 * HOUR_MS);
    await comments.add("1", newComment("Blue"), ANN);
    // 1:00: works again and asks again at 2:00, answered at 2:30.
    const second = await claim("bot");
    clock.advance(HOUR_MS);
    await runs.finish(second.run.id, second.lease.fence, runEnd({ ...end, outcome: "needs_input" }));
    clock.advance(30 * MINUTE_MS);
    await comments.add("1", newComment("Dark blue"), ANN);
    const third = await claim("other");
    clock.advance(30 * MINUTE_MS);
    // 3:00: in review, accepted at 7:00.
    await runs.finish(third.run.id, third.lease.fence, runEnd({ ...end, cost_usd: 2 }));
    clock.advance(4 * HOUR_MS);
    await issues.move("1", "done", ANN);
    clock.advance(15 * MINUTE_MS);

    const { per_day: [before, today], total, queue, agents } = await stats.read(2);
    assert.deepEqual(before.wait, NONE);
    assert.deepEqual(today.wait, { count: 3, median_ms: 2 * HOUR_MS, p90_ms: 4 * HOUR_MS });
    assert.deepEqual(today.cycle, { count: 1, median_ms: 9 * HOUR_MS, p90_ms: 9 * HOUR_MS });
    assert.deepEqual([before.runs, before.cost_usd, before.outcomes], [1, 0.5, { needs_input: 1 }]);
    assert.deepEqual([today.runs, today.cost_usd, today.outcomes], [2, 2.5, {
      needs_input: 1,
      implemented: 1,
    }]);
    assert.deepEqual([today.input_tokens, today.output_tokens, total.runs, total.cost_usd], [200, 20, 3, 3]);
    assert.deepEqual(agents, [
      { id: "other", runs: 1, cost_usd: 2, input_tokens: 100, output_tokens: 10 },
      { id: "bot", runs: 2, cost_usd: 1, input_tokens: 200, output_tokens: 20 },
    ]);
    const depth = (at: string) => {
      const { ready, in_progress, waiting } = queue.find((point) => point.at === at)!;
      return [ready, in_progress, waiting];
    };
    assert.deepEqual(depth("2026-03-01T22:00:00.000Z"), [0, 0, 0]);
    assert.deepEqual(depth("2026-03-01T23:00:00.000Z"), [1, 1, 0]);
    assert.deepEqual(depth("2026-03-02T00:00:00.000Z"), [1, 0, 1]);
    assert.deepEqual(depth("2026-03-02T02:00:00.000Z"), [1, 1, 0]);
    assert.deepEqual(depth("2026-03-02T03:00:00.000Z"), [1, 1, 0]);
    assert.deepEqual(depth("2026-03-02T04:00:00.000Z"), [1, 0, 1]);
    assert.deepEqual(queue.at(-1), { at: "2026-03-02T07:15:00.000Z", ready: 1, in_progress: 0, waiting: 0 });
    // A longer window has coarser steps, and the same present.
    assert.equal((await stats.read(90)).queue.length, 91);
    clock.advance(95 * DAY_MS);
    assert.deepEqual((await stats.read(90)).total, { done: 0, cycle: NONE, wait: NONE, ...NO_RUNS });
    assert.deepEqual((await stats.read(90)).queue.map(({ ready }) => ready), Array(91).fill(1));
  });

  testOn(backend, "migration 0006 makes of the log what the triggers would have noted", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { issues, runs, comments } = test.store;
    const to = async (ref: string, ...path: Status[]) => {
      for (const status of path) {
        clock.advance(1234);
        await issues.move(ref, status, ANN);
      }
    };
    for (let n = 0; n < 4; n++) await issues.create(newIssue({ status: n === 2 ? "backlog" : "ready" }), ANN);
    const { run, lease } = (await runs.claim(BOT))!;
    clock.advance(500);
    await runs.finish(run.id, lease.fence, runEnd({ outcome: "needs_input" }));
    await comments.add("1", newComment("Yes"), ANN);
    await to("2", "in_review", "done", "in_review", "done", "ready", "blocked", "done");
    await to("3", "ready", "backlog", "ready", "done", "backlog", "done");
    const raw = rawDatabase(test.url);
    try {
      const look = () => raw.selectFrom("stays").selectAll().orderBy("issue_id").orderBy("n").execute();
      const noted = await look();
      assert.equal(noted.length, 4 + 3 + 7 + 6);
      await test.store.close();
      const postgres = test.url.startsWith("postgres");
      for (const name of ["issues_started", "issues_moved"]) {
        await sql.raw(`drop trigger ${name}${postgres ? " on issues" : ""}`).execute(raw);
      }
      if (postgres) await sql`drop function start_stay, change_stay`.execute(raw);
      await sql`drop table stays`.execute(raw);
      for (const name of ["priority", "claimed_by", "trust"]) {
        await sql.raw(`drop index issues_${name}`).execute(raw);
      }
      // An issue of which the log says nothing any more.
      await sql`delete from events where issue_id = (select id from issues where number = 4)`.execute(raw);
      await stays(raw as unknown as Kysely<unknown>, postgres ? "postgres" : "sqlite");
      assert.deepEqual(await look(), noted);
    } finally {
      await raw.destroy();
    }
  });
}
