import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_ATTEMPTS, nextRetryAt } from "../../src/domain/retry.ts";

const NOW = new Date("2026-11-22T12:00:00.000Z");

Deno.test("nextRetryAt() waits 10 s, then 20 s, then no more", () => {
  assert.equal(nextRetryAt(1, NOW, 0)?.toISOString(), "2026-11-22T12:00:10.000Z");
  assert.equal(nextRetryAt(2, NOW, 0)?.toISOString(), "2026-11-22T12:00:20.000Z");
  assert.equal(nextRetryAt(3, NOW, 0), null);
  assert.equal(nextRetryAt(4, NOW, 0), null);
  assert.equal(MAX_ATTEMPTS, 3);
});

Deno.test("nextRetryAt() takes off at most a fifth, by chance", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 }), fc.double({ min: 0, max: 0.999999, noNaN: true }), (n, r) => {
      const wait = nextRetryAt(n, NOW, r)!.getTime() - NOW.getTime();
      const full = n === 1 ? 10_000 : 20_000;
      assert.ok(wait <= full && wait >= full * 0.8, String(wait));
    }),
  );
  assert.notEqual(nextRetryAt(1, NOW, 0.1)!.getTime(), nextRetryAt(1, NOW, 0.9)!.getTime());
});
