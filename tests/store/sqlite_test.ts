import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { ANN, BOT, newIssue, openTestStore } from "../support/store.ts";
import { conformance } from "./conformance.ts";

conformance({
  name: "sqlite",
  ignored: "",
  open: openTestStore,
  blank: async () => {
    const dir = await Deno.makeTempDir({ prefix: "autopilot-store-" });
    return {
      url: `sqlite:${join(dir, "new", "autopilot.db")}`,
      [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
    };
  },
});

const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;

Deno.test("openStore() makes the folder 0700 and its files 0600, and leaves a folder that is there alone", async () => {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-store-" });
  try {
    await Deno.chmod(dir, 0o755);
    const path = join(dir, "deep", "new", "autopilot.db");
    await using store = await openStore({ url: `sqlite:${path}`, clock: systemClock });
    await store.issues.create(newIssue(), ANN);
    assert.equal(await mode(dir), 0o755);
    assert.equal(await mode(join(dir, "deep", "new")), 0o700);
    for (const suffix of ["", "-wal", "-shm"]) assert.equal(await mode(path + suffix), 0o600);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("openStore() of no database URL says what one looks like", async () => {
  for (const url of ["", "autopilot.db", "sqlite:", "sqlite::memory:", "mysql://localhost/x"]) {
    await assert.rejects(
      openStore({ url, clock: systemClock }),
      /A database URL is sqlite:<path of a file> or postgres/,
    );
  }
});

Deno.test("openStore() of a file that is no database says so and closes it", async () => {
  const path = await Deno.makeTempFile({ prefix: "autopilot-store-" });
  try {
    await Deno.writeTextFile(
      path,
      "This is a text, and a long one, so that it can be no database. ".repeat(100),
    );
    await assert.rejects(openStore({ url: `sqlite:${path}`, clock: systemClock }), /not a database/);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("writes of one moment share a commit, in order, and onCommit() calls once for them", async () => {
  await using test = await openTestStore();
  let commits = 0;
  test.store.onCommit(() => commits++);
  const issues = await Promise.all(
    Array.from({ length: 100 }, (_, n) => test.store.issues.create(newIssue({ title: String(n) }), ANN)),
  );
  assert.deepEqual(
    issues.map((issue) => [issue.number, issue.title]),
    issues.map((_, n) => [n + 1, String(n)]),
  );
  assert.equal(commits, 1);
});

Deno.test("a write of this process is not visible to reads before its commit", async () => {
  let during: Promise<[unknown, number]> | undefined;
  let look = false;
  await using test = await openTestStore({
    newId: () => {
      if (look) during = Promise.all([test.store.issues.get("1"), test.store.events.lastSeq()]);
      look = false;
      return crypto.randomUUID();
    },
  });
  const issue = await test.store.issues.create(newIssue(), ANN);
  look = true;
  // The claim asks for an id after it has moved the issue.
  await test.store.runs.claim(BOT);
  assert.deepEqual(await during, [issue, 1]);
});

Deno.test("a write that can't get the database rejects and leaves the store usable", async () => {
  await using test = await openTestStore();
  const { store } = test;
  const path = test.url.slice("sqlite:".length);
  const other = new DatabaseSync(path);
  other.exec(
    "drop table search; create table search (rowid integer primary key, words text check (words = ''))",
  );
  // What fails after the works, here the search entries, undoes the whole commit.
  const results = await Promise.allSettled([1, 2].map(() => store.issues.create(newIssue(), ANN)));
  assert.deepEqual(results.map((result) => result.status), ["rejected", "rejected"]);
  assert.deepEqual([await store.issues.list({ limit: 10 }), await store.events.lastSeq()], [[], 0]);
  other.exec("drop table search; create table search (rowid integer primary key, words text)");
  other.close();
  assert.equal((await store.issues.create(newIssue(), ANN)).number, 1);
  assert.equal(await store.events.lastSeq(), 1);
});

Deno.test("a write waits for that of another process without stopping its own", async () => {
  await using test = await openTestStore();
  using other = new DatabaseSync(test.url.slice("sqlite:".length));
  other.exec("begin immediate");
  let written = false;
  const writing = test.store.issues.create(newIssue(), ANN).then(() => written = true);
  // Another batch's worth of turns: timers and reads go on meanwhile, or the other write could never end here.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(await test.store.issues.list({ limit: 1 }), []);
  assert.equal(written, false);
  other.exec("commit");
  await writing;
  assert.equal((await test.store.issues.list({ limit: 1 })).length, 1);
});
