import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { startServer } from "../support/server.ts";

const programs = findPostgres();

interface Backend {
  name: string;
  /** Why there is none here; empty when there is. */
  missing: string;
  open(): Promise<{ url: string } & AsyncDisposable>;
}

const BACKENDS: readonly Backend[] = [
  {
    name: "SQLite",
    missing: "",
    open: async () => {
      const dir = await Deno.makeTempDir({ prefix: "autopilot-test-" });
      const url = `sqlite:${dir}/autopilot.db`;
      return { url, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
    },
  },
  {
    name: "PostgreSQL",
    missing: "missing" in programs ? programs.missing : "",
    open: async () => {
      assert.ok("bin" in programs);
      const cluster = await startPostgres(programs.bin);
      const url = await cluster.createDatabase("shared");
      return { url, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
    },
  },
];

for (const { name, missing, open } of BACKENDS) {
  const reason = missing === "" ? "" : ` (ignored: ${missing})`;
  Deno.test({
    name: `two servers on one ${name} are one board: who reconnects to either has missed nothing${reason}`,
    ignore: missing !== "",
    async fn() {
      await using database = await open();
      const env = { AUTOPILOT_DATABASE_URL: database.url };
      await using here = await startServer({ env });
      await using there = await startServer({ env });

      const before = await here.ws();
      await before.waitFor(({ type }) => type === "hello");
      const { body: filed } = await there.api<Issue>("/issues", { json: { title: "Filed elsewhere" } });
      const heard = await before.waitFor(({ type }) => type === "issue.created");
      assert.deepEqual([heard.id, heard.title], [filed.id, "Filed elsewhere"]);
      await before.close();

      // While nobody listens, both servers write.
      const list = await here.api("/issues");
      await there.api(`/issues/${filed.id}/status`, { json: { status: "blocked" } });
      await here.api(`/issues/${filed.id}/comments`, { json: { body: "Go on" } });
      await there.api(`/issues/${filed.id}`, { method: "PATCH", ...json({ title: "Renamed" }) });

      const after = await here.ws(heard.seq);
      await after.waitFor(({ type }) => type === "issue.updated");
      const missed = after.messages.slice(1).map(({ type, seq, status }) => [type, seq - heard.seq, status]);
      assert.deepEqual(missed, [
        ["issue.status", 1, "blocked"],
        ["comment.added", 2, "ready"],
        ["issue.status", 3, "ready"],
        ["issue.updated", 4, "ready"],
      ]);
      const etag = list.headers.get("etag") ?? "";
      const now = await here.api<Issue[]>("/issues", { headers: { "if-none-match": etag } });
      assert.deepEqual([now.status, now.body[0].title], [200, "Renamed"]);
      assert.equal(await there.stop(), 0);
      assert.equal(await here.stop(), 0);
    },
  });
}

function json(body: Record<string, unknown>): RequestInit {
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}
