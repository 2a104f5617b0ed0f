import assert from "node:assert/strict";
import fc from "fast-check";
import { ACTOR_KINDS, type ActorKind } from "../../src/domain/event.ts";
import { type Kind, KINDS, type Status, STATUSES } from "../../src/domain/issue.ts";
import { type Outcome, OUTCOMES } from "../../src/domain/run.ts";
import { type Action, allowedMoves, decide, HUMAN_STATUSES } from "../../src/domain/workflow.ts";

const situation = (status: Status, more: { kind?: Kind; human_only?: boolean } = {}) => ({
  status,
  kind: "feature" as Kind,
  human_only: false,
  ...more,
});
const by = (kind: ActorKind) => ({ kind, name: "x" });

/** The decision in one word: the status, `stop:<status>`, or `no:<code>`. */
function word(
  status: Status,
  action: Action,
  actor: ActorKind,
  more: { kind?: Kind; human_only?: boolean } = {},
) {
  const decision = decide(situation(status, more), action, by(actor));
  if (decision.verdict === "refuse") return `no:${decision.code}`;
  return decision.verdict === "stop_run" ? `stop:${decision.to}` : decision.to;
}

// Rows: from. Columns: to, in the order backlog ready in_progress blocked in_review done.
const HUMAN_MOVES: Record<Status, string> = {
  backlog: "backlog ready no:only_a_claim blocked in_review done",
  ready: "backlog ready no:only_a_claim blocked in_review done",
  in_progress: "stop:backlog stop:ready in_progress stop:blocked stop:in_review stop:done",
  blocked: "backlog ready no:only_a_claim blocked in_review done",
  in_review: "backlog ready no:only_a_claim blocked in_review done",
  done: "backlog ready no:only_a_claim blocked in_review done",
};

Deno.test("S13 decide() move: a human moves freely but for in_progress, nobody else moves anything", () => {
  for (const from of STATUSES) {
    const moves = STATUSES.map((to) => word(from, { type: "move", to }, "human"));
    assert.equal(moves.join(" "), HUMAN_MOVES[from], from);
    for (const actor of ["agent", "system", "external"] as const) {
      for (const to of STATUSES) {
        assert.equal(word(from, { type: "move", to }, actor), "no:human_only", `${actor}: ${from} → ${to}`);
      }
    }
  }
});

const CREATES: Record<ActorKind, string> = {
  human: "backlog ready no:only_a_claim blocked in_review done",
  agent: "backlog no:human_only no:only_a_claim no:human_only no:human_only no:human_only",
  system: "backlog no:human_only no:only_a_claim no:human_only no:human_only no:human_only",
  external: "backlog no:human_only no:only_a_claim no:human_only no:human_only no:human_only",
};

Deno.test("S13 decide() create: only a human files an issue anywhere but in the backlog", () => {
  for (const actor of ACTOR_KINDS) {
    const created = STATUSES.map((to) => word("backlog", { type: "create", to }, actor));
    assert.equal(created.join(" "), CREATES[actor], actor);
  }
});

// Columns: human agent system external.
const CLAIMS: Record<Status, string> = {
  backlog: "no:agent_only no:not_ready no:agent_only no:agent_only",
  ready: "no:agent_only in_progress no:agent_only no:agent_only",
  in_progress: "no:agent_only no:not_ready no:agent_only no:agent_only",
  blocked: "no:agent_only no:not_ready no:agent_only no:agent_only",
  in_review: "no:agent_only no:not_ready no:agent_only no:agent_only",
  done: "no:agent_only no:not_ready no:agent_only no:agent_only",
};
const COMMENTS: Record<Status, string> = {
  backlog: "backlog backlog backlog backlog",
  ready: "ready ready ready ready",
  in_progress: "in_progress in_progress in_progress in_progress",
  blocked: "ready blocked blocked blocked",
  in_review: "in_review in_review in_review in_review",
  done: "done done done done",
};
const STOPS: Record<Status, string> = {
  backlog: "no:not_running no:human_only no:not_running no:human_only",
  ready: "no:not_running no:human_only no:not_running no:human_only",
  in_progress: "stop:ready no:human_only stop:ready no:human_only",
  blocked: "no:not_running no:human_only no:not_running no:human_only",
  in_review: "no:not_running no:human_only no:not_running no:human_only",
  done: "no:not_running no:human_only no:not_running no:human_only",
};

Deno.test("decide() claim, comment, stop: who may, from where, and where it leads", () => {
  const row = (status: Status, action: Action) =>
    ACTOR_KINDS.map((actor) => word(status, action, actor)).join(" ");
  assert.deepEqual(ACTOR_KINDS, ["human", "agent", "system", "external"]);
  for (const status of STATUSES) {
    assert.equal(row(status, { type: "claim" }), CLAIMS[status], `claim ${status}`);
    assert.equal(row(status, { type: "comment" }), COMMENTS[status], `comment ${status}`);
    assert.equal(row(status, { type: "stop", to: "ready" }), STOPS[status], `stop ${status}`);
  }
  assert.equal(word("in_progress", { type: "stop", to: "in_progress" }, "human"), "no:only_a_claim");
  assert.equal(word("ready", { type: "claim" }, "agent", { human_only: true }), "no:human_only");
});

// With no attempt left / with one; a question issue; stop_to is "done".
const ENDS: Record<Outcome, [last: Status, retry: Status, question: Status]> = {
  implemented: ["in_review", "in_review", "in_review"],
  checks_failed: ["in_review", "in_review", "in_review"],
  needs_input: ["blocked", "blocked", "blocked"],
  no_change: ["blocked", "blocked", "in_review"],
  failed: ["blocked", "ready", "blocked"],
  timed_out: ["blocked", "blocked", "blocked"],
  stalled: ["blocked", "ready", "blocked"],
  over_budget: ["blocked", "ready", "blocked"],
  usage_limited: ["ready", "ready", "ready"],
  stopped: ["done", "done", "done"],
  lost: ["ready", "ready", "ready"],
};

Deno.test("decide() finish: every outcome has its place, whoever may end a run", () => {
  for (const outcome of OUTCOMES) {
    const finish = (retry: boolean): Action => ({ type: "finish", outcome, retry, stop_to: "done" });
    for (const actor of ["agent", "system"] as const) {
      const [last, retry, question] = ENDS[outcome];
      assert.equal(word("in_progress", finish(false), actor), last, outcome);
      assert.equal(word("in_progress", finish(true), actor), retry, outcome);
      assert.equal(word("in_progress", finish(false), actor, { kind: "question" }), question, outcome);
      for (const status of HUMAN_STATUSES) assert.equal(word(status, finish(true), actor), "no:not_running");
    }
    for (const actor of ["human", "external"] as const) {
      for (const status of STATUSES) assert.equal(word(status, finish(true), actor), "no:agent_only");
    }
  }
  const stopped: Action = { type: "finish", outcome: "stopped", retry: false, stop_to: "in_progress" };
  assert.equal(word("in_progress", stopped, "agent"), "backlog");
});

Deno.test("decide() finish: what a human said and no agent heard is answered before anybody waits", () => {
  for (const outcome of OUTCOMES) {
    for (const kind of ["feature", "question"] as const) {
      const finish: Action = { type: "finish", outcome, retry: false, stop_to: "done", unheard: true };
      const to = outcome === "stopped" ? "done" : "ready";
      assert.equal(word("in_progress", finish, "agent", { kind }), to, outcome);
    }
  }
});

const anyStatus = fc.constantFrom(...STATUSES);
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant("create" as const), to: anyStatus }),
  fc.record({ type: fc.constant("move" as const), to: anyStatus }),
  fc.constant({ type: "claim" as const }),
  fc.constant({ type: "comment" as const }),
  fc.record({ type: fc.constant("stop" as const), to: anyStatus }),
  fc.record({
    type: fc.constant("finish" as const),
    outcome: fc.constantFrom(...OUTCOMES),
    retry: fc.boolean(),
    stop_to: anyStatus,
    unheard: fc.boolean(),
  }),
);
const anySituation = fc.record({
  status: anyStatus,
  kind: fc.constantFrom(...KINDS),
  human_only: fc.boolean(),
});
const anyActor = fc.record({ kind: fc.constantFrom(...ACTOR_KINDS), name: fc.string() });

Deno.test("decide() holds its promises for every situation, action and actor", () => {
  fc.assert(
    fc.property(anySituation, anyAction, anyActor, (before, action, actor) => {
      const decision = decide(before, action, actor);
      if (decision.verdict === "refuse") {
        assert.ok(decision.code !== "" && decision.reason !== "");
        assert.ok(!decision.allowed.includes("in_progress"));
        return;
      }
      const moves = decision.verdict === "move" &&
        (action.type === "create" || decision.to !== before.status);
      if (decision.verdict === "stop_run") {
        assert.ok(before.status === "in_progress" && decision.to !== "in_progress");
      }
      if (!moves) return;
      // Only a claim leads to in_progress, and never for what is a human's.
      if (decision.to === "in_progress") {
        assert.ok(action.type === "claim" && actor.kind === "agent" && !before.human_only);
      }
      // Done is a human's word, or where a human wanted the issue that they stopped.
      if (decision.to === "done") {
        const wanted = action.type === "finish" && action.outcome === "stopped" && action.stop_to === "done";
        assert.ok(actor.kind === "human" || wanted);
      }
      // A stranger files into the backlog and moves nothing.
      if (actor.kind === "external") assert.ok(action.type === "create" && decision.to === "backlog");
      // Without a human an issue gets ready only when its run ends and it is to be tried again.
      if (decision.to === "ready" && actor.kind !== "human") assert.equal(action.type, "finish");
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("allowedMoves() names exactly the moves that decide() does not refuse", () => {
  fc.assert(fc.property(anySituation, anyActor, (before, actor) => {
    const allowed = STATUSES.filter((to) =>
      to !== before.status && decide(before, { type: "move", to }, actor).verdict !== "refuse"
    );
    assert.deepEqual(allowedMoves(before, actor), allowed);
  }));
});
