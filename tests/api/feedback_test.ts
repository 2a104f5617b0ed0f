import assert from "node:assert/strict";
import { addressKey, AddressLimiter } from "../../src/api/limits.ts";
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

Deno.test("POST /feedback takes no status, kind or trust from outside", async () => {
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
  assert.equal(preflight.headers.get("access-control-allow-headers"), "content-type, idempotency-key");
  const refused = await report(api, { message: "" });
  assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [422, "*"]);
  assert.equal((await api.call("GET", "/feedback", { headers: FOREIGN })).status, 405);
});

Deno.test("POST /feedback lets 12 a minute of one address pass and answers a flood with 429", async () => {
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

Deno.test("an Idempotency-Key whose request failed may be used again", async () => {
  const clock = new ManualClock();
  await using api = await openTestApi({ clock });
  for (let n = 0; n < 20; n++) await report(api, { message: "M" });
  const headers = { "idempotency-key": "k" };
  assert.equal((await report(api, { message: "M" }, { headers })).status, 429);
  clock.advance(60_000);
  assert.equal((await report(api, { message: "M" }, { headers })).status, 201);
});

Deno.test("addressKey() takes IPv4 as it is and IPv6 by its /64", () => {
  const cases: [string, string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ];
  for (const [address, key] of cases) assert.equal(addressKey(address), key);
});

Deno.test("AddressLimiter.take() bounds what all addresses may send together", async () => {
  const limiter = new AddressLimiter(new ManualClock());
  let passed = 0;
  for (let n = 0; n < 1_000; n++) {
    if (await limiter.take(`2001:db8:${n.toString(16)}::1`) === 0) passed++;
  }
  assert.equal(passed, 300);
});
