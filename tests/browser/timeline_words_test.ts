import assert from "node:assert/strict";
import { stepOf } from "../../static/board/timeline_words.js";

const by = (actor: string, actor_kind: string, type: string, data: Record<string, unknown> = {}) => {
  const step = stepOf({ type, actor, actor_kind, ...data });
  return step === null ? null : `${step.who} ${step.what}${step.more === "" ? "" : ` (${step.more})`}`;
};

Deno.test("stepOf() tells who did what", () => {
  assert.equal(by("ann", "human", "issue.created", { status: "backlog" }), "ann filed it in Backlog");
  assert.equal(
    by("ann", "human", "issue.status", { from: "backlog", status: "ready" }),
    "ann moved it from Backlog to Ready",
  );
  assert.equal(by("ann", "human", "issue.status", { from: "in_review", status: "done" }), "ann accepted it");
  assert.equal(by("a-1", "agent", "run.started", { attempt: 2 }), "a-1 began run 2");
  assert.equal(
    by("a-1", "agent", "run.finished", { outcome: "failed", reason: "No login", cost_usd: 0.5 }),
    "a-1 ended the run: Failed ($0.50 · No login)",
  );
  assert.equal(by("autopilot", "system", "comment.added", { status: "blocked" }), "Autopilot commented");
  assert.equal(by("a-1", "agent", "comment.added", { status: "blocked" }), "a-1 asked a question");
  assert.equal(
    by("ann", "human", "issue.updated", { change: "stop_requested", stop_to: "backlog" }),
    "ann asked the agent to stop (then to Backlog)",
  );
  assert.equal(
    by("ann", "human", "issue.updated", { change: "priority,title", priority: "high", title: "New" }),
    "ann set the priority to High, renamed it to “New”",
  );
  assert.equal(
    by("ann", "human", "issue.updated", { change: "attachment", name: "a.png" }),
    "ann attached a.png",
  );
  assert.equal(by("", "external", "issue.created", { status: "backlog" }), "Somebody filed it in Backlog");
});

Deno.test("stepOf() leaves out what another event tells better, and what is no event", () => {
  assert.equal(by("a-1", "agent", "issue.status", { from: "ready", status: "in_progress" }), null);
  assert.equal(by("a-1", "agent", "agent.status", { phase: "running" }), null);
  assert.equal(by("a-1", "agent", "agent.status", { status: "working" }), null);
  assert.equal(by("a-1", "agent", "agent.status", { phase: "checking" }), "a-1 runs the checks");
  assert.equal(by("a-1", "agent", "run.activity"), null);
});
