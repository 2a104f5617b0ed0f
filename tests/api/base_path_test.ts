import assert from "node:assert/strict";
import { cookieName } from "../../src/api/access/cookies.ts";
import { ConfigError, parseConfig } from "../../src/config.ts";
import { BOARD_MODULES } from "../../src/api/assets/assets_files.ts";
import { serveTestApi, statusOf } from "./live.ts";

const BASE = "/tools/autopilot";
const get = (target: string, headers = "Host: 127.0.0.1:PORT\r\n") =>
  `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`;
const KEY = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const UPGRADE = `Host: 127.0.0.1:PORT\r\nUpgrade: websocket\r\n${KEY}`;

Deno.test("mounted() serves below the path and without it, and nothing that only looks like it", async () => {
  await using live = await serveTestApi({ base_path: BASE });
  const status = async (...args: Parameters<typeof get>) => statusOf(await live.raw(get(...args)));
  assert.equal(await status(`${BASE}/api/autopilot/issues`), 200);
  assert.equal(await status(`${BASE}/api/autopilot/issues?limit=1`), 200);
  assert.equal(await status("/api/autopilot/issues"), 200);
  for (const path of [`${BASE}x/api/autopilot/issues`, "/tools/api/autopilot/issues", `${BASE}/healthz/x`]) {
    assert.equal(await status(path), 404, path);
  }
  const body = '{"title":"T"}';
  const posted = await live.raw(
    `POST ${BASE}/api/autopilot/issues HTTP/1.1\r\nHost: LOCALHOST:PORT\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  assert.equal(statusOf(posted), 201, posted);
  assert.match(posted, /^location: \/tools\/autopilot\/api\/autopilot\/issues\//m);
  const described = await live.raw(get(`${BASE}/api/autopilot/openapi.json`));
  assert.match(described, /"servers":\[\{"url":"\/tools\/autopilot"\}\]/);
  const metrics = await live.raw(get("/metrics"));
  assert.match(metrics, /route="\/api\/autopilot\/issues"/, "counted under the route, not under the path");
});

Deno.test("S4 S6 mounted() leaves the guard what came in: Host, Origin and their spelling", async () => {
  await using live = await serveTestApi({ base_path: BASE });
  const path = `${BASE}/api/autopilot/ws`;
  const hosts = ["evil.example:PORT", "localhost.:PORT", "0x7f000001:PORT", "2130706433:PORT", "127.1:PORT"];
  for (
    const host of [...hosts, "user@localhost:PORT", "localhost:PORT/../x", "xn--localhost:PORT", "", " "]
  ) {
    const said = `Host: ${host}\r\n`;
    assert.equal(statusOf(await live.raw(get(`${BASE}/healthz`, said))), 421, host);
    assert.equal(
      statusOf(await live.raw(get(path, UPGRADE.replace("127.0.0.1:PORT", host)))),
      421,
      `ws ${host}`,
    );
  }
  const handshake = (origin: string) =>
    `GET ${path} HTTP/1.1\r\nConnection: Upgrade\r\n${UPGRADE}Origin: ${origin}\r\n\r\n`;
  assert.equal(statusOf(await live.raw(handshake("http://evil.example"))), 403);
  assert.equal(statusOf(await live.raw(handshake("null"))), 403);
});

Deno.test("S3 mounted() opens nothing: dots in a path lead to no public door", async () => {
  await using live = await serveTestApi({ base_path: BASE, auth: true });
  const doors = [
    "/autopilot/s/x/../../..",
    "/autopilot/s/%2e%2e/..",
    "/autopilot/feedback.js/../..",
    "/healthz/..",
  ];
  for (const door of ["", ...doors]) {
    const path = `${BASE}${door}/api/autopilot/issues`;
    const answer = await live.raw(get(path));
    assert.ok([401, 404].includes(statusOf(answer)), `${path}: ${answer}`);
    assert.equal(statusOf(await live.raw(get(path.slice(BASE.length)))) === 200, false, path);
  }
  const page = await live.raw(get(`${BASE}/autopilot`));
  assert.match(page, /^location: \/tools\/autopilot\/autopilot\/login\r$/m);
});

Deno.test("the base path is one that every URL, header and cookie takes, and boards below two of them keep apart", () => {
  const machine = { hostname: "box", cwd: "/srv", data_home: "/home" };
  const parse = (value: string) =>
    parseConfig({ flags: { base_path: value }, env: {}, file: null }, machine).base_path;
  for (const good of ["/a", "/tools/autopilot", "/a-b/c_d/~me", "/v1.2"]) assert.equal(parse(good), good);
  for (
    const bad of [
      "a",
      "/",
      "/a/",
      "//a",
      "/a//b",
      "/a/../b",
      "/.",
      "/a b",
      "/a?b",
      "/ä",
      "/a;b",
      "https://x/a",
    ]
  ) {
    assert.throws(() => parse(bad), ConfigError, bad);
  }
  assert.deepEqual(
    [cookieName(true, 1, "/a"), cookieName(true, 1, "/b"), cookieName(false, 80), cookieName(true, 80)],
    ["__Host-autopilot_a", "__Host-autopilot_b", "autopilot_80", "__Host-autopilot"],
  );
});

Deno.test("no module of the board names a path of the server but one, which knows what stands in front", () => {
  for (const [file, text] of Object.entries(BOARD_MODULES)) {
    if (file !== "api.js") assert.doesNotMatch(text, /["'`]\/(api\/)?autopilot\b(?!\?)/, file);
  }
});
