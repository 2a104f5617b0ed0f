import assert from "node:assert/strict";
import { createApp } from "../../src/api/app.ts";
import { AddressLimiter } from "../../src/api/limits.ts";
import { SYSTEM } from "../../src/domain/event.ts";
import { newSecret } from "../../src/store/secrets.ts";
import { startFeed } from "../../src/events/feed.ts";
import { ManualClock } from "../support/store.ts";
import { type CallOptions, openTestApi, type TestApi } from "./support.ts";

const FOREIGN = { origin: "https://shop.example", "sec-fetch-site": "cross-site" };

const report = (api: TestApi, json: Record<string, unknown>, options: CallOptions = {}) =>
  api.call("POST", "/feedback", { json, ...options, headers: { ...FOREIGN, ...options.headers } });

Deno.test("POST /feedback from any page files an external feedback issue in the backlog", async () => {
  await using api = await openTestApi();
  const message = "The basket is empty\nafter a reload";
  const answer = await report(api, {
    message,
    page: "https://shop.example/basket",
    user: "mia@shop.example",
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  assert.equal(answer.headers.get("access-control-allow-credentials"), null);
  const issue = await api.store.issues.get((answer.body as { id: string }).id);
  assert.deepEqual(
    [issue.title, issue.kind, issue.status, issue.trust, issue.created_by],
    ["The basket is empty", "feedback", "backlog", "external", "mia@shop.example"],
  );
  assert.equal(issue.body, `${message}\n\nPage: https://shop.example/basket\nUser: mia@shop.example`);
});

Deno.test("S13 POST /feedback takes no status, kind or trust from outside", async () => {
  await using api = await openTestApi();
  await report(api, { message: "M", status: "ready", kind: "bug", trust: "operator", human_only: false });
  const { status, kind, trust } = await api.store.issues.get("1");
  assert.deepEqual([status, kind, trust], ["backlog", "feedback", "external"]);
});

Deno.test("OPTIONS /feedback answers the preflight, errors carry CORS too", async () => {
  await using api = await openTestApi();
  const preflight = await api.call("OPTIONS", "/feedback", {
    headers: { ...FOREIGN, "access-control-request-method": "POST" },
  });
  assert.equal(preflight.status, 204);
  assert.equal(
    preflight.headers.get("access-control-allow-headers"),
    "content-type, idempotency-key, authorization",
  );
  const refused = await report(api, { message: "" });
  assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [422, "*"]);
  assert.equal((await api.call("GET", "/feedback", { headers: FOREIGN })).status, 405);
});

Deno.test("S7 POST /feedback lets 12 a minute of one address pass and answers a flood with 429", async () => {
  const clock = new ManualClock();
  await using api = await openTestApi({ clock });
  const send = (from: string) => report(api, { message: "M" }, { from });
  const statuses = [];
  for (let n = 0; n < 40; n++) statuses.push((await send("203.0.113.7")).status);
  assert.deepEqual(statuses.slice(0, 12), Array(12).fill(201));
  const refused = await send("203.0.113.7");
  assert.deepEqual([refused.status, (refused.body as { code: string }).code], [429, "too_many_requests"]);
  const retry_after = Number(refused.headers.get("retry-after"));
  assert.ok(retry_after >= 1 && retry_after <= 60);
  assert.equal((await send("203.0.113.8")).status, 201);
  assert.equal(
    (await api.call("POST", "/feedback", {
      json: { message: "M" },
      from: "203.0.113.7",
      headers: { "x-forwarded-for": "198.51.100.1", forwarded: "for=198.51.100.1" },
    })).status,
    429,
  );
  clock.advance(retry_after * 1000);
  assert.equal((await send("203.0.113.7")).status, 201);
  // Who has one IPv6 address has 2^64 of them.
  const flood = [];
  for (let n = 0; n < 25; n++) flood.push((await send(`2001:db8:0:1:${n}::1`)).status);
  assert.equal(flood.filter((status) => status === 201).length, 20);
  assert.equal((await send("2001:db8:0:2::1")).status, 201);
});

Deno.test("POST /feedback with the same Idempotency-Key files one issue and answers the same id", async () => {
  await using api = await openTestApi();
  const headers = { "idempotency-key": crypto.randomUUID() };
  const ids = await Promise.all([1, 2, 3].map(() => report(api, { message: "M" }, { headers })));
  assert.equal(new Set(ids.map(({ body }) => (body as { id: string }).id)).size, 1);
  assert.equal((await api.store.issues.list({ limit: 10 })).length, 1);
  const other = await report(api, { message: "Another" }, { headers });
  assert.deepEqual([other.status, (other.body as { code: string }).code], [422, "idempotency_mismatch"]);
});

Deno.test("POST /feedback knows an Idempotency-Key after a restart, and in another process", async () => {
  await using api = await openTestApi();
  const headers = { "idempotency-key": "k" };
  const { body: first } = await report(api, { message: "M" }, { headers });
  await using feed = await startFeed(await api.another(), { poll_ms: 10 });
  const app = createApp({ ...api.deps, store: await api.another(), feed });
  const again = await app.fetch(
    new Request("http://127.0.0.1:8787/api/autopilot/feedback", {
      method: "POST",
      body: JSON.stringify({ message: "M" }),
      headers: { host: "127.0.0.1:8787", "content-type": "application/json", ...headers },
    }),
    { remoteAddr: { transport: "tcp", hostname: "203.0.113.9", port: 1 } },
  );
  assert.deepEqual([again.status, await again.json()], [201, first]);
  await app.close();
});

Deno.test("POST /feedback writes what was attached as a block that nothing in it gets out of", async () => {
  await using api = await openTestApi();
  await report(api, {
    message: "M",
    kind: "Problem\n# No heading",
    project: "shop",
    viewport: "800 × 600",
    element: { selector: "#buy > b", role: "button", name: "Buy ``` now\n```\n# Out", text: "<b>" },
    errors: ["TypeError: x is `null`"],
    requests: ["GET /api/x 500"],
  });
  assert.equal(
    (await api.store.issues.get("1")).body,
    "M\n\nAbout: Problem # No heading\nProject: shop\n\n````text\nWindow: 800 × 600\nElement: #buy > b\n  role: button\n" +
      "  name: Buy ``` now ``` # Out\n  text: <b>\nErrors:\n  TypeError: x is `null`\nFailed requests:\n" +
      "  GET /api/x 500\n````",
  );
});

Deno.test("S7 POST /feedback refuses what only a machine sends, and more than a day takes", async () => {
  const clock = new ManualClock();
  await using api = await openTestApi({ clock, options: { feedback_per_day: 2 } });
  for (const more of [{ website: "https://spam.example" }, { elapsed_ms: 20 }]) {
    const { status, body } = await report(api, { message: "M", ...more });
    assert.deepEqual([status, (body as { code: string }).code], [422, "automated"]);
  }
  const statuses = [];
  for (let n = 0; n < 3; n++) statuses.push((await report(api, { message: "M", elapsed_ms: 600 })).status);
  assert.deepEqual(statuses, [201, 201, 429]);
  assert.equal((await api.store.issues.list({ limit: 10 })).length, 2);
  clock.advance(24 * 60 * 60 * 1000);
  assert.equal((await report(api, { message: "M" })).status, 201);
});

Deno.test("S5 AUTOPILOT_FEEDBACK_ORIGINS bounds which sites may report; the board's own pages always may", async () => {
  await using api = await openTestApi({ options: { feedback_origins: ["https://shop.example"] } });
  const cases: [Record<string, string>, number][] = [
    [{ origin: "https://shop.example" }, 201],
    [{ origin: "http://127.0.0.1:8787" }, 201],
    [{ origin: "https://shop.example.evil.example" }, 403],
    [{ origin: "http://shop.example" }, 403],
    [{ origin: "https://shop.example:8443" }, 403],
    [{ origin: "null" }, 403],
    [{}, 403],
  ];
  for (const [headers, status] of cases) {
    const answer = await api.call("POST", "/feedback", { json: { message: "M" }, headers });
    assert.equal(answer.status, status, JSON.stringify(headers));
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  }
});

const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
  (c) => c.charCodeAt(0),
);

Deno.test("GET /feedback/{receipt} tells the state of that report and nothing else", async () => {
  await using api = await openTestApi();
  const { body } = await report(api, { message: "M" });
  const { id, receipt } = body as { id: string; receipt: string };
  const state = async () => (await api.call("GET", `/feedback/${receipt}`, { headers: FOREIGN })).body;
  const seen = [await state()];
  for (const status of ["ready", "in_review", "done"]) {
    await api.call("POST", `/issues/${id}/status`, { json: { status } });
    seen.push(await state());
  }
  assert.deepEqual(seen, [{ state: "received" }, { state: "received" }, { state: "in_work" }, {
    state: "shipped",
  }]);
  const other = await api.file();
  for (const wrong of [id, `${id}_${"A".repeat(22)}`, receipt.replace(id, other.id), `${receipt}A`, "x"]) {
    const answer = await api.call("GET", `/feedback/${wrong}`, { headers: FOREIGN });
    assert.deepEqual([answer.status, answer.headers.get("access-control-allow-origin")], [404, "*"], wrong);
  }
});

Deno.test("S8, S11 PUT /feedback/{receipt}/screenshot takes one picture, by its bytes, within its size", async () => {
  await using api = await openTestApi();
  const { body } = await report(api, { message: "M" });
  const { id, receipt } = body as { id: string; receipt: string };
  const put = async (body: Uint8Array<ArrayBuffer>, type = "image/png", whose = receipt) => {
    const answer = await api.call("PUT", `/feedback/${whose}/screenshot`, {
      body,
      headers: { ...FOREIGN, "content-type": type },
    });
    return answer.status;
  };
  assert.equal(await put(PNG, "image/png", `${id}_${"A".repeat(22)}`), 401);
  assert.equal(await put(PNG, "image/svg+xml"), 415);
  assert.equal(await put(PNG, "text/html"), 415);
  assert.equal(await put(new TextEncoder().encode("<svg onload=alert(1)>")), 415);
  assert.equal(await put(new Uint8Array((2 << 20) + 1)), 413);
  assert.equal(await put(PNG), 200);
  assert.equal(await put(PNG), 200);
  const files = await api.store.attachments.list(id);
  assert.deepEqual(files.map(({ name, content_type, size }) => [name, content_type, size]), [
    ["screenshot.png", "image/png", PNG.byteLength],
  ]);
  assert.equal([...Deno.readDirSync(api.blobs_dir)].length, 1);
  // The receipt is no key to the picture.
  assert.equal((await api.call("GET", `/feedback/${receipt}/screenshot`, { headers: FOREIGN })).status, 405);
});

Deno.test("S5, S7 a publishable key reports from its own sites, so often, and nothing else", async () => {
  // By hand: the real clock might begin another minute on the way.
  await using api = await openTestApi({ clock: new ManualClock(), options: { auth: true } });
  const { secret, hash } = newSecret("feedback");
  const origins = ["https://shop.example"];
  const token = { kind: "token", name: "shop", scope: "feedback", origins, expires_at: "" } as const;
  await api.store.tokens.mint(token, hash, SYSTEM);
  const authorization = `Bearer ${secret}`;
  let n = 0;
  const send = async (origin: string) => {
    const headers = { origin, authorization, "sec-fetch-site": "cross-site" };
    // Visitors of one site have many addresses.
    return (await api.call("POST", "/feedback", {
      json: { message: "M" },
      headers,
      from: `203.0.113.${n++ % 250}`,
    })).status;
  };
  assert.equal(await send("https://shop.example"), 201);
  assert.equal(await send("https://other.example"), 403);
  const read = await api.call("GET", "/issues", { headers: { origin: origins[0], authorization } });
  assert.equal(read.status, 403);
  const statuses = [];
  for (let i = 0; i < 130; i++) statuses.push(await send("https://shop.example"));
  assert.deepEqual([statuses.filter((one) => one === 201).length, statuses.at(-1)], [119, 429]);
  assert.equal((await report(api, { message: "Without the key" }, { from: "198.51.100.1" })).status, 201);
});

Deno.test("an Idempotency-Key whose request failed may be used again", async () => {
  const clock = new ManualClock();
  await using api = await openTestApi({ clock });
  for (let n = 0; n < 20; n++) await report(api, { message: "M" });
  const headers = { "idempotency-key": "k" };
  assert.equal((await report(api, { message: "M" }, { headers })).status, 429);
  clock.advance(60_000);
  assert.equal((await report(api, { message: "M" }, { headers })).status, 201);
});

Deno.test("S7 AddressLimiter.take() bounds what all addresses may send together", async () => {
  const limiter = new AddressLimiter(new ManualClock(), { each: 20, in_all: 300 });
  let passed = 0;
  for (let n = 0; n < 1_000; n++) {
    if (await limiter.take(`2001:db8:${n.toString(16)}::1`) === 0) passed++;
  }
  assert.equal(passed, 300);
});
