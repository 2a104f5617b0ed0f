import assert from "node:assert/strict";
import { PERMISSIONS } from "../../src/domain/credential.ts";
import { ReadySchema } from "../../src/api/wire.ts";
import type { RunnerStatus } from "../../src/domain/agent.ts";
import { claimNext, openTestApi } from "./support.ts";

Deno.test("/healthz and /readyz answer while everything works", async () => {
  await using api = await openTestApi();
  assert.deepEqual((await api.call("GET", "//healthz")).body, { status: "ok", version: "0.0.0-test" });
  const { status, body } = await api.call("GET", "//readyz");
  assert.deepEqual([status, (body as { runner: string }).runner], [200, "off"]);
});

Deno.test("/readyz is 503 when the runner died or the database can't be written", async () => {
  let alive = true;
  const runner: RunnerStatus = {
    alive: () => alive,
    sandbox: "bwrap",
    concurrency: 2,
    error: "no git",
    waits: "the day's budget",
    warnings: ["as root"],
    disk: { workspaces: 3, quarantined: 1, bytes: 4_096, bytes_at_least: false },
  };
  await using api = await openTestApi({ deps: { runner } });
  const ready = await api.call("GET", "//readyz");
  assert.equal(ready.status, 200);
  assert.deepEqual(ReadySchema.parse(ready.body).runner, {
    sandbox: "bwrap",
    concurrency: 2,
    error: "no git",
    waits: "the day's budget",
    demo: false,
    warnings: ["as root"],
  });
  assert.match(String((await api.call("GET", "//metrics")).body), /^autopilot_quarantined 1$/m);
  alive = false;
  const dead = await api.call("GET", "//readyz");
  assert.equal(dead.status, 503);
  assert.match((dead.body as { error: string }).error, /no git/);
  alive = true;
  api.store.ping = () => Promise.reject(new Error("disk full on /secret"));
  const stuck = await api.call("GET", "//readyz");
  assert.equal(stuck.status, 503);
  assert.doesNotMatch(JSON.stringify(stuck.body), /secret/);
  assert.equal((await api.call("GET", "//healthz")).status, 200);
});

Deno.test("/metrics counts issues, runs and events in the Prometheus format", async () => {
  await using api = await openTestApi();
  await api.file({ status: "ready" });
  await api.file();
  await claimNext(api.store);
  const { body, headers } = await api.call("GET", "//metrics");
  assert.match(headers.get("content-type") ?? "", /^text\/plain/);
  const lines = (body as string).split("\n");
  for (
    const line of [
      'autopilot_issues{status="in_progress"} 1',
      'autopilot_issues{status="backlog"} 1',
      "autopilot_runs_active 1",
      "autopilot_sockets 0",
      `autopilot_event_seq ${await api.store.events.lastSeq()}`,
    ]
  ) assert.ok(lines.includes(line), `${line} is not in\n${body}`);
});

Deno.test("GET /me, /agents and /events tell who, what and since when", async () => {
  await using api = await openTestApi();
  assert.deepEqual((await api.call("GET", "/me")).body, {
    name: "human",
    kind: "human",
    scope: "admin",
    auth: "off",
    permissions: [...PERMISSIONS],
  });
  await api.file({ status: "ready" });
  const { run } = await claimNext(api.store, "bot");
  const [agent] = (await api.call("GET", "/agents")).body as { id: string; status: string; run_id: string }[];
  assert.deepEqual([agent.id, agent.status, agent.run_id], ["bot", "working", run.id]);
  const page = async (query: string) =>
    (await api.call("GET", `/events${query}`)).body as {
      events: { seq: number; type: string }[];
      next: number;
    };
  const all = await page("");
  assert.equal(all.events[0].type, "issue.created");
  assert.deepEqual(all.events.map(({ seq }) => seq), all.events.map((_, index) => index + 1));
  assert.equal(all.next, all.events.length);
  assert.deepEqual((await page("?after=1&limit=1")).events, [all.events[1]]);
  assert.deepEqual(await page(`?after=${all.next}`), { events: [], next: all.next });
});

Deno.test("GET /runs/{id} and its log answer what the runner wrote, in pages", async () => {
  await using api = await openTestApi();
  await api.file({ status: "ready" });
  const { run, lease } = await claimNext(api.store);
  const at = new Date().toISOString();
  await api.store.runLog.append(run.id, lease.fence, [
    { seq: 1, at, type: "text", text: "Looking" },
    { seq: 2, at, type: "tool_call", call_id: "c", tool: "Read", input: "{}" },
    { seq: 3, at, type: "todo", items: [{ text: "One", status: "pending" }] },
  ]);
  assert.equal(((await api.call("GET", `/runs/${run.id}`)).body as { phase: string }).phase, "preparing");
  const log = async (query: string) =>
    (await api.call("GET", `/runs/${run.id}/log${query}`)).body as {
      entries: { seq: number }[];
      next: number;
    };
  assert.deepEqual((await log("?limit=2")).entries.map(({ seq }) => seq), [1, 2]);
  assert.deepEqual((await log("?after=2")).entries.map(({ seq }) => seq), [3]);
  assert.deepEqual(await log("?after=3"), { entries: [], next: 3 });
});
