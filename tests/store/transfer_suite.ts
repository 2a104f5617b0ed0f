/** A board out of one database and into another. */

import assert from "node:assert/strict";
import type { Store } from "../../src/store/store.ts";
import { MOVED, NOT_MOVED, TransferError } from "../../src/store/transfer.ts";
import { ANN, BOT, newComment, newIssue, openTestStore, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";
import { rawDatabase } from "./raw_database.ts";

const STORED = "0123456789abcdef".repeat(2);

async function linesOf(store: Store): Promise<string[]> {
  const lines: string[] = [];
  await store.transfer.dump((line) => Promise.resolve(void lines.push(line)));
  return lines;
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line);
}

/** Some of everything: a finished run with its log, a run under way, texts of all sorts. */
async function fill(store: Store): Promise<void> {
  const { id } = await store.issues.create(newIssue({ title: "Grüße 👋", body: 'a "quoted"\nline' }), ANN);
  await store.comments.add(id, newComment("A needle in it"), ANN);
  await store.attachments.add(
    id,
    { name: "a.png", content_type: "image/png", size: 3, stored_name: STORED },
    ANN,
  );
  const claim = (await store.runs.claim(BOT))!;
  const entry = { seq: 1, at: new Date().toISOString(), type: "text", text: "Hello" } as const;
  await store.runLog.append(claim.run.id, claim.lease.fence, [entry]);
  await store.runs.finish(claim.run.id, claim.lease.fence, runEnd({ cost_usd: 0.1 + 0.2, turns: 3 }));
  for (let n = 0; n < 300; n++) await store.issues.create(newIssue({ title: `Many ${n}` }), ANN);
  await store.runs.claim(BOT);
}

export function transferSuite(backend: Backend): void {
  testOn(backend, "every table moves with a board or has a reason to stay", async () => {
    await using test = await backend.open();
    const raw = rawDatabase(test.url);
    const tables = (await raw.introspection.getTables()).map(({ name }) => name);
    await raw.destroy();
    const known = [...Object.keys(MOVED), ...Object.keys(NOT_MOVED)];
    const own = tables.filter((name) => !/^(search|kysely|sqlite)/.test(name));
    assert.deepEqual(own.sort(), known.sort());
  });

  testOn(backend, "what dump() wrote load() takes in, on the other database too, unchanged", async () => {
    await using from = await backend.open();
    await fill(from.store);
    const lines = await linesOf(from.store);
    await using middle = await openTestStore();
    const rows = await middle.store.transfer.load(each(lines), () => true);
    assert.deepEqual([rows.issues, rows.comments, rows.runs, rows.events], [
      301,
      1,
      2,
      await from.store.events.lastSeq(),
    ]);
    assert.deepEqual(await linesOf(middle.store), lines);
    await using to = await backend.open();
    await to.store.transfer.load(each(await linesOf(middle.store)), () => true);
    assert.deepEqual(await linesOf(to.store), lines);

    // The board goes on: words are found, numbers and events follow.
    assert.equal((await to.store.issues.list({ q: "needle", limit: 5 }))[0].number, 1);
    const issue = await to.store.issues.create(newIssue(), ANN);
    assert.equal(issue.number, 302);
    assert.equal(await to.store.events.lastSeq(), await from.store.events.lastSeq() + 1);
    await assert.rejects(
      to.store.transfer.load(each(lines), () => true),
      (error) => error instanceof TransferError && /not empty/.test(error.message),
    );
  });

  testOn(backend, "load() takes in all or nothing", async () => {
    await using from = await backend.open();
    await from.store.issues.create(newIssue(), ANN);
    await from.store.attachments.add("1", { name: "a", content_type: "", size: 1, stored_name: STORED }, ANN);
    const lines = await linesOf(from.store);
    await using to = await backend.open();
    const row = (table: string, fields: Record<string, unknown>) => JSON.stringify({ table, row: fields });
    const broken: [string[], RegExp][] = [
      [[...lines, "{"], /Line 6 .*no JSON/],
      [[...lines, row("tokens", { id: "x" })], /no row of a table/],
      [[...lines, row("issues", { evil: 1 })], /issues have no "evil"/],
      [[...lines, row("comments", { id: "c", issue_id: "nobody", n: 1 })], /can't be taken in/],
      [[...lines, row("issues", { number: 5, id: "x", title: "t", status: "gone" })], /can't be taken in/],
      [[...lines, row("events", { seq: 9, data: "[]" })], /no JSON of its kind/],
      [[lines[0], row("attachments", { stored_name: "../../etc/passwd" })], /did not come along/],
    ];
    for (const [bad, reason] of broken) {
      await assert.rejects(to.store.transfer.load(each(bad), () => true), reason);
      assert.deepEqual(await linesOf(to.store), []);
    }
    await assert.rejects(to.store.transfer.load(each(lines), () => false), /did not come along/);
  });
}
