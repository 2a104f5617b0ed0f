import assert from "node:assert/strict";
import { type Event, EVENT_TYPES, messageOf } from "../../src/domain/event.ts";

const EVENT: Event = {
  seq: 7,
  at: "2026-11-22T12:00:00.000Z",
  type: "issue.status",
  issue_id: "i1",
  run_id: "",
  actor: { kind: "human", name: "anna" },
  data: { title: "T", status: "ready", from: "blocked" },
};

Deno.test("messageOf() is flat and names the issue twice for issue.* events", () => {
  assert.deepEqual(messageOf(EVENT), {
    type: "issue.status",
    seq: 7,
    at: "2026-11-22T12:00:00.000Z",
    issue_id: "i1",
    id: "i1",
    actor: "anna",
    actor_kind: "human",
    title: "T",
    status: "ready",
    from: "blocked",
  });
  for (const type of EVENT_TYPES) {
    assert.equal("id" in messageOf({ ...EVENT, type }), type.startsWith("issue."), type);
  }
});

Deno.test("messageOf() carries the run where there is one", () => {
  assert.equal("run_id" in messageOf(EVENT), false);
  assert.equal(messageOf({ ...EVENT, type: "run.started", run_id: "r1" }).run_id, "r1");
});

Deno.test("messageOf() lets no data of an event pretend to be another event", () => {
  const forged = messageOf({
    ...EVENT,
    data: { type: "run.finished", seq: 1, id: "other", issue_id: "other" },
  });
  assert.deepEqual([forged.type, forged.seq, forged.id, forged.issue_id], ["issue.status", 7, "i1", "i1"]);
});
