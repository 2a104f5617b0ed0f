/** A database of every earlier schema, with data in it, opened by the newest version. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type Kysely, sql } from "kysely";
import { systemClock } from "../../src/clock.ts";
import { migrate } from "../../src/store/migrations/migrate.ts";
import { KNOWN_MIGRATIONS } from "../../src/store/migrations/names.ts";
import { inspectSqlite } from "../../src/store/sqlite_files.ts";
import { openStore } from "../../src/store/open.ts";
import { ANN, newIssue } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";
import { rawDatabase } from "./raw_database.ts";

const AT = "2025-12-31T23:59:59.000Z";
const CARD = JSON.stringify({ number: 7, title: "Old", status: "in_review", kind: "bug", priority: "high" });

/**
 * What a database held when a migration was the newest, in the words of that schema: statements that must stay as they
 * are, like the migrations themselves. Each later schema has the earlier ones' too.
 */
const DATA: Readonly<Record<string, readonly string[]>> = {
  "0001_initial": [
    `insert into issues (number, id, title, body, status, kind, priority, human_only, created_by, trust, branch, checks,
        attempts, cost_usd, version, created_at, updated_at, fence, session_id)
      values (7, 'issue-7', 'Old', 'Grüße', 'in_review', 'bug', 1, 0, 'ann', 'member', 'autopilot/7-old', 'passed',
        1, 0.25, 4, '${AT}', '${AT}', 1, 'session-1')`,
    `insert into issues (number, id, title, status, kind, priority, human_only, trust, checks, created_at, updated_at)
      values (8, 'issue-8', 'Waiting', 'ready', 'feature', 2, 0, 'external', '', '${AT}', '${AT}')`,
    `insert into comments (id, issue_id, n, author, author_kind, trust, body, created_at)
      values ('comment-1', 'issue-7', 1, 'ann', 'human', 'member', 'Please', '${AT}')`,
    `insert into attachments (id, issue_id, n, name, content_type, size, stored_name, created_at)
      values ('file-1', 'issue-7', 1, 'a.png', 'image/png', 3, '${"0".repeat(32)}', '${AT}')`,
    `insert into runs (id, issue_id, attempt, agent_id, phase, outcome, reason, "commit", turns, cost_usd, input_tokens,
        output_tokens, started_at, finished_at, fence, lease_until, host, server_pid, stop_to, log_seq)
      values ('run-1', 'issue-7', 1, 'bot', 'finished', 'implemented', 'It said so', 'abc', 3, 0.25, 100,
        20, '${AT}', '${AT}', 1, '${AT}', 'host', 1, 'backlog', 1)`,
    `insert into run_log_pages (run_id, first_seq, last_seq, entries)
      values ('run-1', 1, 1, '[{"seq":1,"at":"${AT}","type":"text","text":"Hello"}]')`,
    `insert into events (seq, at, type, issue_id, run_id, actor_kind, actor, data)
      values (1, '${AT}', 'issue.created', 'issue-7', '', 'human', 'ann', '${CARD}')`,
    `insert into agents (id, since, last_seen_at, gone_at, host, pid)
      values ('bot', '${AT}', '${AT}', '${AT}', 'host', 1)`,
  ],
  "0003_tokens": [
    `insert into tokens (id, hash, kind, name, scope, created_at)
      values ('token-1', '${"a".repeat(64)}', 'token', 'ci', 'member', '${AT}')`,
  ],
  "0009_trust": [`update runs set refused_hosts = 'a.example,[::1]' where id = 'run-1'`],
};

export function upgradeSuite(backend: Backend): void {
  for (const [index, last] of KNOWN_MIGRATIONS.entries()) {
    testOn(backend, `openStore() of the schema ${last} finds everything that was there`, async () => {
      await using blank = await backend.blank();
      const kind = backend.name === "sqlite" ? "sqlite" : "postgres";
      const folder = dirname(blank.url.replace(/^sqlite:/, ""));
      if (kind === "sqlite") await Deno.mkdir(folder, { recursive: true });
      const raw = rawDatabase(blank.url);
      try {
        for (const name of KNOWN_MIGRATIONS.slice(0, index + 1)) {
          await migrate(raw as unknown as Kysely<unknown>, kind, { last: name });
          for (const statement of DATA[name] ?? []) await sql.raw(statement).execute(raw);
        }
        if (kind === "postgres") {
          // Rows that bring their number don't move the sequence on, as the program's own do.
          await sql`select setval(pg_get_serial_sequence('issues', 'number'), 8)`.execute(raw);
        }
      } finally {
        await raw.destroy();
      }
      await using store = await openStore({ url: blank.url, clock: systemClock });
      const issue = await store.issues.get("7");
      assert.deepEqual(
        [
          issue.id,
          issue.title,
          issue.body,
          issue.status,
          issue.priority,
          issue.checks,
          issue.cost_usd,
          issue.version,
        ],
        ["issue-7", "Old", "Grüße", "in_review", "high", "passed", 0.25, 4],
      );
      assert.equal(issue.outcome, "implemented");
      assert.deepEqual(issue.refused_hosts, last >= "0009" ? ["a.example", "[::1]"] : []);
      assert.equal((await store.issues.list({ limit: 10 })).length, 2);
      assert.equal((await store.comments.list("issue-7"))[0].body, "Please");
      assert.equal((await store.attachments.get("file-1")).name, "a.png");
      assert.equal((await store.runs.list("issue-7"))[0].reason, "It said so");
      assert.equal((await store.runLog.read("run-1", 0, 10)).entries.length, 1);
      assert.equal((await store.events.read(0, 10))[0].data.title, "Old");
      assert.equal((await store.agents.list())[0].id, "bot");
      if (kind === "sqlite") {
        const kept = [...Deno.readDirSync(folder)].filter(({ name }) => name.includes(".db.before-"));
        assert.equal(kept.length, last === KNOWN_MIGRATIONS.at(-1) ? 0 : 1);
        for (const { name } of kept) {
          assert.deepEqual(
            inspectSqlite(join(folder, name)).migrations,
            KNOWN_MIGRATIONS.slice(0, index + 1),
          );
        }
      }
      // And it goes on from there.
      assert.equal((await store.issues.create(newIssue(), ANN)).number, 9);
      assert.equal(await store.events.lastSeq(), 2);
      const claim = await store.runs.claim({ id: "bot", host: "host", pid: 1 });
      assert.equal(claim?.issue.number, 8);
    });
  }
}
