import assert from "node:assert/strict";
import { diagnose } from "../../src/store/diagnose.ts";
import { KNOWN_MIGRATIONS } from "../../src/store/migrations/names.ts";
import { findPostgres, type PostgresCluster, startPostgres } from "../support/postgres.ts";
import { ANN, newIssue, testStoreOn } from "../support/store.ts";
import { conformance } from "./conformance.ts";

const programs = findPostgres();
const ignored = "missing" in programs ? programs.missing : "";
const TEMPLATE = "migrated";
let cluster: PostgresCluster | undefined;
let databases = 0;

// One cluster for this file; every test gets a copy of one migrated database.
if ("bin" in programs) {
  Deno.test.beforeAll(async () => {
    cluster = await startPostgres(programs.bin);
    const url = await cluster.createDatabase(TEMPLATE);
    await using _ = await testStoreOn(url, () => Promise.resolve());
  });
  Deno.test.afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });
}

conformance({
  name: "postgres",
  ignored,
  open: async (options) => {
    const name = `test_${++databases}`;
    const url = await cluster!.createDatabase(name, TEMPLATE);
    return await testStoreOn(url, () => cluster!.dropDatabase(name), options);
  },
  blank: async () => {
    const name = `blank_${++databases}`;
    const url = await cluster!.createDatabase(name);
    return { url, [Symbol.asyncDispose]: () => cluster!.dropDatabase(name) };
  },
});

Deno.test({
  name: "watchForeign() listens again after its connection was lost, and tells what came meanwhile",
  ignore: ignored !== "",
  fn: async () => {
    const name = `test_${++databases}`;
    const url = await cluster!.createDatabase(name, TEMPLATE);
    await using test = await testStoreOn(url, () => cluster!.dropDatabase(name));
    const other = await test.another();
    let wake = () => {};
    const told = () => new Promise<void>((resolve) => wake = resolve);
    let heard = told();
    const end = test.store.watchForeign(() => wake());
    await heard;
    heard = told();
    const killed = await cluster!.sql(
      name,
      "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'listen%' and pid <> pg_backend_pid()",
    );
    assert.equal(killed.trim(), "1");
    await other.issues.create(newIssue(), ANN);
    await heard;
    assert.equal(await test.store.events.lastSeq(), 1);
    heard = told();
    await other.issues.create(newIssue(), ANN);
    await heard;
    end();
  },
});

Deno.test({
  name: "writes go on after the server cut the connections",
  ignore: ignored !== "",
  fn: async () => {
    const name = `test_${++databases}`;
    const url = await cluster!.createDatabase(name, TEMPLATE);
    await using test = await testStoreOn(url, () => cluster!.dropDatabase(name));
    await Promise.all(Array.from({ length: 8 }, () => test.store.issues.create(newIssue(), ANN)));
    const cut =
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    await cluster!.sql(name, cut);
    // Several connections of the pool are dead; the writes find that out, none of them fails.
    await Promise.all([1, 2, 3, 4].map(() => test.store.issues.create(newIssue(), ANN)));
    assert.equal((await test.store.issues.list({ limit: 20 })).length, 12);
    assert.equal(await test.store.events.lastSeq(), 12);
  },
});

Deno.test({
  name:
    "diagnose() tells an empty, a current, a newer and a read-only database, and one that nobody answers for",
  ignore: ignored !== "",
  fn: async () => {
    const name = `test_${++databases}`;
    const empty = await cluster!.createDatabase(name);
    const look = async (url: string) => await diagnose(url, { thorough: false, timeout_ms: 20_000 });
    const nothing = await look(empty);
    assert.deepEqual([nothing.exists, nothing.unknown, nothing.writable], [false, [], "yes"]);
    assert.deepEqual(nothing.lacking, KNOWN_MIGRATIONS);
    await cluster!.dropDatabase(name);

    const url = await cluster!.createDatabase(name, TEMPLATE);
    await using test = await testStoreOn(url, () => cluster!.dropDatabase(name));
    await test.store.issues.create(newIssue(), ANN);
    const current = await look(url);
    assert.deepEqual([current.exists, current.lacking, current.unknown, current.damage], [true, [], [], []]);
    assert.ok(!Number.isNaN(Date.parse(current.last_event_at)), current.last_event_at);
    await cluster!.sql(name, "insert into kysely_migration (name, timestamp) values ('9999_later', '')");
    await cluster!.sql(name, `alter database ${name} set default_transaction_read_only = on`);
    const later = await look(url);
    assert.deepEqual(later.unknown, ["9999_later"]);
    assert.match(later.writable, /read-only/);

    // Somebody listens and says nothing.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = silent.addr as Deno.NetAddr;
    const accepted = silent.accept();
    await assert.rejects(
      diagnose(`postgres://u@127.0.0.1:${port}/d`, { thorough: false, timeout_ms: 300 }),
      /timeout/,
    );
    (await accepted).close();
  },
});
