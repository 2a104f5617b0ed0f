import assert from "node:assert/strict";
import { isPublic, needOf } from "../../src/api/access/access.ts";
import { Authenticator } from "../../src/api/access/auth.ts";
import { createRoutes } from "../../src/api/routes.ts";
import type { RouteDeps } from "../../src/api/env.ts";
import type { Scope } from "../../src/domain/credential.ts";
import { systemClock } from "../../src/clock.ts";
import { newSecret } from "../../src/store/secrets.ts";
import { claimNext, openTestApi, type TestApi } from "../api/support.ts";
import { ANN, newIssue, runEnd } from "../support/store.ts";
import { PATIENCE_MS } from "../support/wait.ts";

const PUBLIC = [
  "GET /healthz",
  "GET /autopilot/login",
  "POST /autopilot/login",
  "GET /autopilot/feedback.js",
  "GET /autopilot/sdk.js",
  "GET /autopilot/s/abc/part.js",
  "POST /api/autopilot/feedback",
  "GET /api/autopilot/feedback/:receipt",
  "PUT /api/autopilot/feedback/:receipt/screenshot",
];

/** Every route that is registered, without the preflights of feedback. */
function routesOf(api: TestApi): { method: string; path: string }[] {
  const deps = { ...api, options: { version: "", max_uploads_bytes: 0 }, clock: systemClock } as unknown;
  const { routes } = createRoutes(deps as RouteDeps);
  return [...routes, { method: "GET", path: "/api/autopilot/ws" }]
    .filter(({ method }) => method !== "ALL" && method !== "OPTIONS")
    .map(({ method, path }) => ({ method, path: path.replace(/\{[^/]*\}/g, "") }));
}

const concrete = (path: string) => path.replace(/:\w+/g, "1");

async function mint(api: TestApi, scope: Scope, origins: string[] = []): Promise<Record<string, string>> {
  const { secret, hash } = newSecret(scope);
  await api.store.tokens.mint({ kind: "token", name: scope, scope, origins, expires_at: "" }, hash, ANN);
  return { authorization: `Bearer ${secret}` };
}

Deno.test("S3 a walk over every route finds 401 on all but the public list, and every route listed", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const routes = routesOf(api);
  assert.ok(routes.length > 25);
  const open: string[] = [];
  for (const { method, path } of routes) {
    assert.notEqual(
      needOf(method, concrete(path)),
      null,
      `${method} ${path} is not in src/api/access/access.ts`,
    );
    if (isPublic(method, concrete(path))) {
      open.push(`${method} ${path}`);
      continue;
    }
    for (const authorization of [null, "Bearer ", `Bearer ap_a_${"x".repeat(43)}`]) {
      const headers: Record<string, string> = authorization === null ? {} : { authorization };
      const json = method === "GET" || method === "DELETE" ? undefined : {};
      const { status, body } = await api.call(method, `/${concrete(path)}`, { headers, json });
      assert.equal(status, 401, `${method} ${path} answered ${JSON.stringify(body)}`);
    }
    // As OPTIONS, or as HEAD where that is a reading, it is told no more.
    for (const other of method === "GET" ? ["HEAD", "OPTIONS"] : ["OPTIONS"]) {
      const { status, headers } = await api.call(other, `/${concrete(path)}`);
      assert.equal(status, 401, `${other} ${path}`);
      assert.equal(headers.get("allow"), null);
    }
  }
  for (const route of open) assert.ok(PUBLIC.includes(route), `${route} is public, but nobody decided that`);
  for (const path of ["/openapi.json", "/tokens", "/ws", "/nothing"]) {
    assert.equal((await api.call("GET", path)).status, 401, path);
  }
  for (
    const path of ["//metrics", "//readyz", "//mcp", "//autopilot/b/0/app.js", "//favicon.ico", "//nothing"]
  ) {
    assert.equal((await api.call("GET", path)).status, 401, path);
  }
  const page = await api.call("GET", "//autopilot");
  assert.deepEqual([page.status, page.headers.get("location")], [303, "/autopilot/login"]);
  assert.equal(await api.store.events.lastSeq(), 0);
});

Deno.test("S3 a kept answer goes to nobody without a credential", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const admin = await mint(api, "admin");
  for (let n = 0; n < 2; n++) {
    assert.equal((await api.call("GET", "/issues", { headers: admin })).status, 200);
  }
  assert.equal((await api.call("GET", "/issues")).status, 401);
});

const MAY: Record<Exclude<Scope, "admin">, string[]> = {
  member: [
    "POST /issues",
    "PATCH /issues/:id",
    "POST /issues/:id/status",
    "POST /issues/:id/stop",
    "POST /issues/:id/comments",
    "POST /issues/:id/attachments",
    "POST /mcp",
  ],
  agent: ["POST /issues", "POST /issues/:id/comments", "POST /mcp"],
  // What it may call there is another test.
  read: ["POST /mcp"],
  feedback: [],
};

Deno.test("S2 every scope may write where it is meant to, and is 403 on every other route", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  for (const scope of ["member", "agent", "read", "feedback"] as const) {
    const headers = {
      ...await mint(api, scope, scope === "feedback" ? ["https://shop.example"] : []),
      ...scope === "feedback" ? { origin: "https://shop.example" } : {},
    };
    for (const { method, path } of routesOf(api)) {
      if (isPublic(method, concrete(path)) || path.endsWith("/ws")) continue;
      const json = method === "GET" || method === "DELETE" ? undefined : {};
      const { status } = await api.call(method, `/${concrete(path)}`, { headers, json });
      const short = `${method} ${path.replace("/api/autopilot", "")}`;
      const admin_only = path.includes("/tokens") || path.includes("/login-links");
      const allowed = method === "GET"
        ? !admin_only && (scope !== "feedback" || path.endsWith("/me"))
        : MAY[scope].includes(short);
      assert.equal(status === 403, !allowed, `${scope}: ${short} answered ${status}`);
    }
  }
});

Deno.test("S2, S6 a token that is bound to origins reads no more than counts, in any scope, and only there", async () => {
  const site = "https://shop.example";
  await using api = await openTestApi({ options: { auth: true, embed_origins: [site] } });
  for (const scope of ["admin", "member", "agent", "read"] as const) {
    const bound = { ...await mint(api, scope, [site]), origin: site };
    for (const { method, path } of routesOf(api)) {
      if (isPublic(method, concrete(path)) || path.endsWith("/ws")) continue;
      const json = method === "GET" || method === "DELETE" ? undefined : {};
      const { status } = await api.call(method, `/${concrete(path)}`, { headers: bound, json });
      const open = ["GET /api/autopilot/me", "GET /api/autopilot/counts"].includes(`${method} ${path}`);
      assert.equal(status === 403, !open, `${scope}: ${method} ${path} answered ${status}`);
    }
    for (const origin of ["http://127.0.0.1:8787", "https://other.example"]) {
      const { status } = await api.call("GET", "/counts", { headers: { ...bound, origin } });
      assert.equal(status, 403, `${scope} in a page of ${origin}`);
    }
  }
  const admin = await mint(api, "admin");
  for (const scope of ["admin", "member", "agent"]) {
    const json = { name: "published", scope, origins: [site] };
    assert.equal((await api.call("POST", "/tokens", { headers: admin, json })).status, 422, scope);
  }
  // An open board: pages of that site are no operators of it.
  await using open = await openTestApi({ options: { embed_origins: [site] } });
  const headers = { origin: site };
  assert.equal((await open.call("GET", "/counts", { headers })).status, 200);
  assert.equal((await open.call("GET", "/issues", { headers })).status, 403);
  assert.equal((await open.call("POST", "/issues", { headers, json: { title: "T" } })).status, 403);
});

Deno.test("S13, S2 an agent's token comments on its own issue, files into the backlog, and never decides", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const admin = await mint(api, "admin");
  const file = async (title: string, headers: Record<string, string>, more = {}) =>
    await api.call("POST", "/issues", { json: { title, ...more }, headers });
  await file("own", admin, { status: "ready" });
  const other = (await file("other", admin)).body as { id: string };
  const { secret, hash } = newSecret("agent");
  const claim = await api.store.runs.claim({ id: "bot", host: "h", pid: 1, token_hash: hash });
  assert.ok(claim);
  const agent = { authorization: `Bearer ${secret}` };
  const say = { body: "Done, accept it", author: "ann", author_kind: "human" };
  const said = await api.call("POST", `/issues/${claim.issue.id}/comments`, { json: say, headers: agent });
  const { comment } = said.body as { comment: Record<string, string> };
  assert.deepEqual([comment.author, comment.author_kind, comment.trust], ["bot", "agent", "agent"]);
  const elsewhere = await api.call("POST", `/issues/${other.id}/comments`, { json: say, headers: agent });
  assert.equal(elsewhere.status, 403);
  assert.equal((await file("mine", agent, { status: "ready" })).status, 409);
  const filed = (await file("mine", agent, { created_by: "ann" })).body as Record<string, string>;
  assert.deepEqual([filed.status, filed.created_by, filed.trust], ["backlog", "bot", "agent"]);
  const move = await api.call("POST", `/issues/${filed.id}/status`, {
    json: { status: "ready" },
    headers: agent,
  });
  assert.equal(move.status, 403);
  // A blocked question of its own is not answered by it, whoever it says to be.
  await api.store.issues.requestStop(claim.issue.id, "blocked", ANN);
  const events = (await api.call("GET", "/events", { headers: admin })).body as {
    events: Record<string, string>[];
  };
  const audit = events.events.filter((event) => event.actor === "bot" && event.type === "comment.added");
  assert.deepEqual(audit.map((event) => event.credential), [claim.run.id]);
});

Deno.test("S13 a token of an agent does not answer a blocked issue", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const admin = await mint(api, "admin");
  const issue =
    (await api.call("POST", "/issues", { json: { title: "Q", status: "blocked" }, headers: admin }))
      .body as { id: string };
  const reply = async (headers: Record<string, string>) =>
    (await api.call("POST", `/issues/${issue.id}/comments`, {
      json: { body: "Yes", author_kind: "human" },
      headers,
    }))
      .body as { unblocked: boolean };
  assert.equal((await reply(await mint(api, "agent"))).unblocked, false);
  assert.equal((await reply(await mint(api, "member"))).unblocked, true);
});

Deno.test("S13 only an admin or a member hands a stranger's text to the agents, whatever else a token may", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const ready = { status: "ready" };
  for (const scope of ["agent", "read", "feedback", "member", "admin"] as const) {
    const issue = await api.store.issues.create(newIssue({ status: "backlog", trust: "external" }), {
      kind: "external",
      name: "eve",
    });
    const site = scope === "feedback" ? "https://shop.example" : "http://127.0.0.1:8787";
    const own = await mint(api, scope, scope === "feedback" ? [site] : []);
    const headers = { ...own, origin: site };
    const moved = await api.call("POST", `/issues/${issue.id}/status`, { json: ready, headers });
    const may = scope === "member" || scope === "admin";
    assert.equal(moved.status, may ? 200 : 403, scope);
    // Not by filing it anew, and not by editing it either.
    const filed = await api.call("POST", "/issues", { json: { title: "T", ...ready }, headers });
    assert.equal(filed.status, may ? 201 : scope === "agent" ? 409 : 403, scope);
    const edited = await api.call("PATCH", `/issues/${issue.id}`, { json: { title: "Mine" }, headers });
    assert.equal(edited.status, may ? 200 : 403, scope);
    assert.equal((await api.store.issues.get(issue.id)).status, may ? "ready" : "backlog", scope);
  }
});

Deno.test("S2 the Authenticator looks a token up once a second at most, and forgets it when it is revoked", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const { store, feed } = api;
  const { secret, hash } = newSecret("member");
  const token = await store.tokens.mint(
    { kind: "token", name: "t", scope: "member", origins: [], expires_at: "" },
    hash,
    ANN,
  );
  let looks = 0;
  const tokens = { ...store.tokens, find: (wanted: string) => (looks++, store.tokens.find(wanted)) };
  let now = 1_000_000_000_000;
  const auth = new Authenticator({ tokens, feed, clock: { now: () => new Date(now) } });
  assert.equal((await auth.check(secret))?.id, token.id);
  for (let n = 0; n < 100; n++) assert.equal((await auth.check(secret))?.id, token.id);
  assert.equal(looks, 1);
  now += 1_000;
  await auth.check(secret);
  assert.equal(looks, 2);
  const ended = Promise.withResolvers<void>();
  auth.onEnded(() => ended.resolve());
  // Another process revokes it: the log tells.
  await (await api.another()).tokens.revoke(token.id, ANN);
  await ended.promise;
  assert.equal(await auth.check(secret), null);
  assert.equal(await auth.check(`${secret.slice(0, -1)}${secret.endsWith("A") ? "B" : "A"}`), null);
  assert.equal(await auth.check("' or 1=1 --"), null);
  auth.close();
});

Deno.test("S2 an agent's token ends with its run", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  await api.store.issues.create(newIssue(), ANN);
  const { secret, hash } = newSecret("agent");
  const claim = await api.store.runs.claim({ id: "bot", host: "h", pid: 1, token_hash: hash });
  assert.ok(claim);
  const me = () => api.call("GET", "/me", { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await me()).status, 200);
  const told = api.feed.waitFor((event) => event.type === "run.finished", PATIENCE_MS);
  await api.store.runs.finish(claim.run.id, claim.lease.fence, runEnd());
  assert.notEqual(await told, null);
  assert.equal((await me()).status, 401);
});

Deno.test("S23 the log says who did what by which credential, and tells tokens to admins only", async () => {
  await using api = await openTestApi({ options: { auth: true } });
  const admin = await mint(api, "admin");
  const [minted] = await api.store.tokens.list();
  const member = await mint(api, "member");
  const issue = (await api.call("POST", "/issues", { json: { title: "T" }, headers: admin })).body as {
    id: string;
  };
  await api.call("POST", `/issues/${issue.id}/status`, { json: { status: "ready" }, headers: admin });
  const made = (await api.call("POST", "/tokens", { json: { name: "CI", scope: "read" }, headers: admin }))
    .body as { id: string; token: string };
  await api.call("DELETE", `/tokens/${made.id}`, { headers: admin });
  const log = async (headers: Record<string, string>) =>
    ((await api.call("GET", "/events", { headers })).body as { events: Record<string, string>[] }).events;
  const seen = (await log(admin)).slice(2).map((event) => [event.type, event.credential]);
  assert.deepEqual(seen, [
    ["issue.created", minted.id],
    ["issue.status", minted.id],
    ["token.minted", minted.id],
    ["token.revoked", minted.id],
  ]);
  const lines = { ...admin, accept: "application/x-ndjson" };
  const exported = String((await api.call("GET", "//api/autopilot/events", { headers: lines })).body)
    .trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(exported.map((event) => event.credential).slice(2), [
    minted.id,
    minted.id,
    minted.id,
    minted.id,
  ]);
  assert.equal(
    (await api.call("GET", "/events", { headers: { ...member, accept: lines.accept } })).status,
    403,
  );
  const told = await log(member);
  assert.equal(told.length, 6);
  assert.doesNotMatch(JSON.stringify(told), /"CI"|credential|token_id/);
  const everything = JSON.stringify([
    await log(admin),
    (await api.call("GET", "/tokens", { headers: admin })).body,
  ]);
  assert.ok(!everything.includes(made.token) && !everything.includes('"hash"'));
  await claimNext(api.store);
});
