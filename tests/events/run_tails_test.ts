import assert from "node:assert/strict";
import type { LogEntry } from "../../src/domain/log_entry.ts";
import { Hub } from "../../src/events/hub.ts";
import { RunTails } from "../../src/events/run_tails.ts";
import { ANN, BOT, newIssue, openTestStore } from "../support/store.ts";
import { FakePeer, ManualFeed } from "./support.ts";

interface TestTails extends AsyncDisposable {
  tails: RunTails;
  run_id: string;
  /** Appends so many entries; the feed tells of it. */
  append(count: number, text?: string): Promise<void>;
  change(): void;
}

async function openTestTails(): Promise<TestTails> {
  const database = await openTestStore();
  const { store } = database;
  await store.issues.create(newIssue(), ANN);
  const claim = await store.runs.claim(BOT);
  assert.ok(claim);
  const { run, lease } = claim;
  const feed = new ManualFeed(0);
  const hub = new Hub(feed, store.events, { max_buffered_bytes: 1 << 20 });
  const tails = new RunTails(feed, store.runLog, hub);
  let last = 0;
  return {
    tails,
    run_id: run.id,
    append: async (count, text = "line") => {
      const at = new Date().toISOString();
      const entries: LogEntry[] = [];
      for (let n = 0; n < count; n++) entries.push({ seq: ++last, at, type: "text", text });
      await store.runLog.append(run.id, lease.fence, entries);
    },
    change: () => feed.change(),
    [Symbol.asyncDispose]: async () => {
      tails.close();
      hub.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const seqsOf = ({ sent }: FakePeer) =>
  sent.filter(({ type }) => type === "run.log").flatMap(({ entries }) =>
    (entries as LogEntry[]).map((e) => e.seq)
  );
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

Deno.test("a watcher that is ahead of the others gets every entry once", async () => {
  await using test = await openTestTails();
  const first = new FakePeer();
  const ahead = new FakePeer();
  await test.tails.watch(first, test.run_id, null);
  await test.append(10);
  await test.tails.watch(ahead, test.run_id, 4);
  await test.append(1);
  test.change();
  for (const peer of [first, ahead]) await peer.until((one) => seqsOf(one).at(-1) === 11);
  assert.deepEqual(seqsOf(first), range(1, 11));
  assert.deepEqual(seqsOf(ahead), range(5, 11));
});

Deno.test("a watcher that falls behind reads on at its own pace and misses nothing", async () => {
  await using test = await openTestTails();
  const peer = new FakePeer();
  await test.tails.watch(peer, test.run_id, null);
  peer.bufferedAmount = 300_000;
  await test.append(250);
  test.change();
  const witness = new FakePeer();
  await test.tails.watch(witness, test.run_id, 0);
  await witness.until((one) => seqsOf(one).at(-1) === 250);
  assert.deepEqual(seqsOf(peer), []);
  peer.bufferedAmount = 0;
  await peer.until((one) => seqsOf(one).at(-1) === 250);
  await test.append(1);
  test.change();
  await peer.until((one) => seqsOf(one).at(-1) === 251);
  assert.deepEqual(seqsOf(peer), range(1, 251));
});

Deno.test("large entries are sent in messages of bounded size", async () => {
  await using test = await openTestTails();
  await test.append(20, "x".repeat(30_000));
  const peer = new FakePeer();
  await test.tails.watch(peer, test.run_id, 0);
  await peer.until((one) => seqsOf(one).at(-1) === 20);
  const logs = peer.sent.filter(({ type }) => type === "run.log");
  assert.equal(logs.length, 4);
  assert.deepEqual(logs.map(({ next }) => next), [5, 10, 15, 20]);
  assert.deepEqual(seqsOf(peer), range(1, 20));
});
