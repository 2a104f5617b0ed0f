import assert from "node:assert/strict";
import type { Scope } from "../../src/domain/credential.ts";
import { newSecret } from "../../src/store/secrets.ts";
import { ANN, ManualClock } from "../support/store.ts";
import { PATIENCE_MS, within } from "../support/wait.ts";
import { type LiveApi, serveTestApi, statusOf } from "../api/live.ts";

const SITE = "https://shop.example";

async function mint({ api }: LiveApi, scope: Scope, more: { origins?: string[]; expires_at?: string } = {}) {
  const { secret, hash } = newSecret(scope);
  const input = { kind: "token", name: scope, scope, origins: [], expires_at: "", ...more } as const;
  return { id: (await api.store.tokens.mint(input, hash, ANN)).id, secret };
}

/** The code with which an open socket is closed. */
async function held(live: LiveApi, secret: string): Promise<Promise<number>[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${live.port}/api/autopilot/ws`, [
    "autopilot",
    `bearer.${secret}`,
  ]);
  const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
  await new Promise((resolve) => socket.onmessage = resolve);
  return [within(closed, PATIENCE_MS, () => "The socket stayed open")];
}

for (const auth of [true, false]) {
  Deno.test(`S2 a socket ends with its token's time, or its revocation; logins are ${auth ? "on" : "off"}`, async () => {
    const clock = new ManualClock();
    await using live = await serveTestApi({ auth }, { clock });
    const expires_at = new Date(clock.now().getTime() + 60_000).toISOString();
    const [ends] = await held(live, (await mint(live, "member", { expires_at })).secret);
    const endless = await mint(live, "member");
    const [stays] = await held(live, endless.secret);
    clock.advance(60_000);
    assert.equal(await ends, 4401);
    const { store } = live.api;
    await store.tokens.revoke(endless.id, ANN);
    assert.equal(await stays, 4401);
  });
}

/** One exchange with the login's form, or with a cookie. */
const form = (host: string, token: string, more = "") =>
  `POST /autopilot/login HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}` +
  `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${
    6 + token.length
  }\r\n\r\ntoken=${token}`;
const me = (host: string, cookie: string, more = "") =>
  `GET /api/autopilot/me HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nCookie: ${cookie}\r\n${more}\r\n`;
const HTTPS = "X-Forwarded-Proto: https\r\n";
const cookieIn = (answer: string) => /^set-cookie: (.*)\r$/im.exec(answer)?.[1] ?? "";

Deno.test("S2 over HTTPS the session's cookie is Secure and __Host-, and counts there only", async () => {
  await using live = await serveTestApi({
    auth: true,
    origins: ["https://board.example"],
    trusted_proxies: ["127.0.0.1"],
  });
  const { secret } = await mint(live, "member");
  // Where the board's own origin is HTTPS, and where a trusted proxy says so.
  const hosts: [host: string, proxy: string][] = [["board.example", ""], ["127.0.0.1:PORT", HTTPS]];
  for (const [host, proxy] of hosts) {
    const cookie = cookieIn(await live.raw(form(host, secret, proxy)));
    assert.match(
      cookie,
      /^__Host-autopilot=ap_s_[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
    );
    const session = cookie.split(";")[0];
    assert.equal(statusOf(await live.raw(me(host, session, proxy))), 200);
    // By plain HTTP, which somebody on the way can write, it is nobody's login; nor is the plain name one by HTTPS.
    assert.equal(statusOf(await live.raw(me("127.0.0.1:PORT", session))), 401);
    const renamed = session.replace("__Host-autopilot", `autopilot_${live.port}`);
    assert.equal(statusOf(await live.raw(me(host, renamed, proxy))), 401);
    assert.equal(statusOf(await live.raw(me("127.0.0.1:PORT", renamed))), 200);
  }
  await using direct = await serveTestApi({ auth: true });
  const plain = cookieIn(
    await direct.raw(form("127.0.0.1:PORT", (await mint(direct, "member")).secret, HTTPS)),
  );
  assert.match(plain, /^autopilot_\d+=/, "anybody can write the header");
  assert.doesNotMatch(plain, /Secure/);
});

Deno.test("S8 a flood of sockets from pages of other sites leaves half of the room to people", async () => {
  await using live = await serveTestApi({ auth: true, embed_origins: [SITE], max_sockets: 6 });
  const key = (await mint(live, "feedback", { origins: [SITE] })).secret;
  const member = (await mint(live, "member")).secret;
  const sockets: Deno.Conn[] = [];
  const knock = async (secret: string, origin: string): Promise<number> => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: live.port });
    sockets.push(socket);
    const head = "GET /api/autopilot/ws HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: Upgrade\r\n" +
      `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\n` +
      `Sec-WebSocket-Protocol: autopilot, bearer.${secret}\r\n${origin}\r\n`;
    await socket.write(new TextEncoder().encode(head.replaceAll("PORT", String(live.port))));
    const buffer = new Uint8Array(4096);
    const read = await socket.read(buffer) ?? 0;
    return statusOf(new TextDecoder().decode(buffer.subarray(0, read)));
  };
  try {
    const flood: number[] = [];
    for (let n = 0; n < 9; n++) flood.push(await knock(key, `Origin: ${SITE}\r\n`));
    assert.deepEqual(flood, [101, 101, 101, 503, 503, 503, 503, 503, 503]);
    const people: number[] = [];
    for (let n = 0; n < 4; n++) people.push(await knock(member, ""));
    assert.deepEqual(people, [101, 101, 101, 503]);
    // Without a credential there is no socket to hold.
    assert.equal(await knock("ap_f_wrong", `Origin: ${SITE}\r\n`), 401);
  } finally {
    for (const socket of sockets) socket.close();
  }
});
