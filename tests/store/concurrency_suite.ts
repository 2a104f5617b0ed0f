/** Several stores, several processes, one database. */

import assert from "node:assert/strict";
import type { Store } from "../../src/store/store.ts";
import { ANN, BOT, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";
import { playInTwoProcesses } from "./rounds.ts";

/** In all processes or stores of a test together. */
const CLAIMERS = 50;

async function fill(store: Store, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => store.issues.create(newIssue(), ANN)));
}

/** Claims until nothing is left. */
async function claimAll(store: Store, id: string): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const claim = await store.runs.claim({ id, host: "host", pid: 1 });
    if (claim === null) return numbers;
    numbers.push(claim.issue.number);
  }
}

async function assertEachOnce(store: Store, claimed: number[], count: number): Promise<void> {
  assert.deepEqual(claimed.toSorted((a, b) => a - b), Array.from({ length: count }, (_, index) => index + 1));
  assert.deepEqual((await store.issues.counts()).in_progress, count);
  const active = await store.runs.active();
  assert.equal(new Set(active.map(({ issue }) => issue.number)).size, count);
  const last = await store.events.lastSeq();
  assert.equal((await store.events.read(0, last + 1)).length, last);
  assert.equal(last, count * 4);
}

export function concurrencySuite(backend: Backend): void {
  testOn(backend, "50 claimers over two stores take each of 500 issues once", async () => {
    await using test = await backend.open();
    const other = await test.another();
    await fill(test.store, 500);
    const claimed = await Promise.all(
      Array.from(
        { length: CLAIMERS },
        (_, index) => claimAll(index % 2 === 0 ? test.store : other, `bot-${index}`),
      ),
    );
    await assertEachOnce(test.store, claimed.flat(), 500);
  });

  testOn(backend, "50 claimers over two processes take each of 500 ready issues once", async () => {
    await using test = await backend.open();
    await fill(test.store, 500);
    const claimed: number[] = [];
    for await (const { own, theirs } of playInTwoProcesses(test, "claim", CLAIMERS / 2)) {
      assert.equal(own.length, theirs.length);
      if (own.length === 0) break;
      claimed.push(...own, ...theirs);
    }
    await assertEachOnce(test.store, claimed, 500);
  });

  testOn(
    backend,
    "writes that read first, in two processes at once, all succeed and see each other",
    async () => {
      await using test = await backend.open();
      await fill(test.store, 1);
      const rounds = 8;
      let round = 0;
      for await (const _ of playInTwoProcesses(test, "comment", 5)) if (++round === rounds) break;
      const { id } = await test.store.issues.get("1");
      assert.equal((await test.store.comments.list(id)).length, rounds * 2 * 5);
      assert.equal(await test.store.events.lastSeq(), rounds * 2 * 5 + 1);
    },
  );

  testOn(backend, "of many takeovers of one run one wins, and no two fences are the same", async () => {
    await using test = await backend.open();
    const other = await test.another();
    await fill(test.store, 1);
    const claim = await test.store.runs.claim(BOT);
    let fence = claim!.lease.fence;
    for (let round = 0; round < 5; round++) {
      const results = await Promise.all(
        Array.from(
          { length: 10 },
          (_, index) =>
            (index % 2 ? other : test.store).runs.takeOver(claim!.run.id, fence, { host: "h", pid: index }),
        ),
      );
      const won = results.filter((result) => result !== null);
      assert.equal(won.length, 1);
      assert.ok(won[0].lease.fence > fence);
      fence = won[0].lease.fence;
    }
  });

  testOn(
    backend,
    "a stop racing the end of the run leaves the issue where one of them sends it",
    async () => {
      await using test = await backend.open();
      const other = await test.another();
      for (let round = 1; round <= 20; round++) {
        await fill(test.store, 1);
        const claim = await test.store.runs.claim(BOT);
        const ref = String(round);
        const [moved, finished] = await Promise.all([
          other.issues.move(ref, "done", ANN),
          test.store.runs.finish(claim!.run.id, 1, runEnd()),
        ]);
        // The human's move is never lost: recorded in time it decides, later it moves the finished issue itself.
        const issue = await test.store.issues.get(ref);
        assert.equal(issue.status, "done");
        assert.equal(moved.stopping, finished.issue.status === "done");
      }
      assert.deepEqual(await test.store.runs.active(), []);
    },
  );
}
