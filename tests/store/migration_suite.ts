/** Opening: several at once, and databases that are too new. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { CHECK_STATES, KINDS, PRIORITIES, STATUSES, TRUSTS } from "../../src/domain/issue.ts";
import { AUTHOR_KINDS } from "../../src/domain/comment.ts";
import { SCOPES } from "../../src/domain/credential.ts";
import { ACTOR_KINDS } from "../../src/domain/event.ts";
import { OUTCOMES, PHASES } from "../../src/domain/run.ts";
import { TOKEN_KINDS } from "../../src/domain/token.ts";
import { CHECKED, PRIORITY_RANKS } from "../../src/store/migrations/initial.ts";
import { TOKEN_CHECKED } from "../../src/store/migrations/tokens.ts";
import { NewerSchemaError } from "../../src/store/migrations/migrate.ts";
import { openStore } from "../../src/store/open.ts";
import { rawDatabase } from "./raw_database.ts";
import { ANN, newIssue } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

const OPENER = fileURLToPath(new URL("opener_process.ts", import.meta.url));

/** The literals that the newest schema allows; the migrations have their own copies of the domain's lists. */
const ALLOWED = {
  status: STATUSES,
  kind: KINDS,
  trust: TRUSTS,
  checks: CHECK_STATES,
  author_kind: AUTHOR_KINDS,
  actor_kind: ACTOR_KINDS,
  phase: PHASES,
  outcome: ["", ...OUTCOMES],
  token_kind: TOKEN_KINDS,
  scope: SCOPES,
};

export function migrationSuite(backend: Backend): void {
  testOn(backend, "the schema allows exactly the values of the domain", async () => {
    const { event_type: _first_types, ...checked } = CHECKED;
    assert.deepEqual({ ...checked, token_kind: TOKEN_CHECKED.kind, scope: TOKEN_CHECKED.scope }, ALLOWED);
    assert.equal(PRIORITY_RANKS, PRIORITIES.length);
    await using test = await backend.open();
    await test.store.issues.create(newIssue(), ANN);
    const raw = rawDatabase(test.url);
    try {
      for (const column of ["status", "kind", "trust", "checks", "outcome"] as const) {
        for (const value of ALLOWED[column]) {
          await raw.updateTable("issues").set({ [column]: value }).execute();
        }
        await assert.rejects(raw.updateTable("issues").set({ [column]: "other" }).execute(), /check/i);
      }
      await assert.rejects(raw.updateTable("issues").set({ priority: PRIORITY_RANKS }).execute(), /check/i);
    } finally {
      await raw.destroy();
    }
  });

  testOn(backend, "openStore() of several processes at one moment migrates once", async () => {
    await using blank = await backend.blank();
    const children = [1, 2, 3, 4].map((n) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", OPENER, blank.url, `agent-${n}`],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn()
    );
    const outputs = children.map((child) => child.stdout.getReader());
    for (const output of outputs) await output.read();
    for (const child of children) await child.stdin.close();
    for (const output of outputs) while (!(await output.read()).done) continue;
    for (const child of children) assert.ok((await child.status).success);
    await using store = await openStore({ url: blank.url, clock: systemClock });
    assert.equal((await store.agents.list()).length, 4);
    assert.equal(await store.events.lastSeq(), 4);
  });

  testOn(backend, "openStore() keeps what is there", async () => {
    await using test = await backend.open();
    const issue = await test.store.issues.create(newIssue(), ANN);
    await test.store.close();
    assert.deepEqual(await (await test.another()).issues.get(issue.id), issue);
  });

  testOn(backend, "openStore() refuses a newer schema and says so", async () => {
    await using test = await backend.open();
    const raw = rawDatabase(test.url);
    await raw.insertInto("kysely_migration").values({ name: "9999_future", timestamp: "t" }).execute();
    await assert.rejects(
      test.another(),
      (error) => error instanceof NewerSchemaError && /newer schema.*9999_future/.test(error.message),
    );
    await raw.deleteFrom("kysely_migration").where("name", "=", "9999_future").execute();
    await raw.destroy();
    await test.another();
  });
}
