/** Runs that a session takes by hand: a claim of one issue, a lease of its own length. */

import assert from "node:assert/strict";
import { handHost } from "../../src/domain/by_hand.ts";
import { NotFoundError, RefusedError } from "../../src/domain/errors.ts";
import { LEASE_MS } from "../../src/domain/run.ts";
import { ANN, BOT, ManualClock, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

export function handSuite(backend: Backend): void {
  testOn(backend, "runs.claim() takes the named issue, once, and says why it can't", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { issues, runs } = test.store;
    for (let n = 0; n < 3; n++) await issues.create(newIssue({ priority: n === 0 ? "urgent" : "low" }), ANN);
    await issues.create(newIssue({ human_only: true }), ANN);
    const stores = [test.store, await test.another(), await test.another(), await test.another()];
    const hands = (n: number, issue: string) =>
      stores[n % stores.length].runs.claim({
        id: `hand-${n}`,
        host: handHost("token"),
        pid: 0,
        issue,
        lease_ms: 10 * LEASE_MS,
      });
    const won = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => hands(n, "3")));
    const claims = won.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    assert.equal(claims.length, 1);
    const claim = claims[0];
    assert.ok(claim);
    assert.equal(claim.issue.number, 3);
    assert.equal(Date.parse(claim.lease.lease_until), clock.now().getTime() + 10 * LEASE_MS);
    for (const result of won) {
      if (result.status === "rejected") {
        assert.ok(result.reason instanceof RefusedError, String(result.reason));
      }
    }
    await assert.rejects(hands(1, "4"), /humans only/);
    await assert.rejects(hands(1, "99"), NotFoundError);
    assert.equal((await runs.spending("")).unfinished, 0);

    // An issue that waits can't be taken by hand either; the others are claimed as ever.
    const next = await runs.claim(BOT);
    assert.equal(next?.issue.number, 1);
    const end = runEnd({
      outcome: "usage_limited",
      not_before: new Date(clock.now().getTime() + 60_000).toISOString(),
    });
    await runs.finish(next.run.id, next.lease.fence, end);
    await assert.rejects(hands(2, "1"), /It waits until .*can't be claimed now/);
    assert.equal((await runs.claim(BOT))?.issue.number, 2);

    clock.advance(LEASE_MS * 9);
    await runs.heartbeat(claim.run.id, claim.lease.fence, 2 * LEASE_MS);
    const [{ lease }] = (await runs.active()).filter(({ run }) => run.id === claim.run.id);
    assert.equal(Date.parse(lease.lease_until), clock.now().getTime() + 2 * LEASE_MS);
  });
}
