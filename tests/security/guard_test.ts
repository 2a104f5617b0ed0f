import assert from "node:assert/strict";
import { FailureLimiter } from "../../src/api/access/login_limit.ts";
import { peerReader } from "../../src/api/access/peer.ts";
import { OPEN_OPERATOR, type Scope } from "../../src/domain/credential.ts";
import type { Event } from "../../src/domain/event.ts";
import { messageIn, viewOf } from "../../src/domain/event_view.ts";
import { newSecret } from "../../src/store/secrets.ts";
import { ANN, ManualClock } from "../support/store.ts";
import { type LiveApi, serveTestApi, statusOf } from "../api/live.ts";

const PATHS = [
  "/api/autopilot/issues",
  "/autopilot",
  "/autopilot/app.js",
  "/healthz",
  "/nothing",
  "/favicon.ico",
];
const assets = (request: Request) => request.url.includes("/autopilot") ? new Response("page") : null;

const get = (host: string, target = "/api/autopilot/issues") =>
  `GET ${target} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;

/** A WebSocket handshake. */
const handshake = (headers: string) =>
  "GET /api/autopilot/ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${headers}\r\n`;

const post = (headers: string, path = "/issues") =>
  `POST /api/autopilot${path} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n` +
  `Content-Type: application/json\r\nContent-Length: 13\r\n${headers}\r\n{"title":"T"}`;

const FOREIGN_HOSTS = [
  "evil.example:PORT",
  "127.0.0.1.evil.example:PORT",
  "evil.example",
  "localhost.:PORT",
  "127.0.0.1.:PORT",
  "localhost:1",
  "localhost",
  "127.0.0.1",
  "localhost:PORT0",
  "localhost:0PORT",
  "0.0.0.0:PORT",
  "[::]:PORT",
  "127.1:PORT",
  "0x7f000001:PORT",
  "2130706433:PORT",
  "127.0.0.2:PORT",
  "[::ffff:127.0.0.1]:PORT",
  "user@localhost:PORT",
  "localhost:PORT@evil.example",
  "localhost:PORT, evil.example",
  "localhost:PORT/../x",
  "xn--localhost:PORT",
  " ",
  "",
];

Deno.test("S4 a foreign Host is 421 on every path", async () => {
  await using live = await serveTestApi({}, { assets });
  for (const path of PATHS) {
    const answer = await live.raw(get("Host: evil.example:PORT\r\n", path));
    assert.equal(statusOf(answer), 421, path);
    assert.match(answer, /"code":"wrong_host"/);
  }
  for (const host of FOREIGN_HOSTS) {
    assert.equal(statusOf(await live.raw(get(`Host: ${host}\r\n`))), 421, host);
    assert.equal(statusOf(await live.raw(handshake(`Host: ${host}\r\n`))), 421, `WebSocket ${host}`);
  }
});

Deno.test("S4 a missing, doubled or contradicted Host is refused", async () => {
  await using live = await serveTestApi({}, { assets });
  const good = "Host: 127.0.0.1:PORT\r\n";
  const evil = "Host: evil.example\r\n";
  assert.equal(statusOf(await live.raw(get(""))), 421);
  assert.equal(statusOf(await live.raw("GET /api/autopilot/issues HTTP/1.0\r\n\r\n")), 421);
  // Two Host headers never reach the program: Deno answers 400.
  for (const hosts of [good + evil, evil + good, good + good]) {
    assert.equal(statusOf(await live.raw(get(hosts))), 400, hosts);
  }
  const path = "/api/autopilot/issues";
  assert.equal(statusOf(await live.raw(get(good, `http://evil.example${path}`))), 421);
  assert.equal(statusOf(await live.raw(get(evil, `http://127.0.0.1:PORT${path}`))), 421);
  assert.equal(statusOf(await live.raw(get(good, `http://localhost:PORT${path}`))), 421);
  assert.equal(statusOf(await live.raw(get("", `http://127.0.0.1:PORT${path}`))), 421);
  assert.equal(statusOf(await live.raw(get(good, `http://user@127.0.0.1:PORT${path}`))), 421);
  assert.equal(statusOf(await live.raw(get(good, `http://127.0.0.1:PORT?x`))), 421);
});

Deno.test("S4 loopback names pass, in any case, and as IPv6 address", async () => {
  await using live = await serveTestApi({}, { assets });
  for (const host of ["127.0.0.1:PORT", "localhost:PORT", "LocalHost:PORT", "[::1]:PORT"]) {
    for (const path of PATHS) {
      const status = statusOf(await live.raw(get(`Host: ${host}\r\n`, path)));
      assert.ok(status === 200 || status === 404, `${host} ${path} → ${status}`);
    }
  }
});

Deno.test("S4 configured hosts pass with the server's port, or exactly as configured", async () => {
  await using live = await serveTestApi({ origins: ["http://board.example", "http://proxy.example:8443"] });
  const status = async (host: string) => statusOf(await live.raw(get(`Host: ${host}\r\n`)));
  assert.equal(await status("board.example"), 200);
  assert.equal(await status("Board.Example:PORT"), 200);
  assert.equal(await status("board.example:1"), 421);
  assert.equal(await status("proxy.example:8443"), 200);
  assert.equal(await status("proxy.example"), 421);
  assert.equal(await status("sub.board.example"), 421);
});

const OWN = "Origin: http://127.0.0.1:PORT\r\n";
const ALLOWED = "Origin: https://app.example\r\n";
const site = (value: string) => `Sec-Fetch-Site: ${value}\r\n`;

const REFUSED_WRITES = [
  "Origin: null\r\n",
  "Origin: \r\n",
  "Origin: https://evil.example\r\n",
  "Origin: http://127.0.0.1:1\r\n",
  "Origin: http://127.0.0.1\r\n",
  "Origin: https://127.0.0.1:PORT\r\n",
  "Origin: http://127.0.0.1:PORT.evil.example\r\n",
  "Origin: http://127.0.0.1:PORT/\r\n",
  "Origin: http://evil.example/http://127.0.0.1:PORT\r\n",
  "Origin: http://app.example\r\n",
  "Origin: https://app.example.evil.example\r\n",
  "Origin: https://evilapp.example\r\n",
  "Origin: https://app.example:444\r\n",
  "Origin: http://localhost:PORT\r\n",
  site("cross-site"),
  site("same-site"),
  site("bogus"),
  `${OWN}${site("same-site")}`,
  `${OWN}${site("cross-site")}`,
  `Origin: null\r\n${site("same-origin")}`,
  `Origin: https://evil.example\r\n${site("same-origin")}`,
  `Origin: https://evil.example\r\n${site("none")}`,
  `${OWN}Origin: https://evil.example\r\n`,
  "Referer: https://evil.example/page\r\n",
  "Referer: nonsense\r\n",
  "Cookie: autopilot_1=x\r\n",
];

const PASSED_WRITES = [
  "",
  OWN,
  `${OWN}${site("same-origin")}`,
  site("same-origin"),
  site("none"),
  ALLOWED,
  `${ALLOWED}${site("cross-site")}`,
  "Referer: http://127.0.0.1:PORT/autopilot\r\n",
];

Deno.test("S5 a write that a foreign page could have sent is 403 and changes nothing", async () => {
  await using live = await serveTestApi({ origins: ["https://app.example"] });
  for (const headers of REFUSED_WRITES) {
    const answer = await live.raw(post(headers));
    assert.equal(statusOf(answer), 403, headers);
    assert.match(answer, /"code":"wrong_origin"/);
    assert.equal(statusOf(await live.raw(post(headers, "/nothing"))), 403, `404 path: ${headers}`);
  }
  assert.equal(await live.api.store.events.lastSeq(), 0);
});

Deno.test("S5 writes of the own page, of configured origins and of programs pass", async () => {
  await using live = await serveTestApi({ origins: ["https://app.example"] });
  for (const headers of PASSED_WRITES) {
    assert.equal(statusOf(await live.raw(post(headers))), 201, headers);
  }
});

Deno.test("S5 a foreign page can neither read nor ask whether it may", async () => {
  await using live = await serveTestApi();
  const foreign = "Host: 127.0.0.1:PORT\r\nOrigin: https://evil.example\r\n";
  const answer = await live.raw(get(foreign));
  assert.doesNotMatch(answer, /access-control/i);
  assert.match(answer, /cross-origin-resource-policy: same-origin/i);
  const preflight =
    "OPTIONS /api/autopilot/issues HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n" +
    "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n";
  const refused = await live.raw(preflight);
  assert.equal(statusOf(refused), 403);
  assert.doesNotMatch(refused, /access-control/i);
});

Deno.test("S4, S5 feedback passes from any page, but not through a foreign Host", async () => {
  await using live = await serveTestApi();
  const message = '{"message":"M"}';
  const feedback = (host: string) =>
    `POST /api/autopilot/feedback HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nOrigin: null\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${message.length}\r\n\r\n${message}`;
  assert.equal(statusOf(await live.raw(feedback("127.0.0.1:PORT"))), 201);
  assert.equal(statusOf(await live.raw(feedback("evil.example"))), 421);
});

Deno.test("S5 where the board is reached by HTTPS, its host by HTTP is foreign", async () => {
  await using live = await serveTestApi({ origins: ["https://board.example"] });
  const write = async (host: string, origin: string) =>
    statusOf(await live.raw(post(`Origin: ${origin}\r\n`).replace("127.0.0.1:PORT", host)));
  assert.equal(await write("board.example", "https://board.example"), 201);
  assert.equal(await write("board.example", "http://board.example"), 403);
  assert.equal(await write("board.example:PORT", "http://board.example:PORT"), 403);
  assert.equal(await write("127.0.0.1:PORT", "http://127.0.0.1:PORT"), 201);
});

Deno.test("S5, S6 a page of an embed origin asks with a token, reads its answer, and never by a cookie", async () => {
  const site = "https://shop.example";
  await using live = await serveTestApi({ auth: true, embed_origins: [site] });
  const minted = async (scope: "read" | "member") => {
    const { secret, hash } = newSecret(scope);
    await live.api.store.tokens.mint(
      { kind: "token", name: "t", scope, origins: [], expires_at: "" },
      hash,
      ANN,
    );
    return secret;
  };
  const ask = async (headers: string, method = "GET") =>
    await live.raw(
      `${method} /api/autopilot/issues HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n${headers}\r\n`,
    );
  const token = await minted("read");
  const read = await ask(`Origin: ${site}\r\nAuthorization: Bearer ${token}\r\n`);
  assert.equal(statusOf(read), 200);
  assert.match(read, /access-control-allow-origin: https:\/\/shop\.example\r/i);
  assert.doesNotMatch(read, /allow-credentials/i);
  const allowed = await ask(`Origin: ${site}\r\nAccess-Control-Request-Method: GET\r\n`, "OPTIONS");
  assert.equal(statusOf(allowed), 204);
  assert.match(allowed, /access-control-allow-headers: authorization/i);
  // The visitor's own login is not asked for.
  const { secret, hash } = newSecret("login");
  const later = "2099-01-01T00:00:00.000Z";
  const { store } = live.api;
  await store.tokens.mint(
    { kind: "login", name: "a", scope: "admin", origins: [], expires_at: later },
    hash,
    ANN,
  );
  const session = newSecret("session");
  assert.ok(secret && await store.tokens.redeem(hash, { hash: session.hash, expires_at: later }));
  const cookie = `Cookie: autopilot_PORT=${session.secret}\r\n`;
  assert.equal(statusOf(await ask(cookie)), 200);
  assert.equal(statusOf(await ask(`Origin: ${site}\r\n${cookie}`)), 401);
  const foreign = await ask(`Origin: https://evil.example\r\nAuthorization: Bearer ${token}\r\n`);
  assert.doesNotMatch(foreign, /access-control/i);
  const socket = `Host: 127.0.0.1:PORT\r\nOrigin: ${site}\r\n`;
  assert.equal(statusOf(await live.raw(handshake(socket))), 401);
  assert.equal(statusOf(await live.raw(handshake(socket + cookie))), 401);
});

Deno.test("S6 what pages of other sites hear has no bodies, names or logs", () => {
  const event: Event = {
    seq: 1,
    at: "2026-01-01T00:00:00.000Z",
    type: "comment.added",
    issue_id: "i",
    run_id: "r",
    actor: { kind: "human", name: "anna", credential: "t1" },
    data: {
      title: "Secret plan",
      number: 1,
      status: "ready",
      author: "anna",
      body: "words",
      reason: "why",
      result: "x",
    },
  };
  const credential = { ...OPEN_OPERATOR, id: "t", via: "token" } as const;
  const seen = (scope: Scope, embedded: boolean) =>
    messageIn(event, viewOf({ ...credential, scope }, embedded));
  const signals = { type: "comment.added", seq: 1, at: event.at, issue_id: "i", number: 1, status: "ready" };
  assert.deepEqual(seen("feedback", true), signals);
  assert.deepEqual(seen("read", true), { ...signals, title: "Secret plan" });
  assert.deepEqual(seen("admin", true), { ...signals, title: "Secret plan" });
  assert.equal(seen("read", false).actor, "anna");
  assert.equal(seen("member", false).credential, undefined);
  assert.equal(seen("admin", false).credential, "t1");
});

Deno.test("S7 X-Forwarded-For and -Proto count only from a trusted proxy, and from the right", () => {
  const request = new Request("http://127.0.0.1/", {
    headers: { "x-forwarded-for": "6.6.6.6, 203.0.113.9, 10.0.0.7", "x-forwarded-proto": "https" },
  });
  assert.deepEqual(peerReader([])(request, "10.0.0.5"), {
    address: "10.0.0.5",
    https: false,
    request_id: "",
  });
  const read = peerReader(["10.0.0.0/8"]);
  assert.deepEqual(read(request, "192.0.2.1"), { address: "192.0.2.1", https: false, request_id: "" });
  assert.deepEqual(read(request, "::ffff:10.0.0.5"), { address: "203.0.113.9", https: true, request_id: "" });
  const nonsense = new Request("http://127.0.0.1/", { headers: { "x-forwarded-for": "unknown, 1.2.3" } });
  assert.deepEqual(read(nonsense, "10.0.0.5"), { address: "10.0.0.5", https: false, request_id: "" });
});

Deno.test("S7 FailureLimiter.begin() lets five of one /64 fail in 20 s, and forgets the oldest of too many", () => {
  const clock = new ManualClock();
  const limiter = new FailureLimiter(clock);
  for (let n = 0; n < 5; n++) assert.equal(limiter.begin(`2001:db8::${n}`), 0);
  assert.equal(limiter.begin("2001:db8::ffff"), 20);
  assert.equal(limiter.begin("2001:db8:0:1::1"), 0);
  clock.advance(20_000);
  assert.equal(limiter.begin("2001:db8::1"), 0);
  limiter.succeeded("2001:db8::1");
  for (let n = 0; n < 5; n++) assert.equal(limiter.begin("2001:db8::1"), 0);
  assert.notEqual(limiter.begin("2001:db8::1"), 0);
  for (let n = 0; n < 10_000; n++) limiter.begin(`10.${n >> 16}.${n >> 8 & 255}.${n & 255}`);
  assert.equal(limiter.begin("2001:db8::1"), 0);
});

Deno.test("S6 a WebSocket of a foreign page is 403 before the upgrade", async () => {
  await using live = await serveTestApi({ origins: ["https://app.example"] });
  const host = "Host: 127.0.0.1:PORT\r\n";
  const refused = [
    "Origin: https://evil.example\r\n",
    "Origin: null\r\n",
    "Origin: http://127.0.0.1:1\r\n",
    "Origin: https://127.0.0.1:PORT\r\n",
    "Origin: http://localhost:PORT\r\n",
    "Cookie: session=1\r\n",
    `Origin: https://evil.example\r\n${site("same-origin")}`,
  ];
  for (const headers of refused) {
    assert.equal(statusOf(await live.raw(handshake(host + headers))), 403, headers);
  }
});

Deno.test("S8 a body that is too large is refused before it is read", async () => {
  await using live = await serveTestApi();
  const announced = `POST /api/autopilot/issues HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n` +
    "Content-Type: application/json\r\nContent-Length: 10000000\r\n\r\n";
  assert.equal(statusOf(await live.raw(announced)), 413);
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const streamed = `POST /api/autopilot/issues HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n` +
    `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`;
  assert.equal(statusOf(await live.raw(streamed)), 413);
  const both = streamed.replace("Transfer-Encoding", "Content-Length: 5\r\nTransfer-Encoding");
  assert.ok([400, 413].includes(statusOf(await live.raw(both))));
  assert.equal(await live.api.store.events.lastSeq(), 0);
});

Deno.test("S8 a real client that sends 10 MB gets its 413", async () => {
  await using live = await serveTestApi();
  const answer = await send(live, JSON.stringify({ title: "x".repeat(10 << 20) }));
  assert.equal(answer.status, 413);
  assert.equal((await answer.json()).code, "too_large");
});

function send(live: LiveApi, body: BodyInit): Promise<Response> {
  return fetch(`http://127.0.0.1:${live.port}/api/autopilot/issues`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
}
