/** How a run ends: outcome by outcome, stops, retries, what the issue keeps. */

import assert from "node:assert/strict";
import { type Outcome, OUTCOMES } from "../../src/domain/run.ts";
import { MAX_ATTEMPTS } from "../../src/domain/retry.ts";
import type { NewComment } from "../../src/domain/comment.ts";
import type { Status } from "../../src/domain/issue.ts";
import type { Store } from "../../src/store/store.ts";
import { ANN, BOT, ManualClock, newComment, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

/** Where a feature goes when its run ended so, by itself and for a cause that does not pass. */
const GOES_TO: Record<Outcome, Status> = {
  implemented: "in_review",
  checks_failed: "in_review",
  needs_input: "blocked",
  no_change: "blocked",
  failed: "blocked",
  timed_out: "blocked",
  stalled: "blocked",
  over_budget: "blocked",
  usage_limited: "ready",
  stopped: "backlog",
  lost: "ready",
};
const OWN_ENDS: readonly Outcome[] = ["implemented", "checks_failed", "needs_input", "no_change"];

async function claimed(store: Store) {
  const claim = await store.runs.claim(BOT);
  assert.ok(claim !== null, "there was an issue to claim");
  return { ...claim, id: claim.run.id, fence: claim.lease.fence };
}

export function finishSuite(backend: Backend): void {
  testOn(backend, "runs.finish() sends the issue where the outcome says", async () => {
    await using test = await backend.open();
    const { issues, runs, agents } = test.store;
    for (const outcome of OUTCOMES) {
      const { number } = await issues.create(newIssue({ priority: "urgent" }), ANN);
      const { id, fence, issue: before } = await claimed(test.store);
      const { issue, run } = await runs.finish(id, fence, runEnd({ outcome, reason: `Because ${outcome}` }));
      assert.deepEqual([before.number, outcome, issue.status], [number, outcome, GOES_TO[outcome]]);
      assert.deepEqual([run.phase, run.outcome, run.reason], ["finished", outcome, `Because ${outcome}`]);
      assert.deepEqual(await issues.get(issue.id), issue);
      assert.deepEqual(await runs.list(issue.id), [run]);
      const released = issue.status === "ready" || issue.status === "backlog";
      assert.equal(issue.claimed_by, released ? "" : "bot");
      assert.equal((await agents.list())[0].status, "idle");
      await issues.move(String(number), "done", ANN);
    }
    assert.deepEqual(await runs.active(), []);
  });

  testOn(
    backend,
    "runs.finish() puts the hosts of this run on the issue, and takes earlier ones off",
    async () => {
      await using test = await backend.open();
      const { issues, runs, events } = test.store;
      const { id: issue_id, refused_hosts: before } = await issues.create(newIssue(), ANN);
      assert.deepEqual(before, []);
      const ends = [{ refused_hosts: ["a.example", "[::1]"] }, {}, { refused_hosts: ["b.example"] }, {
        refused_hosts: [],
      }];
      for (const end of ends) {
        const { id, fence, issue: claimed_issue } = await claimed(test.store);
        const { issue, run } = await runs.finish(id, fence, runEnd({ outcome: "failed", ...end }));
        const hosts = end.refused_hosts ?? [];
        assert.deepEqual([run.refused_hosts, issue.refused_hosts], [hosts, hosts]);
        assert.deepEqual(await issues.get(issue_id), issue);
        const told = await events.forIssue(issue_id, 0, 100);
        assert.deepEqual(told.findLast(({ type }) => type === "issue.status")?.data.refused_hosts, hosts);
        // What the earlier run was refused stands until the next one has ended.
        await issues.move(issue_id, "ready", ANN);
        assert.deepEqual((await issues.get(issue_id)).refused_hosts, hosts);
        assert.equal(claimed_issue.id, issue_id);
      }
    },
  );

  testOn(backend, "runs.finish() sends an issue back whose last comment no agent heard", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { issues, runs, comments, events } = test.store;
    const cases: [outcome: Outcome, said: Partial<NewComment>, to: Status][] = [
      ["implemented", {}, "ready"],
      ["no_change", {}, "ready"],
      ["needs_input", {}, "ready"],
      ["failed", {}, "ready"],
      ["implemented", { trust: "external" }, "in_review"],
      ["implemented", { author_kind: "agent", trust: "agent" }, "in_review"],
    ];
    for (const [outcome, said, to] of cases) {
      const { id: issue_id } = await issues.create(newIssue(), ANN);
      const { id, fence } = await claimed(test.store);
      clock.advance(1);
      const { comment } = await comments.add(issue_id, newComment("Wait", said), ANN);
      const end = runEnd({ outcome, comments: [newComment("Ended", { author_kind: "system" })] });
      const { issue } = await runs.finish(id, fence, end);
      assert.deepEqual([outcome, issue.status, issue.not_before], [outcome, to, ""]);
      const thread = await comments.list(issue_id);
      assert.equal(thread.length, to === "ready" ? 3 : 2);
      if (to === "ready") assert.match(thread[2].body, /^A comment came while the run was ending/);
      assert.equal(thread.find(({ id }) => id === comment.id)!.delivered_at, "");
      await issues.move(issue_id, "done", ANN);
    }
    // Heard, or said before the run: nothing special.
    const { id: issue_id } = await issues.create(newIssue(), ANN);
    await comments.add(issue_id, newComment("Before"), ANN);
    clock.advance(1);
    const { id, fence } = await claimed(test.store);
    clock.advance(1);
    const { comment } = await comments.add(issue_id, newComment("Use tabs"), ANN);
    await comments.markDelivered(id, fence, [comment.id]);
    const told = (await events.forIssue(issue_id, 0, 100)).filter(({ data }) => data.change === "delivered");
    assert.deepEqual(told.map(({ type, run_id, data }) => [type, run_id, data.status]), [
      ["issue.updated", id, "in_progress"],
    ]);
    await comments.markDelivered(id, fence, [comment.id]);
    assert.equal((await runs.finish(id, fence, runEnd())).issue.status, "in_review");
  });

  testOn(backend, "runs.finish() forgets a session that can't be continued", async () => {
    await using test = await backend.open();
    const { issues, runs } = test.store;
    const { id: issue_id } = await issues.create(newIssue(), ANN);
    const first = await claimed(test.store);
    const end = { outcome: "failed", session_id: "poisoned", session_cost_usd: 1, cost_usd: 1 } as const;
    const { run } = await runs.finish(first.id, first.fence, runEnd({ ...end, forget_session: true }));
    assert.equal(run.session_id, "poisoned");
    await issues.move(issue_id, "ready", ANN);
    const second = await claimed(test.store);
    assert.deepEqual([second.session_id, second.session_cost_usd, second.issue.cost_usd], ["", 0, 1]);
  });

  testOn(backend, "runs.finish() parks an issue that a budget of the day ended", async () => {
    await using test = await backend.open();
    await test.store.issues.create(newIssue(), ANN);
    const { id, fence } = await claimed(test.store);
    const not_before = "2999-01-02T00:00:00.000Z";
    const { issue } = await test.store.runs.finish(id, fence, runEnd({ outcome: "over_budget", not_before }));
    assert.deepEqual([issue.status, issue.not_before], ["ready", not_before]);
  });

  testOn(backend, "runs.spending() adds up what ended since then, and counts what is under way", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { issues, runs } = test.store;
    assert.deepEqual(await runs.spending(""), { usd: 0, unfinished: 0 });
    for (const cost_usd of [1, 0.5, 0.25]) {
      await issues.create(newIssue(), ANN);
      const { id, fence } = await claimed(test.store);
      await runs.finish(id, fence, runEnd({ cost_usd }));
      clock.advance(1000);
    }
    await issues.create(newIssue(), ANN);
    await claimed(test.store);
    assert.deepEqual(await runs.spending("2026-01-01T00:00:00.000Z"), { usd: 1.75, unfinished: 1 });
    assert.deepEqual(await runs.spending("2026-01-01T00:00:00.001Z"), { usd: 0.75, unfinished: 1 });
    assert.deepEqual(await runs.spending("2026-01-02T00:00:00.000Z"), { usd: 0, unfinished: 1 });
  });

  testOn(backend, "runs.finish() of a question without a change is its answer, in review", async () => {
    await using test = await backend.open();
    await test.store.issues.create(newIssue({ kind: "question" }), ANN);
    const { id, fence } = await claimed(test.store);
    const { issue } = await test.store.runs.finish(id, fence, runEnd({ outcome: "no_change", result: "42" }));
    assert.deepEqual([issue.status, issue.result], ["in_review", "42"]);
  });

  testOn(backend, "runs.finish() writes run, issue, comments and events in one commit", async () => {
    await using test = await backend.open();
    const { issues, runs, comments, events } = test.store;
    await issues.create(newIssue({ title: "Do it" }), ANN);
    const { id, fence } = await claimed(test.store);
    const seq = await events.lastSeq();
    const end = runEnd({
      commit: "c1",
      branch: "autopilot/1-do-it",
      pr_url: "https://example.org/pull/1",
      result: "Done",
      session_id: "s1",
      turns: 3,
      cost_usd: 0.25,
      session_cost_usd: 0.25,
      input_tokens: 10,
      output_tokens: 20,
      checks: "passed",
      comments: [
        newComment("Done", { author: "bot", author_kind: "agent", trust: "agent" }),
        newComment("Pushed", { author: "autopilot", author_kind: "system" }),
      ],
    });
    const { issue, run } = await runs.finish(id, fence, end);
    const { branch, pr_url, result, checks, outcome, cost_usd, attempts } = issue;
    const { commit, session_id, turns, input_tokens, output_tokens } = run;
    assert.deepEqual({ ...end, branch, pr_url, result, checks, outcome, cost_usd }, end);
    assert.deepEqual({ ...end, commit, session_id, turns, input_tokens, output_tokens }, end);
    assert.equal(attempts, 1);
    assert.deepEqual((await comments.list(issue.id)).map((c) => [c.author, c.author_kind, c.body]), [
      ["bot", "agent", "Done"],
      ["autopilot", "system", "Pushed"],
    ]);
    const told = await events.read(seq, 10);
    assert.deepEqual(told.map((event) => event.type), [
      "run.finished",
      "comment.added",
      "comment.added",
      "issue.status",
      "agent.status",
    ]);
    assert.deepEqual(told[0].data, {
      title: "Do it",
      agent: "bot",
      outcome: "implemented",
      reason: "It said so",
      number: 1,
      cost_usd: 0.25,
      input_tokens: end.input_tokens,
      output_tokens: end.output_tokens,
    });
    assert.deepEqual([told[3].data.from, told[3].data.status, told[3].data.pr_url], [
      "in_progress",
      "in_review",
      pr_url,
    ]);
    assert.deepEqual(told[4].data, { agent: "bot", status: "idle" });
    assert.deepEqual(told.map((event) => event.actor.kind), ["agent", "agent", "system", "agent", "agent"]);
  });

  testOn(
    backend,
    "the next claim knows session, commit and cost; the cost of an issue is the sum of its runs",
    async () => {
      await using test = await backend.open();
      const { issues, runs } = test.store;
      await issues.create(newIssue(), ANN);
      const first = await claimed(test.store);
      const end = {
        commit: "c1",
        branch: "b",
        session_id: "s1",
        cost_usd: 0.5,
        session_cost_usd: 0.5,
        checks: "failed" as const,
      };
      await runs.finish(first.id, first.fence, runEnd({ ...end, outcome: "checks_failed" }));
      await issues.move("1", "ready", ANN);
      const second = await claimed(test.store);
      assert.deepEqual([second.session_id, second.last_commit, second.session_cost_usd], ["s1", "c1", 0.5]);
      assert.equal(second.lease.session_cost_usd, 0.5);
      assert.equal(second.run.attempt, 2);
      await runs.update(second.id, second.fence, { session_id: "s1", commit: "c2" });
      // A lost run knows less than it noted: what was noted stays.
      const lost = await runs.finish(second.id, second.fence, runEnd({ outcome: "lost", cost_usd: 0.25 }));
      assert.deepEqual([lost.run.session_id, lost.run.commit, lost.issue.branch], ["s1", "c2", "b"]);
      assert.deepEqual([lost.issue.cost_usd, lost.issue.attempts], [0.75, 2]);
      const third = await claimed(test.store);
      assert.deepEqual([third.session_id, third.last_commit, third.session_cost_usd], ["s1", "c2", 0.5]);
      const none = await runs.finish(
        third.id,
        third.fence,
        runEnd({ outcome: "no_change", session_id: "s2", session_cost_usd: 0.1 }),
      );
      assert.equal(none.issue.branch, "b");
      await issues.move("1", "ready", ANN);
      const fourth = await claimed(test.store);
      assert.deepEqual([fourth.session_id, fourth.last_commit, fourth.session_cost_usd], ["s2", "c2", 0.1]);
    },
  );

  testOn(
    backend,
    "runs.finish() retries a transient failure after a back-off, then asks a human, who starts anew",
    async () => {
      const clock = new ManualClock();
      await using test = await backend.open({ clock, random: () => 0 });
      const { issues, runs, comments } = test.store;
      await issues.create(newIssue(), ANN);
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        const { id, fence, failures } = await claimed(test.store);
        assert.equal(failures, attempt - 1);
        const { issue } = await runs.finish(id, fence, runEnd({ outcome: "failed", transient: true }));
        if (attempt === MAX_ATTEMPTS) {
          assert.deepEqual([issue.status, issue.not_before], ["blocked", ""]);
          break;
        }
        const delay = 10_000 * 2 ** (attempt - 1);
        assert.deepEqual([issue.status, Date.parse(issue.not_before) - clock.now().getTime()], [
          "ready",
          delay,
        ]);
        clock.advance(delay - 1);
        assert.equal(await runs.claim(BOT), null);
        clock.advance(1);
      }
      const { issue } = await comments.add("1", newComment("Try again"), ANN);
      assert.equal(issue.status, "ready");
      const again = await claimed(test.store);
      assert.equal(again.failures, 0);
    },
  );

  testOn(
    backend,
    "runs.finish() keeps the count of failures for lost, usage_limited and stopped, else starts it anew",
    async () => {
      const clock = new ManualClock();
      await using test = await backend.open({ clock });
      const { issues, runs } = test.store;
      for (const [outcome, failures] of [["lost", 1], ["usage_limited", 1], ["implemented", 0]] as const) {
        const { number } = await issues.create(newIssue({ priority: "urgent" }), ANN);
        const failed = await claimed(test.store);
        await runs.finish(failed.id, failed.fence, runEnd({ outcome: "stalled", transient: true }));
        clock.advance(600_000);
        const next = await claimed(test.store);
        const { issue } = await runs.finish(next.id, next.fence, runEnd({ outcome }));
        // A human's hand would start the count anew, so look through the next claim where there is one.
        if (issue.status === "ready") assert.equal((await claimed(test.store)).failures, failures);
        else assert.equal(issue.status, "in_review");
        await issues.edit(String(number), { human_only: true }, {}, ANN);
      }
    },
  );

  testOn(backend, "not_before counts only for ready, and a human's move to ready ends it", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { issues, runs } = test.store;
    await issues.create(newIssue(), ANN);
    const not_before = "2026-06-01T00:00:00.000Z";
    const first = await claimed(test.store);
    const parked = await runs.finish(first.id, first.fence, runEnd({ outcome: "usage_limited", not_before }));
    assert.deepEqual([parked.issue.status, parked.issue.not_before], ["ready", not_before]);
    assert.equal(await runs.claim(BOT), null);
    await issues.move("1", "backlog", ANN);
    const { issue } = await issues.move("1", "ready", ANN);
    assert.equal(issue.not_before, "");
    const second = await claimed(test.store);
    const blocked = await runs.finish(second.id, second.fence, runEnd({ outcome: "failed", not_before }));
    assert.deepEqual([blocked.issue.status, blocked.issue.not_before], ["blocked", ""]);
  });

  testOn(
    backend,
    "a stop asked for meanwhile decides where the issue goes, whatever the outcome",
    async () => {
      await using test = await backend.open();
      const { issues, runs } = test.store;
      for (const outcome of OUTCOMES) {
        for (const to of ["backlog", "ready", "done"] as const) {
          const { number } = await issues.create(newIssue({ priority: "urgent" }), ANN);
          const { id, fence } = await claimed(test.store);
          await issues.move(String(number), to, ANN);
          const end = runEnd({
            outcome,
            commit: "c",
            result: "Work",
            not_before: "2999-01-01T00:00:00.000Z",
          });
          const { issue, run } = await runs.finish(id, fence, end);
          assert.deepEqual([outcome, to, issue.status], [outcome, to, to]);
          assert.equal(run.outcome, OWN_ENDS.includes(outcome) ? outcome : "stopped");
          assert.deepEqual([run.commit, issue.result, issue.not_before], ["c", "Work", ""]);
          await issues.move(String(number), "done", ANN);
        }
      }
    },
  );

  testOn(backend, "a stop survives a takeover", async () => {
    await using test = await backend.open();
    const { issues, runs } = test.store;
    await issues.create(newIssue(), ANN);
    const { id, fence } = await claimed(test.store);
    await issues.requestStop("1", "blocked", ANN);
    const taken = await runs.takeOver(id, fence, { host: "other", pid: 2 });
    assert.deepEqual([taken!.lease.stop_requested_by, taken!.lease.stop_to], ["ann", "blocked"]);
    const { issue, run } = await runs.finish(id, taken!.lease.fence, runEnd({ outcome: "lost" }));
    assert.deepEqual([issue.status, run.outcome], ["blocked", "stopped"]);
  });

  testOn(
    backend,
    "runs.finish() of a rescued run leaves its agent alone when that works on something else",
    async () => {
      await using test = await backend.open();
      const { issues, runs, agents } = test.store;
      await issues.create(newIssue(), ANN);
      await issues.create(newIssue(), ANN);
      const old = await claimed(test.store);
      const next = await claimed(test.store);
      await runs.finish(old.id, old.fence, runEnd({ outcome: "lost" }));
      const [agent] = await agents.list();
      assert.deepEqual([agent.status, agent.run_id], ["working", next.id]);
    },
  );
}
