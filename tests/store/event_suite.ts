/** The event log: gapless, in one commit with the change, told to this process and to others. */

import assert from "node:assert/strict";
import { cardOf } from "../../src/domain/event.ts";
import { ANN, BOT, newComment, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

export function eventSuite(backend: Backend): void {
  testOn(backend, "events have every change, without a gap, in pages and by issue", async () => {
    await using test = await backend.open();
    const { issues, comments, events } = test.store;
    assert.deepEqual([await events.lastSeq(), await events.firstSeq()], [0, 1]);
    assert.deepEqual(await events.read(0, 10), []);
    const one = await issues.create(newIssue({ title: "One" }), ANN);
    const two = await issues.create(newIssue({ title: "Two" }), ANN);
    await comments.add(two.id, newComment("Hello"), ANN);
    const edited = await issues.edit(one.id, { title: "Uno" }, {}, ANN);
    const all = await events.read(0, 10);
    assert.deepEqual(all.map((event) => [event.seq, event.type, event.issue_id]), [
      [1, "issue.created", one.id],
      [2, "issue.created", two.id],
      [3, "comment.added", two.id],
      [4, "issue.updated", one.id],
    ]);
    assert.deepEqual(all[0].data, cardOf(one));
    assert.deepEqual(all[3].data, { ...cardOf(edited), change: "title" });
    assert.deepEqual(all[0].actor, ANN);
    assert.deepEqual(await events.read(1, 2), all.slice(1, 3));
    assert.deepEqual(await events.forIssue(one.id, 0, 10), [all[0], all[3]]);
    assert.deepEqual(await events.forIssue(one.id, 1, 10), [all[3]]);
    assert.deepEqual([await events.lastSeq(), await events.firstSeq()], [4, 1]);
  });

  testOn(backend, "events of concurrent writes have no gap, and refused writes burn none", async () => {
    await using test = await backend.open();
    const other = await test.another();
    const results = await Promise.allSettled(Array.from({ length: 60 }, (_, index) => {
      const { issues } = index % 2 === 0 ? test.store : other;
      return issues.create(newIssue({ status: index % 3 === 0 ? "in_progress" : "ready" }), ANN);
    }));
    assert.equal(results.filter((result) => result.status === "rejected").length, 20);
    const all = await other.events.read(0, 100);
    assert.deepEqual(all.map((event) => event.seq), Array.from({ length: 40 }, (_, index) => index + 1));
    assert.equal(new Set(all.map((event) => event.issue_id)).size, 40);
  });

  testOn(
    backend,
    "a write that fails half-way leaves neither change nor event, and its neighbours stand",
    async () => {
      let ids = 0;
      let fail_at = Infinity;
      const newId = () => {
        if (++ids === fail_at) throw new Error("The power went");
        return crypto.randomUUID();
      };
      await using test = await backend.open({ newId });
      const { issues, runs, comments, events } = test.store;
      const issue = await issues.create(newIssue(), ANN);
      const claim = await runs.claim(BOT);
      const before = [
        await issues.get("1"),
        await runs.active(),
        await events.read(0, 100),
        await comments.list(issue.id),
      ];
      // The end of the run writes the run, then its comments: the second of them fails.
      fail_at = ids + 2;
      const end = runEnd({ comments: [newComment("first"), newComment("second")] });
      await assert.rejects(runs.finish(claim!.run.id, 1, end), /The power went/);
      assert.deepEqual(
        [
          await issues.get("1"),
          await runs.active(),
          await events.read(0, 100),
          await comments.list(issue.id),
        ],
        before,
      );
      assert.deepEqual(await issues.list({ limit: 10, q: "first" }), []);
      fail_at = ids + 2;
      const many = await Promise.allSettled(
        [1, 2, 3].map((n) => issues.create(newIssue({ title: `Neighbour ${n}` }), ANN)),
      );
      assert.equal(many.filter((result) => result.status === "fulfilled").length, 2);
      const told = await events.read((before[2] as unknown[]).length, 100);
      assert.deepEqual(told.map((event) => event.type), ["issue.created", "issue.created"]);
      const last = await events.lastSeq();
      assert.deepEqual(
        (await events.read(0, 100)).map((event) => event.seq),
        Array.from({ length: last }, (_, i) => i + 1),
      );
    },
  );

  testOn(backend, "onCommit() calls before the write resolves, and the commit can be read then", async () => {
    await using test = await backend.open();
    const { store } = test;
    let calls = 0;
    let seen: Promise<number> | undefined;
    const end = store.onCommit(() => {
      calls++;
      seen = store.events.lastSeq();
    });
    const created = store.issues.create(newIssue(), ANN).then(() => calls);
    assert.equal(await created, 1);
    assert.equal(await seen, 1);
    await assert.rejects(store.issues.move("7", "done", ANN));
    end();
    await store.issues.create(newIssue(), ANN);
    assert.equal(await store.events.lastSeq(), 2);
    assert.ok(calls <= 2, `${calls} calls`);
  });

  testOn(
    backend,
    "watchForeign() tells of another store's commits, events and log pages alike, not of its own",
    async () => {
      await using test = await backend.open();
      const other = await test.another();
      let told = 0;
      let wake = () => {};
      const end = test.store.watchForeign(() => {
        told++;
        wake();
      }, { poll_ms: 5 });
      const next = () => new Promise<void>((resolve) => wake = resolve);
      const settled = async <T>(write: () => Promise<T>): Promise<T> => {
        const heard = next();
        const value = await write();
        await heard;
        return value;
      };
      // PostgreSQL calls once when it has begun to listen.
      if (test.store.kind === "postgres") await next();
      await settled(() => other.issues.create(newIssue(), ANN));
      const claim = await settled(() => other.runs.claim(BOT));
      await settled(() =>
        other.runLog.append(claim!.run.id, 1, [{ seq: 1, at: "t", type: "text", text: "x" }])
      );
      const before = told;
      await test.store.issues.create(newIssue({ title: "own" }), ANN);
      // Its own commit comes first; what is heard next is the other's.
      await settled(() => other.issues.create(newIssue({ title: "foreign" }), ANN));
      assert.equal(told, before + 1);
      end();
    },
  );
}
