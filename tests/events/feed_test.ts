import assert from "node:assert/strict";
import type { Event } from "../../src/domain/event.ts";
import { startFeed } from "../../src/events/feed.ts";
import { ANN, BOT, newIssue, openTestStore } from "../support/store.ts";
import { PATIENCE_MS, within } from "../support/wait.ts";

Deno.test("startFeed() hands on the events of this and of other processes once and in order", async () => {
  await using database = await openTestStore();
  const { store } = database;
  const other = await database.another();
  await store.issues.create(newIssue(), ANN);
  await using feed = await startFeed(store, { poll_ms: 5 });
  assert.equal(feed.seq, 1);
  const seen: number[] = [];
  feed.subscribe((events) => seen.push(...events.map(({ seq }) => seq)));
  const last = feed.waitFor(({ seq }) => seq === 401, 30_000);
  for (let n = 0; n < 100; n++) {
    await Promise.all([
      store.issues.create(newIssue(), ANN),
      store.issues.create(newIssue(), ANN),
      other.issues.create(newIssue(), ANN),
      other.issues.create(newIssue(), ANN),
    ]);
  }
  assert.equal((await last)?.type, "issue.created");
  assert.deepEqual(seen, Array.from({ length: 400 }, (_, index) => index + 2));
  assert.equal(feed.seq, 401);
});

Deno.test("startFeed() delivers an own commit without waiting for the poll", async () => {
  await using database = await openTestStore();
  await using feed = await startFeed(database.store, { poll_ms: 3_600_000 });
  const first = feed.waitFor(() => true, 10_000);
  await database.store.issues.create(newIssue(), ANN);
  assert.equal((await first)?.seq, 1);
});

Deno.test("onChange() is told of commits without events, own and foreign", async () => {
  await using database = await openTestStore();
  const { store } = database;
  await store.issues.create(newIssue(), ANN);
  const claim = await store.runs.claim(BOT);
  assert.ok(claim);
  await using feed = await startFeed(store, { poll_ms: 5 });
  const changed = () => new Promise<void>((resolve) => feed.onChange(resolve));
  const { run, lease } = claim;
  const at = new Date().toISOString();
  const own = changed();
  await store.runLog.append(run.id, lease.fence, [{ seq: 1, at, type: "text", text: "a" }]);
  await within(own, PATIENCE_MS, () => "The own commit was not told");
  const foreign = changed();
  const other = await database.another();
  await other.runLog.append(run.id, lease.fence, [{ seq: 2, at, type: "text", text: "b" }]);
  await within(foreign, PATIENCE_MS, () => "The foreign commit was not told");
});

Deno.test("waitFor() answers null after its time, when it is aborted and when the feed closes", async () => {
  await using database = await openTestStore();
  const feed = await startFeed(database.store);
  assert.equal(await feed.waitFor(() => true, 1), null);
  const abort = new AbortController();
  const aborted = feed.waitFor(() => true, 60_000, abort.signal);
  abort.abort();
  assert.equal(await aborted, null);
  assert.equal(await feed.waitFor(() => true, 60_000, AbortSignal.abort()), null);
  const closed = feed.waitFor(() => true, 60_000);
  await feed[Symbol.asyncDispose]();
  assert.equal(await closed, null);
  assert.equal(await feed.waitFor(() => true, 60_000), null);
});

Deno.test("a listener that fails keeps the events from nobody else", async () => {
  await using database = await openTestStore();
  await using feed = await startFeed(database.store);
  const seen: Event[] = [];
  feed.subscribe(() => {
    throw new Error("broken listener");
  });
  feed.subscribe((events) => seen.push(...events));
  const second = feed.waitFor(({ seq }) => seq === 2, 10_000);
  await database.store.issues.create(newIssue(), ANN);
  await database.store.issues.create(newIssue(), ANN);
  await second;
  assert.deepEqual(seen.map(({ seq }) => seq), [1, 2]);
});

Deno.test("the feed goes on where it was after the log could not be read", async () => {
  await using database = await openTestStore();
  const { store } = database;
  let broken = true;
  const failing = {
    onCommit: store.onCommit.bind(store),
    watchForeign: store.watchForeign.bind(store),
    events: {
      lastSeq: () => store.events.lastSeq(),
      read: (after: number, limit: number) =>
        broken ? Promise.reject(new Error("disk")) : store.events.read(after, limit),
    },
  };
  await using feed = await startFeed(failing, { poll_ms: 3_600_000 });
  const seen: number[] = [];
  feed.subscribe((events) => seen.push(...events.map(({ seq }) => seq)));
  await store.issues.create(newIssue(), ANN);
  broken = false;
  const second = feed.waitFor(({ seq }) => seq === 2, 10_000);
  await store.issues.create(newIssue(), ANN);
  await second;
  assert.deepEqual(seen, [1, 2]);
});

Deno.test("a commit at whatever moment of the reading is delivered", async () => {
  for (let moment = 0; moment < 20; moment++) {
    const log: Event[] = [];
    let commit = () => {};
    const write = (seq: number) => {
      const actor = { kind: "system" as const, name: "test" };
      log.push({ type: "issue.updated", issue_id: "i", run_id: "", actor, data: {}, seq, at: "" });
      commit();
    };
    let reads = 0;
    await using feed = await startFeed({
      onCommit: (listener) => (commit = listener, () => {}),
      watchForeign: () => () => {},
      events: {
        lastSeq: () => Promise.resolve(0),
        read: async (after) => {
          const found = log.filter(({ seq }) => seq > after);
          // The second read is the one after the first event: the next commit falls some microtasks later.
          if (++reads === 2) microtasksLater(moment, () => write(2));
          return await Promise.resolve(found);
        },
      },
    });
    const second = feed.waitFor(({ seq }) => seq === 2, 5_000);
    write(1);
    assert.ok(await second, `The commit ${moment} microtasks after a read was lost`);
  }
});

function microtasksLater(count: number, call: () => void): void {
  if (count === 0) call();
  else queueMicrotask(() => microtasksLater(count - 1, call));
}
