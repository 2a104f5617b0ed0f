/** Reports of visitors: filed once, counted per day, one picture each. */

import assert from "node:assert/strict";
import type { Actor } from "../../src/domain/event.ts";
import { ManualClock, newIssue } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

const VISITOR: Actor = { kind: "external", name: "visitor" };
const report = newIssue({ status: "backlog", kind: "feedback", trust: "external" });
const DAY_MS = 24 * 60 * 60 * 1000;
const NO_LIMIT = { per_day: 1_000, in_all: 1_000 };

const picture = (n: number, size = 100) => ({
  name: "screenshot.png",
  content_type: "image/png",
  size,
  stored_name: String(n).repeat(32),
});

export function feedbackSuite(backend: Backend): void {
  testOn(backend, "feedback.file() files once per key, of several stores at one moment too", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const stores = [test.store, await test.another(), await test.another()];
    const key = { hash: "a", input_hash: "b" };
    const filed = await Promise.all(
      [...stores, ...stores].map((store) => store.feedback.file(report, key, 0, VISITOR)),
    );
    assert.deepEqual(filed.map(({ done }) => done).sort(), [
      "before",
      "before",
      "before",
      "before",
      "before",
      "now",
    ]);
    assert.equal(new Set(filed.map((one) => "id" in one ? one.id : "")).size, 1);
    assert.equal((await test.store.issues.list({ limit: 10 })).length, 1);
    assert.equal(await test.store.events.lastSeq(), 1);
    const other = { hash: "a", input_hash: "c" };
    assert.deepEqual(await test.store.feedback.file(report, other, 0, VISITOR), { done: "mismatch" });
    assert.deepEqual(await test.store.feedback.find(other), { done: "mismatch" });
    assert.equal(await test.store.feedback.find({ hash: "d", input_hash: "b" }), null);
    clock.advance(31 * DAY_MS);
    await test.store.feedback.file(report, { hash: "e", input_hash: "b" }, 0, VISITOR);
    assert.equal(await test.store.feedback.find(key), null);
  });

  testOn(backend, "feedback.file() takes so many of one day, repetitions aside", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { feedback } = test.store;
    const file = async (n: number) =>
      (await feedback.file(report, { hash: `${n}`, input_hash: "" }, 2, VISITOR)).done;
    assert.deepEqual([await file(1), await file(2), await file(3), await file(2)], [
      "now",
      "now",
      "full",
      "before",
    ]);
    clock.advance(DAY_MS);
    assert.equal(await file(3), "now");
  });

  testOn(backend, "feedback.takePicture() takes one of each report, as long as there is room", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { feedback, attachments } = test.store;
    const ids = await Promise.all([1, 2, 3].map(async (n) => {
      const filed = await feedback.file(report, { hash: `${n}`, input_hash: "" }, 0, VISITOR);
      return "id" in filed ? filed.id : "";
    }));
    const taken = await Promise.all(
      [1, 2].map((n) => feedback.takePicture(ids[0], picture(n), NO_LIMIT, VISITOR)),
    );
    assert.deepEqual(taken.map((one) => typeof one).sort(), ["object", "string"]);
    assert.ok(taken.includes("taken"));
    assert.equal((await attachments.list(ids[0])).length, 1);
    assert.equal(await feedback.takePicture("unknown", picture(3), NO_LIMIT, VISITOR), "none");
    const day = { per_day: 150, in_all: 1_000 };
    assert.equal(await feedback.takePicture(ids[1], picture(4), day, VISITOR), "full");
    clock.advance(DAY_MS);
    assert.equal(typeof await feedback.takePicture(ids[1], picture(5), day, VISITOR), "object");
    assert.equal(
      await feedback.takePicture(ids[2], picture(6), { per_day: 999, in_all: 250 }, VISITOR),
      "full",
    );
    clock.advance(31 * DAY_MS);
    assert.equal(await feedback.takePicture(ids[2], picture(7), NO_LIMIT, VISITOR), "none");
  });

  testOn(backend, "feedback.secret() is the same for every store on the database", async () => {
    await using test = await backend.open();
    const other = await test.another();
    const [one, two] = await Promise.all([test.store.feedback.secret(), other.feedback.secret()]);
    assert.match(one, /^[0-9a-f]{64}$/);
    assert.equal(one, two);
  });
}
