import { findPostgres, type PostgresCluster, startPostgres } from "../support/postgres.ts";
import { testStoreOn } from "../support/store.ts";
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
});
