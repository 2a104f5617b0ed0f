import assert from "node:assert/strict";
import { Claimer } from "../../src/runner/claimer.ts";
import type { Claim } from "../../src/store/store.ts";
import { FakeTime } from "./fake_time.ts";

function setup(agents = 1, ready = 0) {
  const time = new FakeTime();
  const queue = { ready, claims: 0, failing: false };
  const working: { agent: string; done: () => void }[] = [];
  const claimer = new Claimer({
    agent_ids: () => Array.from({ length: agents }, (_, n) => `a${n + 1}`),
    claim: async (agent_id) => {
      queue.claims++;
      await Promise.resolve();
      if (queue.failing) throw new Error("the database is away");
      if (queue.ready === 0) return null;
      queue.ready--;
      // Only what the claimer itself looks at: nothing.
      return { session_id: agent_id } as Claim;
    },
    work: (claim) => new Promise((resolve) => working.push({ agent: claim.session_id, done: resolve })),
    poll_ms: 3_600_000,
    clock: time,
    timers: time,
  });
  return { time, queue, working, claimer };
}
const settle = async () => {
  for (let n = 0; n < 50; n++) await Promise.resolve();
};

Deno.test("Claimer claims nothing before start() and after stop()", async () => {
  const { claimer, queue, time } = setup(1, 5);
  claimer.wake();
  await settle();
  assert.equal(queue.claims, 0);
  await claimer.stop();
  claimer.wake();
  claimer.wakeAt(new Date(0));
  await settle();
  assert.equal(queue.claims, 0);
  assert.deepEqual(time.pending, []);
});

Deno.test("Claimer fills its slots and takes the next issue when one gets free", async () => {
  const { claimer, queue, working } = setup(2, 3);
  claimer.start();
  await settle();
  assert.deepEqual(working.map(({ agent }) => agent), ["a1", "a2"]);
  assert.deepEqual(claimer.idle, []);
  working[1].done();
  await settle();
  assert.deepEqual(working.map(({ agent }) => agent), ["a1", "a2", "a2"]);
  assert.equal(queue.ready, 0);
  for (const { done } of working) done();
  await claimer.stop();
  await claimer.drained();
});

Deno.test("Claimer does not miss an issue that gets ready while it looks", async () => {
  const { claimer, queue, working } = setup(1);
  claimer.start();
  // The claim under way finds nothing; the issue comes before it has ended.
  queue.ready = 1;
  claimer.wake();
  queue.ready = 0;
  await Promise.resolve();
  queue.ready = 1;
  claimer.wake();
  await settle();
  assert.equal(working.length, 1);
  working[0].done();
  await claimer.stop();
});

Deno.test("Claimer looks again at every announced time, in order, and forgets it", async () => {
  const { claimer, queue, time, working } = setup(1);
  claimer.start();
  await settle();
  const now = time.now().getTime();
  claimer.wakeAt(new Date(now + 60_000));
  claimer.wakeAt(new Date(now + 10_000));
  const before = queue.claims;
  time.advance(9_999);
  await settle();
  assert.equal(queue.claims, before);
  time.advance(2);
  await settle();
  assert.equal(queue.claims, before + 1);
  queue.ready = 1;
  time.advance(50_000);
  await settle();
  assert.equal(working.length, 1);
  assert.deepEqual(time.pending.length, 1, "only the poll is left");
  working[0].done();
  await claimer.stop();
});

Deno.test("Claimer outlives a database that is away: the poll tries again", async () => {
  const { claimer, queue, time, working } = setup(1, 1);
  queue.failing = true;
  claimer.start();
  await settle();
  assert.equal(working.length, 0);
  queue.failing = false;
  time.advance(3_600_000);
  await settle();
  assert.equal(working.length, 1);
  working[0].done();
  await claimer.stop();
});
