import assert from "node:assert/strict";
import fc from "fast-check";
import { limitForProcess, shareOf } from "../../src/domain/budget.ts";

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
});
