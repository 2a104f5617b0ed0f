/** Texts that break databases, and reads beside open writes. */

import assert from "node:assert/strict";
import { ANN, newComment, newIssue, runEnd } from "../support/store.ts";
import { rawDatabase } from "./raw_database.ts";
import { type Backend, testOn } from "./backend.ts";

/** Text, and how it comes back when not as it went in. */
const HOSTILE: [string, string?][] = [
  ["'quoted' \"double\" `back` \\ % _ ; -- /* */"],
  ["'; drop table issues; --"],
  ["🦕🏳️‍🌈👩‍👩‍👧 é ﷽ \u202e rtl \u200b"],
  ["\r\n\t\u0001\u001f\u007f"],
  ["a\0b\0", "ab"],
  ["\ud800 alone \udc00", "\ufffd alone \ufffd"],
  ["$1 :name @p ?"],
  ["x".repeat(1_000_000)],
  ["äöü ".repeat(250_000)],
  [Array.from({ length: 120_000 }, (_, index) => `w${index}`).join(" ")],
];

export function hostileSuite(backend: Backend): void {
  testOn(
    backend,
    "texts come back as they were, but for NUL (left out) and lone surrogates (replaced)",
    async () => {
      await using test = await backend.open();
      const { issues, comments, attachments, runs, runLog, agents, events } = test.store;
      for (const [text, expected = text] of HOSTILE) {
        const name = text.slice(0, 100);
        const nameBack = expected.slice(0, 100);
        const issue = await issues.create(
          newIssue({ title: name, body: text, assignee: name, priority: "urgent" }),
          { kind: "human", name },
        );
        assert.deepEqual([issue.title, issue.body, issue.assignee], [nameBack, expected, nameBack]);
        assert.deepEqual(await issues.get(issue.id), issue);
        assert.deepEqual((await issues.list({ limit: 1, assignee: name }))[0], issue);
        const edited = await issues.edit(issue.id, { body: text + "!" }, {}, ANN);
        assert.equal(edited.body, expected + "!");
        const { comment } = await comments.add(issue.id, newComment(text, { author: name }), ANN);
        assert.deepEqual(await comments.list(issue.id), [comment]);
        assert.deepEqual([comment.author, comment.body], [nameBack, expected]);
        const file = { name, content_type: "text/plain", size: 1, stored_name: "0" };
        assert.equal((await attachments.add(issue.id, file, ANN)).name, nameBack);
        const claim = await runs.claim({ id: name, host: name, pid: 1 });
        const { id } = claim!.run;
        assert.equal(claim!.issue.claimed_by, nameBack);
        await runs.update(id, 1, { session_id: name });
        // The log is kept to the letter: its entries are stored as JSON.
        await runLog.append(id, 1, [{ seq: 1, at: "t", type: "text", text }]);
        assert.deepEqual((await runLog.read(id, 0, 1)).entries, [{ seq: 1, at: "t", type: "text", text }]);
        const { run } = await runs.finish(
          id,
          1,
          runEnd({ reason: name, result: text, comments: [newComment(text)] }),
        );
        assert.deepEqual([run.reason, run.session_id], [nameBack, nameBack]);
        assert.ok((await agents.list()).some((agent) => agent.id === nameBack));
        await agents.seen({ id: name, host: name, pid: 1 });
        await agents.gone(name);
      }
      const all = await events.read(0, 1000);
      assert.equal(all.at(-1)!.seq, all.length);
    },
  );

  testOn(backend, "reads see neither a write that is open nor wait for it", async () => {
    await using test = await backend.open();
    const { issues, events } = test.store;
    const issue = await issues.create(newIssue(), ANN);
    const raw = rawDatabase(test.url);
    await raw.transaction().execute(async (trx) => {
      await trx.updateTable("issues").set({ title: "Open" }).where("id", "=", issue.id).execute();
      assert.deepEqual(await issues.get("1"), issue);
      assert.deepEqual(await issues.list({ limit: 10, q: "title" }), [issue]);
      assert.equal(await events.lastSeq(), 1);
    });
    await raw.destroy();
    assert.equal((await issues.get("1")).title, "Open");
  });

  testOn(backend, "ping() writes; after close() writes are rejected", async () => {
    await using test = await backend.open();
    const other = await test.another();
    await other.ping();
    const last = other.issues.create(newIssue(), ANN);
    await other.close();
    await other.close();
    assert.equal((await last).number, 1);
    await assert.rejects(other.ping(), /closed/);
    await assert.rejects(other.issues.create(newIssue(), ANN), /closed/);
    assert.equal((await test.store.issues.list({ limit: 10 })).length, 1);
  });
}
