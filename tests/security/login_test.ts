import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { connectionOf } from "../support/raw.ts";
import { runMain, startServer, type TestServer } from "../support/server.ts";
import { browserTest } from "../support/browser.ts";
import { PATIENCE_MS, within } from "../support/wait.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };

async function login(
  server: TestServer,
  token: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const answer = await fetch(`${server.url}/autopilot/login`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ token }),
    headers: { ...FORM, origin: server.url, ...headers },
  });
  await answer.body?.cancel();
  return answer;
}

/** A WebSocket that is open, and the code with which it will be closed. */
async function held(server: TestServer, token: string): Promise<{ closed: Promise<number> }> {
  const closed = Promise.withResolvers<number>();
  const opened = Promise.withResolvers<void>();
  const address = `${server.url.replace("http", "ws")}/api/autopilot/ws`;
  const socket = new WebSocket(address, ["autopilot", `bearer.${token}`]);
  socket.onopen = () => opened.resolve();
  socket.onclose = ({ code }) => (opened.reject(new Error(`Closed with ${code}`)), closed.resolve(code));
  await opened.promise;
  assert.equal(socket.protocol, "autopilot");
  return { closed: within(closed.promise, PATIENCE_MS, () => `The socket stayed open:\n${server.log()}`) };
}

Deno.test("S1, S2 a first start with logins prints a link that logs in once, and the next start says how", async () => {
  const data = await Deno.makeTempDir({ prefix: "autopilot-login-" });
  try {
    await using server = await startServer({ data, env: { AUTOPILOT_AUTH: "on" } });
    assert.match(server.login_link, /^http:\/\/127\.0\.0\.1:\d+\/autopilot\/login\?token=ap_l_[\w-]{43}$/);
    const open = async (headers: Record<string, string> = {}, method = "GET") => {
      const answer = await fetch(server.login_link, { method, redirect: "manual", headers });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    };
    // What only looks ahead leaves it as it is.
    assert.equal((await open({ "sec-purpose": "prefetch;prerender" })).status, 200);
    assert.equal((await open({}, "HEAD")).status, 200);
    const first = await open();
    const port = new URL(server.url).port;
    assert.deepEqual([first.status, first.headers.get("location")], [303, "/autopilot"]);
    const cookie = first.headers.get("set-cookie") ?? "";
    assert.match(cookie, new RegExp(`^autopilot_${port}=ap_s_[\\w-]{43}; Path=/; .*HttpOnly; SameSite=Lax$`));
    const second = await open();
    assert.equal(second.status, 401);
    assert.match(second.text, /used already[\s\S]*autopilot login-link/);
    assert.equal(second.headers.get("set-cookie"), null);
    assert.match(
      second.headers.get("content-security-policy") ?? "",
      /^default-src 'none'; style-src 'sha256-/,
    );

    const session = { cookie: cookie.split(";")[0] };
    assert.equal((await server.api("/me", { headers: session })).body.scope, "admin");
    // A cookie writes only from the own page.
    const write = (headers: Record<string, string>) =>
      server.api("/issues", { json: { title: "T" }, headers: { ...session, ...headers } });
    assert.equal((await write({ origin: server.url })).status, 201);
    assert.equal((await write({})).status, 403);
    assert.equal((await write({ origin: "https://evil.example" })).status, 403);
    assert.equal((await write({ "sec-fetch-site": "same-site" })).status, 403);
    const logout = await fetch(`${server.url}/autopilot/logout`, {
      method: "POST",
      redirect: "manual",
      headers: { ...session, origin: server.url },
    });
    await logout.body?.cancel();
    assert.match(logout.headers.get("set-cookie") ?? "", /Max-Age=0/);
    assert.equal((await server.api("/me", { headers: session })).status, 401);
    assert.ok(!server.log().replace(/\[stdout\].*/g, "").includes("ap_"), "no secret is in the log");
    await server.stop();
    await using again = await startServer({ data, env: { AUTOPILOT_AUTH: "on" } });
    assert.equal(again.login_link, "");
    assert.match(again.log(), /autopilot login-link/);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("S1 an address of the network needs logins, and switching them off there is refused", async () => {
  const refused = await runMain({ args: ["--host", "0.0.0.0", "--auth", "off"] });
  assert.deepEqual([refused.code, refused.stdout], [2, ""]);
  await using server = await startServer({ args: ["--host", "0.0.0.0"] });
  assert.notEqual(server.login_link, "");
  assert.equal((await server.api("/issues")).status, 401);
  await using open = await startServer({ auth: false });
  assert.match(open.log(), /LOGINS ARE OFF/);
});

Deno.test("S2, S7 tokens log in by the form, wrong ones are slowed down, and revocation ends sessions and sockets", async () => {
  await using server = await startServer({ auth: true });
  const { id, token } = await server.mint("member");
  const begun = await login(server, token);
  assert.equal(begun.status, 303);
  const cookie = (begun.headers.get("set-cookie") ?? "").split(";")[0];
  assert.equal((await login(server, (await server.mint("agent")).token)).status, 401);
  const socket = await held(server, token);
  // Another process, on the database.
  const revoked = await runMain({ data: server.data, args: ["token", "revoke", id] });
  assert.equal(revoked.code, 0, revoked.stderr);
  assert.equal(await socket.closed, 4401);
  assert.equal((await server.api("/me", { headers: { authorization: `Bearer ${token}` } })).status, 401);
  const page = await fetch(`${server.url}/autopilot`, { headers: { cookie }, redirect: "manual" });
  await page.body?.cancel();
  assert.equal(page.status, 303);

  // By the server itself, and by another process that writes to the database: nothing but the event of the revocation
  // ends these, as they have no end of their own. The quickest of three, as the machine may have other things to do.
  await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
  const ways = [
    async (id: string) => void await server.api(`/tokens/${id}`, { method: "DELETE" }),
    async (id: string) => void await store.tokens.revoke(id, { kind: "human", name: "ann" }),
  ];
  for (const revoke of ways) {
    const took: number[] = [];
    for (let n = 0; n < 3; n++) {
      const { id, token } = await server.mint("read");
      const socket = await held(server, token);
      const began = performance.now();
      await revoke(id);
      assert.equal(await socket.closed, 4401);
      took.push(performance.now() - began);
    }
    assert.ok(Math.min(...took) < 1_000, `${revoke} closed the socket only after ${took} ms`);
  }

  const wrong = `ap_a_${"x".repeat(43)}`;
  const statuses = await Promise.all(
    Array.from({ length: 12 }, () => login(server, wrong).then((one) => one.status)),
  );
  // One failure was made above: it counts for 20 seconds, which may have passed.
  const failed = statuses.filter((status) => status === 401).length;
  assert.ok(failed === 4 || failed === 5, String(failed));
  const waits = await login(server, wrong, { "x-forwarded-for": "203.0.113.9" });
  assert.equal(waits.status, 429);
  assert.match(waits.headers.get("retry-after") ?? "", /^\d+$/);
});

Deno.test("S3 no spelling of a path gets past the login: what is public by its letters is not read as another", async () => {
  await using server = await startServer({ auth: true });
  const { host } = new URL(server.url);
  for (const dots of ["..", "%2e%2e", "%2E.", ".%2e", "./..", "x/../..", "x/%2e%2e/.."]) {
    for (
      const end of [
        "/b/0/app.js",
        "",
        "/../api/autopilot/issues",
        "\\..\\autopilot",
      ]
    ) {
      const target = `/autopilot/s/${dots}${end}`;
      using connection = await connectionOf(
        server.url,
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      const buffer = new Uint8Array(1024);
      const head = new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
      assert.match(head, /^HTTP\/1\.1 (401|404|303) /, `${target} answered ${head.split("\r")[0]}`);
    }
  }
});

Deno.test("S8 a connection that never ends its request head or body keeps nobody else waiting", async () => {
  await using server = await startServer();
  const slow = await Promise.all(
    Array.from(
      { length: 200 },
      () => connectionOf(server.url, "POST /api/autopilot/issues HTTP/1.1\r\nHost: "),
    ),
  );
  try {
    assert.equal((await server.api("/issues")).status, 200);
  } finally {
    for (const connection of slow) connection.close();
  }
});

browserTest(
  "S5, S6 a second origin in a real browser neither writes, nor reads, nor connects",
  async (browser) => {
    await using server = await startServer({ auth: true });
    const form =
      `<!doctype html><form method=post enctype=text/plain action="${server.url}/api/autopilot/issues">` +
      '<input name=\'{"title":"evil","body":"\' value=\'"}\'><button>Win</button></form>';
    const foreign = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(form, { headers: { "content-type": "text/html" } }),
    );
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(await server.newLoginLink());
      assert.equal(new URL(page.url()).search, "");
      await page.goto(`http://127.0.0.1:${foreign.addr.port}/`);
      // Same site, another port: the browser sends the cookie along, so only the server's checks stand here.
      const results = await page.evaluate(async (url) => {
        const said: string[] = [];
        const attempt = async (what: string, init: RequestInit) => {
          try {
            const answer = await fetch(`${url}/api/autopilot/issues`, { credentials: "include", ...init });
            said.push(`${what}: ${answer.type === "opaque" ? "opaque" : answer.status}`);
          } catch {
            said.push(`${what}: blocked`);
          }
        };
        await attempt("read", {});
        const json = { method: "POST", body: '{"title":"evil"}' };
        await attempt("json", { ...json, headers: { "content-type": "application/json" } });
        await attempt("simple", { ...json, mode: "no-cors", headers: { "content-type": "text/plain" } });
        said.push(
          await new Promise((resolve) => {
            const socket = new WebSocket(`${url.replace("http", "ws")}/api/autopilot/ws`);
            socket.onopen = () => resolve("socket: open");
            socket.onerror = () => resolve("socket: refused");
          }),
        );
        return said;
      }, server.url);
      assert.deepEqual(results, ["read: blocked", "json: blocked", "simple: blocked", "socket: refused"]);
      await page.click("button");
      await page.waitForURL(`${server.url}/**`);
      assert.match(await page.textContent("body") ?? "", /wrong_origin/);
      assert.deepEqual((await server.api("/issues")).body, []);
    } finally {
      await context.close();
      await foreign.shutdown();
    }
  },
);
