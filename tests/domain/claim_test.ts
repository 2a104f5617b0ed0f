import assert from "node:assert/strict";
import { type Claimable, claimOrder, whyNotClaimable } from "../../src/domain/claim.ts";
import { STATUSES } from "../../src/domain/issue.ts";

const NOW = "2026-11-22T12:00:00.000Z";
const issue = (more: Partial<Claimable> = {}): Claimable => ({
  status: "ready",
  human_only: false,
  not_before: "",
  priority: "normal",
  number: 1,
  ...more,
});

Deno.test("whyNotClaimable() answers null for what the next free agent may take", () => {
  assert.equal(whyNotClaimable(issue(), NOW), null);
  assert.equal(whyNotClaimable(issue({ not_before: NOW }), NOW), null);
  assert.equal(whyNotClaimable(issue({ not_before: "2026-11-22T11:59:59.999Z" }), NOW), null);
});

Deno.test("whyNotClaimable() says why an issue is left alone", () => {
  for (const status of STATUSES.filter((status) => status !== "ready")) {
    assert.match(whyNotClaimable(issue({ status }), NOW)!, /not ready/);
  }
  assert.match(whyNotClaimable(issue({ status: "in_progress" }), NOW)!, /It is in progress/);
  assert.match(whyNotClaimable(issue({ human_only: true }), NOW)!, /humans only/);
  assert.match(whyNotClaimable(issue({ not_before: "2026-11-22T12:00:00.001Z" }), NOW)!, /waits until/);
});

Deno.test("claimOrder() takes the more urgent first, among equals the older", () => {
  const queue = [
    issue({ number: 1, priority: "low" }),
    issue({ number: 9, priority: "urgent" }),
    issue({ number: 10, priority: "normal" }),
    issue({ number: 3, priority: "normal" }),
    issue({ number: 4, priority: "high" }),
    issue({ number: 2, priority: "urgent" }),
  ];
  assert.deepEqual(queue.sort(claimOrder).map(({ number }) => number), [2, 9, 4, 3, 10, 1]);
});
