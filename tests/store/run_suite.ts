/** Claims, leases, fencing, takeover, the run log. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { claimOrder, whyNotClaimable } from "../../src/domain/claim.ts";
import { FencedError, NotFoundError } from "../../src/domain/errors.ts";
import { HUMAN_STATUSES } from "../../src/domain/workflow.ts";
import { PRIORITIES } from "../../src/domain/issue.ts";
import type { LogEntry } from "../../src/domain/log_entry.ts";
import { STALE_AFTER_MS } from "../../src/domain/agent.ts";
import { HEARTBEAT_MS, LEASE_MS } from "../../src/domain/run.ts";
import { ANN, BOT, ManualClock, newComment, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

const entries = (first: number, last: number): LogEntry[] =>
  Array.from(
    { length: last - first + 1 },
    (_, index) => ({ seq: first + index, at: "t", type: "text", text: `line ${first + index}` }),
  );

export function runSuite(backend: Backend): void {
  testOn(backend, "runs.claim() takes by priority, then age, and never what is for humans", async () => {
    await using test = await backend.open();
    const { issues, runs } = test.store;
    for (const priority of [...PRIORITIES].reverse()) {
      await issues.create(newIssue({ priority }), ANN);
      await issues.create(newIssue({ priority }), ANN);
    }
    await issues.create(newIssue({ priority: "urgent", human_only: true }), ANN);
    await issues.create(newIssue({ priority: "urgent", status: "backlog" }), ANN);
    const order: number[] = [];
    for (let claim = await runs.claim(BOT); claim !== null; claim = await runs.claim(BOT)) {
      order.push(claim.issue.number);
    }
    assert.deepEqual(order, [7, 8, 5, 6, 3, 4, 1, 2]);
  });

  testOn(backend, "runs.claim() starts a run with a lease and tells it", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { issues, runs, events, agents } = test.store;
    const issue = await issues.create(newIssue({ title: "Do it" }), ANN);
    const claim = await runs.claim(BOT);
    assert.ok(claim !== null);
    const now = clock.now().toISOString();
    const after = {
      ...issue,
      status: "in_progress",
      claimed_by: "bot",
      claimed_at: now,
      attempts: 1,
      version: 2,
    };
    assert.deepEqual(claim.issue, { ...after, updated_at: now });
    assert.deepEqual(await issues.get("1"), claim.issue);
    assert.deepEqual(await runs.get(claim.run.id), claim.run);
    assert.deepEqual([claim.run.phase, claim.run.attempt, claim.run.outcome], ["preparing", 1, ""]);
    const [active] = await runs.active();
    assert.deepEqual(active, { run: claim.run, lease: claim.lease, issue: claim.issue });
    assert.equal(Date.parse(claim.lease.lease_until), clock.now().getTime() + LEASE_MS);
    assert.deepEqual([claim.session_id, claim.last_commit, claim.session_cost_usd, claim.failures], [
      "",
      "",
      0,
      0,
    ]);
    const told = await events.read(1, 10);
    assert.deepEqual(told.map((event) => event.type), ["issue.status", "run.started", "agent.status"]);
    assert.ok(told.every((event) => event.issue_id === issue.id && event.run_id === claim.run.id));
    assert.deepEqual(told[0].data.from, "ready");
    assert.deepEqual(told[1].data, { title: "Do it", agent: "bot", attempt: 1, number: 1 });
    assert.deepEqual(told[2].data, { agent: "bot", status: "working", title: "Do it", phase: "preparing" });
    const [agent] = await agents.list();
    assert.deepEqual([agent.id, agent.status, agent.issue_id, agent.run_id], [
      "bot",
      "working",
      issue.id,
      claim.run.id,
    ]);
    assert.equal(await runs.claim(BOT), null);
  });

  testOn(backend, "runs.claim() selects what whyNotClaimable() allows, in claimOrder()", async () => {
    const plan = fc.array(
      fc.record({
        status: fc.constantFrom(...HUMAN_STATUSES, "ready" as const, "ready" as const),
        human_only: fc.boolean(),
        priority: fc.constantFrom(...PRIORITIES),
        parked: fc.constantFrom(0, 30_000, 60_000, 90_000),
      }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(plan, async (wanted) => {
        const clock = new ManualClock();
        await using test = await backend.open({ clock });
        const { issues, runs } = test.store;
        for (const [index, { status, priority, parked }] of wanted.entries()) {
          const ref = String(index + 1);
          await issues.create(newIssue(), ANN);
          if (parked > 0) {
            const claim = await runs.claim(BOT);
            const not_before = new Date(clock.now().getTime() + parked).toISOString();
            await runs.finish(
              claim!.run.id,
              claim!.lease.fence,
              runEnd({ outcome: "usage_limited", not_before }),
            );
          }
          // Editing keeps not_before; what would be claimable during the set-up is hidden until its end.
          await issues.edit(ref, { priority, human_only: true }, {}, ANN);
          if (status !== "ready") await issues.move(ref, status, ANN);
        }
        for (const [index, { human_only }] of wanted.entries()) {
          await issues.edit(String(index + 1), { human_only }, {}, ANN);
        }
        clock.advance(60_000);
        const now = clock.now().toISOString();
        const all = await issues.list({ limit: 100 });
        const expected = all.filter((issue) => whyNotClaimable(issue, now) === null).sort(claimOrder);
        const claimed: number[] = [];
        for (let claim = await runs.claim(BOT); claim !== null; claim = await runs.claim(BOT)) {
          claimed.push(claim.issue.number);
        }
        assert.deepEqual(claimed, expected.map((issue) => issue.number));
      }),
      { numRuns: 12 },
    );
  });

  testOn(backend, "runs.heartbeat() extends the lease; expired() finds runs whose lease ended", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { issues, runs, agents } = test.store;
    await issues.create(newIssue(), ANN);
    const claim = await runs.claim(BOT);
    const { id } = claim!.run;
    clock.advance(HEARTBEAT_MS);
    await runs.heartbeat(id, 1);
    assert.equal((await agents.list())[0].last_seen_at, clock.now().toISOString());
    clock.advance(LEASE_MS);
    assert.deepEqual(await runs.expired(), []);
    clock.advance(1);
    const [expired] = await runs.expired();
    assert.deepEqual([expired.run.id, expired.lease.fence, expired.issue.number], [id, 1, 1]);
    assert.equal((await agents.list())[0].status, "stale");
  });

  testOn(backend, "runs.update() notes facts and tells a change of phase", async () => {
    await using test = await backend.open();
    const { issues, runs, events } = test.store;
    await issues.create(newIssue(), ANN);
    const claim = await runs.claim(BOT);
    const { id } = claim!.run;
    const seq = await events.lastSeq();
    await runs.update(id, 1, { session_id: "s", agent_pid: 42, base_commit: "b", branch: "autopilot/1" });
    assert.equal(await events.lastSeq(), seq);
    await runs.update(id, 1, { phase: "running" });
    await runs.update(id, 1, { phase: "running", commit: "c" });
    const told = await events.read(seq, 10);
    assert.deepEqual(told.map((event) => event.data), [{
      agent: "bot",
      status: "working",
      title: "A title",
      phase: "running",
    }]);
    const [{ run, lease }] = await runs.active();
    assert.deepEqual([run.session_id, run.branch, run.commit, run.phase], [
      "s",
      "autopilot/1",
      "c",
      "running",
    ]);
    assert.deepEqual([lease.agent_pid, lease.base_commit], [42, "b"]);
  });

  testOn(backend, "a stale fence changes nothing", async () => {
    await using test = await backend.open();
    const { issues, runs, runLog, comments, events } = test.store;
    const issue = await issues.create(newIssue(), ANN);
    const { comment } = await comments.add("1", newComment("Hello"), ANN);
    const claim = await runs.claim(BOT);
    const { id } = claim!.run;
    const taken = await runs.takeOver(id, 1, { host: "other", pid: 2 });
    assert.ok(taken !== null);
    assert.deepEqual([taken.lease.fence, taken.lease.host, taken.lease.server_pid], [2, "other", 2]);
    const before = [await issues.get("1"), await runs.active(), await events.lastSeq()];
    for (
      const stale of [
        () => runs.heartbeat(id, 1),
        () => runs.update(id, 1, { phase: "running" }),
        () => runs.finish(id, 1, runEnd({ comments: [newComment("no")] })),
        () => runLog.append(id, 1, entries(1, 2)),
        () => comments.markDelivered(id, 1, [comment.id]),
        () => runs.finish("nothing", 1, runEnd()),
      ]
    ) await assert.rejects(stale(), FencedError);
    assert.equal(await runs.takeOver(id, 1, { host: "late", pid: 3 }), null);
    assert.deepEqual([await issues.get("1"), await runs.active(), await events.lastSeq()], before);
    assert.equal(await runLog.lastSeq(id), 0);
    assert.deepEqual((await comments.list(issue.id)).map((c) => c.delivered_at), [""]);
    // The holder of the new fence goes on; after the end nobody does.
    await runs.finish(id, 2, runEnd({ outcome: "lost" }));
    await assert.rejects(runs.heartbeat(id, 2), FencedError);
    await assert.rejects(runs.finish(id, 2, runEnd()), FencedError);
    assert.equal(await runs.takeOver(id, 2, { host: "late", pid: 3 }), null);
    assert.equal((await runs.claim(BOT))!.lease.fence, 3);
  });

  testOn(
    backend,
    "comments.markDelivered() notes the first time only, and only this issue's comments",
    async () => {
      const clock = new ManualClock();
      await using test = await backend.open({ clock });
      const { issues, runs, comments } = test.store;
      const one = await issues.create(newIssue({ priority: "urgent" }), ANN);
      const two = await issues.create(newIssue(), ANN);
      const a = await comments.add("1", newComment("a"), ANN);
      const b = await comments.add("2", newComment("b"), ANN);
      const claim = await runs.claim(BOT);
      const first = clock.now().toISOString();
      await comments.markDelivered(claim!.run.id, 1, [a.comment.id, b.comment.id]);
      clock.advance(1000);
      await comments.markDelivered(claim!.run.id, 1, [a.comment.id]);
      assert.equal((await comments.list(one.id))[0].delivered_at, first);
      assert.equal((await comments.list(two.id))[0].delivered_at, "");
    },
  );

  testOn(backend, "runLog.append() and read() keep every entry in order, in pages of any size", async () => {
    await using test = await backend.open();
    const { issues, runs, runLog } = test.store;
    await issues.create(newIssue(), ANN);
    const claim = await runs.claim(BOT);
    const { id } = claim!.run;
    assert.deepEqual(await runLog.read(id, 0, 10), { entries: [], next: 0 });
    let seq = 0;
    for (let size = 1; size <= 40; size++, seq = await runLog.lastSeq(id)) {
      await runLog.append(id, 1, entries(seq + 1, seq + size));
    }
    assert.equal(seq, 820);
    for (const step of [1, 7, 100, 1000]) {
      const read: LogEntry[] = [];
      for (let after = 0, last = -1; after !== last;) {
        last = after;
        const page = await runLog.read(id, after, step);
        assert.ok(page.entries.length <= step);
        read.push(...page.entries);
        after = page.next;
        if (step === 1 && read.length > 20) break;
      }
      assert.deepEqual(read, entries(1, step === 1 ? 21 : 820));
    }
    await assert.rejects(runLog.append(id, 1, entries(822, 823)), /goes on with entry 821, not 822/);
    await assert.rejects(runLog.append(id, 1, [...entries(821, 822), ...entries(824, 824)]), /823, not 824/);
    await assert.rejects(runLog.append(id, 1, entries(820, 821)), /goes on with entry 821, not 820/);
    assert.equal(await runLog.lastSeq(id), 820);
    await assert.rejects(runLog.lastSeq("nothing"), NotFoundError);
  });

  testOn(backend, "agents.seen() tells new and returning agents, gone() makes stale at once", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { agents, events } = test.store;
    await agents.seen(BOT);
    clock.advance(1000);
    await agents.seen(BOT);
    assert.equal(await events.lastSeq(), 1);
    assert.deepEqual((await agents.list()).map((agent) => [agent.id, agent.status, agent.last_seen_at]), [
      ["bot", "idle", clock.now().toISOString()],
    ]);
    await agents.gone("bot");
    await agents.gone("bot");
    await agents.gone("nobody");
    assert.equal((await agents.list())[0].status, "stale");
    clock.advance(1000);
    await agents.seen(BOT);
    assert.deepEqual((await events.read(0, 10)).map((event) => event.data.status), ["idle", "stale", "idle"]);
    assert.equal((await agents.list())[0].status, "idle");
  });

  testOn(
    backend,
    "agents.enter() gives a name to one living process, also when many ask at once",
    async () => {
      const clock = new ManualClock();
      await using test = await backend.open({ clock });
      const { agents, events } = test.store;
      const process = (pid: number) => ({ id: "bot", host: "host", pid });
      const answers = await Promise.all([1, 2, 3, 4, 5].map((pid) => agents.enter(process(pid))));
      const first = answers.findIndex((answer) => answer === null) + 1;
      assert.deepEqual(
        answers.filter((answer) => answer !== null),
        Array(4).fill({ host: "host", pid: first }),
      );
      assert.equal(await events.lastSeq(), 1);

      assert.equal(await agents.enter(process(first)), null);
      assert.deepEqual(await agents.enter(process(9), { host: "host", pid: 8 }), {
        host: "host",
        pid: first,
      });
      assert.equal(await agents.enter(process(9), { host: "host", pid: first }), null);
      assert.deepEqual(await agents.enter(process(first)), { host: "host", pid: 9 });
      await agents.gone("bot");
      assert.equal(await agents.enter(process(first)), null);
      clock.advance(STALE_AFTER_MS + 1);
      assert.equal(await agents.enter(process(9)), null);
      assert.equal((await agents.list())[0].status, "idle");
    },
  );
}
