import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Budget,
  budgetAdvice,
  budgetEnd,
  budgetOf,
  budgetWords,
  dayStart,
  limitForProcess,
  nextDay,
  shareOf,
  UNLIMITED,
} from "../../src/domain/budget.ts";

Deno.test("shareOf() is what the session's total grew by, never negative", () => {
  assert.equal(shareOf(1.5, 1), 0.5);
  assert.equal(shareOf(1, 1), 0);
  assert.equal(shareOf(0.2, 1), 0);
  assert.equal(shareOf(NaN, 1), 0);
});

Deno.test("shareOf() over a session's runs sums up to its total", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (steps) => {
    let total = 0;
    let shares = 0;
    for (const step of steps) {
      shares += shareOf(total + step, total);
      total += step;
    }
    assert.equal(shares, total);
  }));
});

Deno.test("limitForProcess() is what the run may still spend", () => {
  assert.equal(limitForProcess(10, 0), 10);
  assert.equal(limitForProcess(10, 4), 6);
  assert.equal(limitForProcess(10, 40), 0.01);
  assert.equal(limitForProcess(0, 4), 0);
  assert.equal(limitForProcess(Infinity, 4), 0);
});

const NOW = new Date("2026-11-22T12:00:00.000Z");

Deno.test("budgetOf() is the tightest of the limits, and says which", () => {
  const none = { limit: 0, spent: 0 };
  const day = (limit: number, left: number) => ({ limit, left });
  assert.equal(budgetOf({ run: 0, issue: none, day: day(0, Infinity) }), UNLIMITED);
  assert.equal(budgetOf({ run: Infinity, issue: none, day: day(0, Infinity) }).usd, Infinity);
  const cases: [Parameters<typeof budgetOf>[0], Budget][] = [
    [{ run: 5, issue: none, day: day(0, Infinity) }, { usd: 5, bound: "run", limit: 5 }],
    [{ run: 5, issue: { limit: 8, spent: 4 }, day: day(0, Infinity) }, { usd: 4, bound: "issue", limit: 8 }],
    [{ run: 5, issue: { limit: 8, spent: 9 }, day: day(9, 3) }, { usd: -1, bound: "issue", limit: 8 }],
    [{ run: 5, issue: { limit: 8, spent: 0 }, day: day(9, 3) }, { usd: 3, bound: "day", limit: 9 }],
    [{ run: 0, issue: none, day: day(9, 3) }, { usd: 3, bound: "day", limit: 9 }],
  ];
  for (const [limits, budget] of cases) assert.deepEqual(budgetOf(limits), budget);
});

Deno.test("a budget says in words whose it is, what to do, and when it passes by itself", () => {
  const budget = (bound: Budget["bound"]): Budget => ({ usd: 0, bound, limit: 2.5 });
  assert.match(budgetWords(budget("run")), /\$2\.50 for one run.*AUTOPILOT_MAX_USD_PER_RUN/);
  assert.match(budgetWords(budget("issue")), /one issue.*AUTOPILOT_MAX_USD_PER_ISSUE/);
  assert.match(budgetWords(budget("day")), /one day \(UTC\).*AUTOPILOT_MAX_USD_PER_DAY/);
  assert.match(budgetAdvice(budget("issue")), /higher `AUTOPILOT_MAX_USD_PER_ISSUE`/);
  assert.equal(budgetAdvice(budget("day")), "");
  assert.equal(budgetEnd(budget("day"), NOW), "2026-11-23T00:00:00.000Z");
  assert.equal(budgetEnd(budget("run"), NOW), "");
});

Deno.test("days begin and end at midnight UTC, over months and years", () => {
  assert.equal(dayStart(NOW), "2026-11-22T00:00:00.000Z");
  for (
    const [now, next] of [
      ["2026-11-22T23:59:59.999Z", "2026-11-23T00:00:00.000Z"],
      ["2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z"],
      ["2026-12-31T12:00:00.000Z", "2027-01-01T00:00:00.000Z"],
      ["2028-02-28T12:00:00.000Z", "2028-02-29T00:00:00.000Z"],
    ]
  ) assert.equal(nextDay(new Date(now)), next);
});
