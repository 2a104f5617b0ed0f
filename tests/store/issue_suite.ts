/** Issues and comments: create, list, edit, move, answer. */

import assert from "node:assert/strict";
import { NotFoundError, RefusedError, StaleThreadError, StaleVersionError } from "../../src/domain/errors.ts";
import { STATUSES } from "../../src/domain/issue.ts";
import { ANN, BOT, newComment, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

const AGENT = { kind: "agent", name: "bot" } as const;

export function issueSuite(backend: Backend): void {
  testOn(backend, "issues.create() answers what get() answers, by id and by number", async () => {
    await using test = await backend.open();
    const { issues } = test.store;
    const input = newIssue({
      title: "First",
      body: "Body",
      kind: "bug",
      priority: "urgent",
      human_only: true,
    });
    const issue = await issues.create(input, ANN);
    assert.deepEqual({ ...issue, ...input }, issue);
    assert.equal(issue.number, 1);
    assert.equal(issue.version, 1);
    assert.match(issue.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(await issues.get(issue.id), issue);
    assert.deepEqual(await issues.get("1"), issue);
    assert.equal((await issues.create(newIssue(), ANN)).number, 2);
  });

  testOn(backend, "issues.create() refuses in_progress, and all but the backlog for agents", async () => {
    await using test = await backend.open();
    const { issues, events } = test.store;
    const refused = (error: unknown) => error instanceof RefusedError;
    await assert.rejects(issues.create(newIssue({ status: "in_progress" }), ANN), refused);
    await assert.rejects(issues.create(newIssue({ status: "ready" }), AGENT), refused);
    assert.deepEqual(await issues.list({ limit: 10 }), []);
    assert.equal(await events.lastSeq(), 0);
  });

  testOn(backend, "issues.get() of what does not exist is a NotFoundError", async () => {
    await using test = await backend.open();
    for (const ref of ["nothing", "7", "9999999999", "1e3", "", "a\0b", "\ud800"]) {
      await assert.rejects(
        test.store.issues.get(ref),
        (error) => error instanceof NotFoundError && error.ref === ref,
      );
    }
  });

  testOn(backend, "issues.list() is newest first, filtered, and goes on before a number", async () => {
    await using test = await backend.open();
    const { issues } = test.store;
    for (let index = 0; index < 6; index++) {
      await issues.create(
        newIssue({
          status: index % 2 ? "ready" : "backlog",
          kind: index < 3 ? "bug" : "chore",
          assignee: index < 2 ? "x" : "",
        }),
        ANN,
      );
    }
    const numbers = async (filter: Parameters<typeof issues.list>[0]) =>
      (await issues.list(filter)).map((issue) => issue.number);
    assert.deepEqual(await numbers({ limit: 10 }), [6, 5, 4, 3, 2, 1]);
    assert.deepEqual(await numbers({ limit: 2 }), [6, 5]);
    assert.deepEqual(await numbers({ limit: 2, before: 5 }), [4, 3]);
    assert.deepEqual(await numbers({ limit: 10, status: "ready" }), [6, 4, 2]);
    assert.deepEqual(await numbers({ limit: 10, status: "ready", kind: "bug" }), [2]);
    assert.deepEqual(await numbers({ limit: 10, assignee: "x" }), [2, 1]);
    assert.deepEqual(await numbers({ limit: 10, assignee: "'; drop table issues; --" }), []);
    assert.deepEqual(await issues.counts(), {
      backlog: 3,
      ready: 3,
      in_progress: 0,
      blocked: 0,
      in_review: 0,
      done: 0,
    });
  });

  testOn(
    backend,
    "issues.edit() changes what is given, raises the version, and writes nothing for no change",
    async () => {
      await using test = await backend.open();
      const { issues, events } = test.store;
      const before = await issues.create(newIssue({ title: "Old" }), ANN);
      const after = await issues.edit("1", { title: "New", priority: "low", human_only: true }, {}, ANN);
      const changed = {
        title: "New",
        priority: "low" as const,
        human_only: true,
        version: 2,
        updated_at: after.updated_at,
      };
      assert.deepEqual(after, { ...before, ...changed });
      assert.deepEqual(await issues.get("1"), after);
      const seq = await events.lastSeq();
      assert.deepEqual(await issues.edit("1", { title: "New", body: undefined }, {}, ANN), after);
      assert.deepEqual(await issues.edit("1", {}, {}, ANN), after);
      assert.equal(await events.lastSeq(), seq);
    },
  );

  testOn(backend, "issues.edit() with a stale version changes nothing", async () => {
    await using test = await backend.open();
    const { issues, events } = test.store;
    await issues.create(newIssue({ title: "Old" }), ANN);
    const current = await issues.edit("1", { title: "New" }, { if_version: 1 }, ANN);
    const seq = await events.lastSeq();
    await assert.rejects(
      issues.edit("1", { title: "Newer" }, { if_version: 1 }, ANN),
      (error) => error instanceof StaleVersionError && error.expected === 1 && error.current === 2,
    );
    assert.deepEqual(await issues.get("1"), current);
    assert.equal(await events.lastSeq(), seq);
    // Of several with the same version one wins.
    const tries = await Promise.allSettled(
      Array.from(
        { length: 10 },
        (_, index) => issues.edit("1", { title: `Race ${index}` }, { if_version: 2 }, ANN),
      ),
    );
    assert.equal(tries.filter((result) => result.status === "fulfilled").length, 1);
    assert.equal((await issues.get("1")).version, 3);
  });

  testOn(
    backend,
    "S13 issues.move() moves nothing when issue or thread are not as they were seen",
    async () => {
      await using test = await backend.open();
      const { issues, comments } = test.store;
      const { version } = await issues.create(newIssue({ status: "backlog" }), ANN);
      const seen = { if_version: version, comments: 0 };
      await comments.add("1", newComment("Also this", { trust: "external" }), {
        kind: "external",
        name: "eve",
      });
      await assert.rejects(issues.move("1", "ready", ANN, seen), StaleThreadError);
      await issues.edit("1", { body: "Another text" }, {}, ANN);
      await assert.rejects(issues.move("1", "ready", ANN, { ...seen, comments: 1 }), StaleVersionError);
      const now = await issues.get("1");
      assert.equal(now.status, "backlog");
      const { issue } = await issues.move("1", "ready", ANN, { if_version: now.version, comments: 1 });
      assert.equal(issue.status, "ready");
    },
  );

  testOn(
    backend,
    "issues.move() moves for humans, refuses agents, and does nothing when it is there",
    async () => {
      await using test = await backend.open();
      const { issues, events } = test.store;
      await issues.create(newIssue({ status: "backlog" }), ANN);
      for (const to of STATUSES.filter((status) => status !== "in_progress" && status !== "backlog")) {
        const { issue, stopping } = await issues.move("1", to, ANN);
        assert.deepEqual([issue.status, stopping], [to, false]);
      }
      const seq = await events.lastSeq();
      const there = await issues.get("1");
      assert.deepEqual((await issues.move("1", there.status, ANN)).issue, there);
      await assert.rejects(
        issues.move("1", "ready", AGENT),
        (error) => error instanceof RefusedError && error.code === "human_only",
      );
      await assert.rejects(
        issues.move("1", "in_progress", ANN),
        (error) =>
          error instanceof RefusedError && error.code === "only_a_claim" && error.allowed.includes("ready"),
      );
      assert.equal(await events.lastSeq(), seq);
      assert.deepEqual(await issues.get("1"), there);
    },
  );

  testOn(backend, "issues.move() of an issue in progress asks its run to stop", async () => {
    await using test = await backend.open();
    const { issues, runs, events } = test.store;
    await issues.create(newIssue(), ANN);
    await assert.rejects(
      issues.requestStop("1", "backlog", ANN),
      (error) => error instanceof RefusedError && error.code === "not_running",
    );
    const claim = await runs.claim(BOT);
    const { id } = claim!.run;
    assert.deepEqual(await runs.heartbeat(id, 1), { stop_requested_by: "", stop_to: "" });
    const { issue, stopping } = await issues.move("1", "done", ANN);
    assert.deepEqual([issue.status, stopping], ["in_progress", true]);
    assert.deepEqual(await runs.heartbeat(id, 1), { stop_requested_by: "ann", stop_to: "done" });
    await issues.requestStop("1", "backlog", ANN);
    assert.deepEqual(await runs.heartbeat(id, 1), { stop_requested_by: "ann", stop_to: "backlog" });
    const seq = await events.lastSeq();
    await issues.requestStop("1", "backlog", ANN);
    assert.equal(await events.lastSeq(), seq);
    const [event] = await events.read(seq - 1, 1);
    assert.deepEqual([event.type, event.data.change, event.data.stop_to, event.run_id], [
      "issue.updated",
      "stop_requested",
      "backlog",
      id,
    ]);
  });

  testOn(backend, "comments.add() of a human unblocks, of an agent never", async () => {
    await using test = await backend.open();
    const { issues, comments, runs, events } = test.store;
    await issues.create(newIssue(), ANN);
    const claim = await runs.claim(BOT);
    await runs.finish(claim!.run.id, 1, runEnd({ outcome: "needs_input" }));
    const agents = await comments.add(
      "1",
      newComment("From the agent", { author: "bot", author_kind: "agent" }),
      AGENT,
    );
    assert.deepEqual([agents.unblocked, agents.issue.status], [false, "blocked"]);
    const external = await comments.add("1", newComment("From outside"), { kind: "external", name: "" });
    assert.deepEqual([external.unblocked, external.issue.status], [false, "blocked"]);
    const seq = await events.lastSeq();
    const human = await comments.add("1", newComment("Answer"), ANN);
    assert.deepEqual([human.unblocked, human.issue.status, human.issue.claimed_by], [true, "ready", ""]);
    assert.deepEqual(await issues.get("1"), human.issue);
    const told = await events.read(seq, 10);
    assert.deepEqual(told.map((event) => event.type), ["comment.added", "issue.status"]);
    assert.equal(told[1].data.from, "blocked");
    assert.equal(told[0].data.comment_id, human.comment.id);
    assert.equal(told[0].data.number, 1);
    const thread = await comments.list(human.issue.id);
    assert.deepEqual(thread.map((comment) => comment.body), ["From the agent", "From outside", "Answer"]);
    assert.deepEqual(thread[2], human.comment);
  });

  testOn(backend, "attachments.add() is listed, found by id, and told", async () => {
    await using test = await backend.open();
    const { issues, attachments, events } = test.store;
    const issue = await issues.create(newIssue(), ANN);
    const file = { name: "a b.png", content_type: "image/png", size: 3, stored_name: "0".repeat(32) };
    assert.equal(await attachments.totalBytes(), 0);
    const added = await attachments.add("1", file, ANN);
    assert.equal(await attachments.totalBytes(), file.size);
    assert.equal(added.url, `/api/autopilot/uploads/${added.id}`);
    assert.deepEqual(await attachments.list(issue.id), [added]);
    assert.deepEqual(await attachments.get(added.id), { ...added, stored_name: file.stored_name });
    await assert.rejects(attachments.get("nothing"), NotFoundError);
    await assert.rejects(attachments.add("7", file, ANN), NotFoundError);
    const [event] = await events.read(1, 10);
    assert.deepEqual([event.type, event.data.change, event.data.name], [
      "issue.updated",
      "attachment",
      "a b.png",
    ]);
  });
}
