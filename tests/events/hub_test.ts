import assert from "node:assert/strict";
import { type Feed, startFeed } from "../../src/events/feed.ts";
import { Hub, type HubOptions } from "../../src/events/hub.ts";
import type { Store } from "../../src/store/store.ts";
import { ANN, newIssue, openTestStore } from "../support/store.ts";
import { FakePeer, ManualFeed } from "./support.ts";

interface TestHub extends AsyncDisposable {
  hub: Hub;
  store: Store;
  feed: Feed;
  file(): Promise<unknown>;
}

async function openTestHub(options?: HubOptions): Promise<TestHub> {
  const database = await openTestStore();
  const { store } = database;
  const feed = await startFeed(store);
  const hub = new Hub(feed, store.events, options);
  return {
    hub,
    store,
    feed,
    file: () => store.issues.create(newIssue(), ANN),
    [Symbol.asyncDispose]: async () => {
      hub.close();
      await feed[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const seqsOf = (peer: FakePeer) =>
  peer.sent.filter(({ type }) => type === "issue.created").map(({ seq }) => seq);

Deno.test("a peer that does not read is cut off with 1013 and the others go on", async () => {
  await using test = await openTestHub({ max_buffered_bytes: 1_000 });
  const slow = new FakePeer();
  const healthy = new FakePeer();
  slow.bytes_per_message = 400;
  await test.hub.join(slow, null);
  await test.hub.join(healthy, null);
  for (let n = 0; n < 10; n++) await test.file();
  await healthy.until((peer) => seqsOf(peer).length === 10);
  assert.deepEqual(seqsOf(slow), [1, 2]);
  assert.equal(slow.closed_with, 1013);
  assert.equal(healthy.closed_with, 0);
  assert.equal(test.hub.size, 1);
});

Deno.test("an event is serialised once for all peers", async () => {
  await using test = await openTestHub();
  const texts: unknown[] = [];
  for (let n = 0; n < 3; n++) {
    const peer = new FakePeer();
    peer.send = (text) => texts.push(text);
    await test.hub.join(peer, null);
  }
  texts.length = 0;
  const came = test.feed.waitFor(() => true, 10_000);
  let calls = 0;
  const stringify = JSON.stringify;
  JSON.stringify = (value: unknown) => {
    if ((value as { type?: string } | null)?.type === "issue.created") calls++;
    return stringify(value);
  };
  try {
    await test.file();
    await came;
  } finally {
    JSON.stringify = stringify;
  }
  assert.equal(texts.length, 3);
  assert.equal(calls, 1);
});

Deno.test("a replay waits for a peer that reads, and sends what came meanwhile once", async () => {
  await using test = await openTestHub({ max_buffered_bytes: 100_000 });
  for (let n = 0; n < 600; n++) await test.file();
  const peer = new FakePeer();
  peer.bytes_per_message = 100;
  const joined = test.hub.join(peer, 0);
  await peer.until(({ sent }) => sent.length > 500);
  for (let n = 0; n < 5; n++) await test.file();
  peer.bytes_per_message = 0;
  peer.bufferedAmount = 0;
  await joined;
  await test.file();
  await peer.until((one) => seqsOf(one).length === 606);
  assert.deepEqual(seqsOf(peer), Array.from({ length: 606 }, (_, index) => index + 1));
});

Deno.test("the hub is full at its cap and says so; a leaving peer makes room", async () => {
  await using test = await openTestHub({ max_peers: 2 });
  const peers = [new FakePeer(), new FakePeer()];
  for (const peer of peers) await test.hub.join(peer, null);
  assert.equal(test.hub.full, true);
  test.hub.leave(peers[0]);
  assert.equal(test.hub.full, false);
  test.hub.close();
  assert.equal(test.hub.full, true);
  assert.equal(peers[1].closed_with, 1012);
});

Deno.test("what a replay read ahead of the feed is not sent again by the feed", async () => {
  await using database = await openTestStore();
  const { store } = database;
  for (let n = 0; n < 3; n++) await store.issues.create(newIssue(), ANN);
  const feed = new ManualFeed(1);
  const hub = new Hub(feed, store.events);
  const peer = new FakePeer();
  // The feed has delivered 1; the replay meets 2 and 3 in the log because it reads whole pages.
  await hub.join(peer, 0);
  assert.deepEqual(seqsOf(peer), [1, 2, 3]);
  feed.deliver(await store.events.read(1, 10));
  await store.issues.create(newIssue(), ANN);
  feed.deliver(await store.events.read(3, 10));
  assert.deepEqual(seqsOf(peer), [1, 2, 3, 4]);
  hub.close();
});
