import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseEnv } from "node:util";
import { assertClean, browserTest, openBoard, openPage } from "../support/browser.ts";
import { documentedBlock, freePort, type ProxyKind, proxyProgram, startProxy } from "../support/proxies.ts";
import { startServer } from "../support/server.ts";

const BASE = "/tools/autopilot";

for (const kind of ["nginx", "caddy"] as const) {
  const name =
    `the board works below a path behind ${kind} with the documented configuration, sockets and login too`;
  if (proxyProgram(kind) === null) {
    Deno.test({ name: `${name} (ignored: ${kind} is not installed)`, ignore: true, fn() {} });
  } else browserTest(name, async (browser) => await throughProxy(browser, kind));
}

async function throughProxy(browser: Parameters<typeof openBoard>[0], kind: ProxyKind): Promise<void> {
  const port = freePort();
  const origin = `https://127.0.0.1:${port}`;
  const block = await documentedBlock("env");
  assert.ok(block.includes(`AUTOPILOT_BASE_PATH=${BASE}\n`));
  const options = parseEnv(block.replace("https://board.example.com", origin));
  await using server = await startServer({ env: options as Record<string, string> });
  await using proxy = await startProxy(kind, { port, target: server.url });
  assert.ok(server.login_link.startsWith(`${origin}${BASE}/autopilot/login?token=`), server.login_link);
  assert.equal(
    (await proxy.fetch("/elsewhere")).status,
    kind === "nginx" ? 404 : 200,
    "the rest is not ours",
  );

  const bare = await proxy.fetch(BASE);
  assert.match(
    bare.headers.get("location") ?? "",
    new RegExp(`${BASE}/`),
    "the bare path leads to the board",
  );
  await bare.body?.cancel();
  const alive = await fetch(new URL("/healthz", server.url));
  assert.equal(alive.status, 200, "a proxy may take the path off, and supervisors ask without it");
  await alive.body?.cancel();

  // Not logged in: everything that leads on stays below the path.
  const out = await proxy.fetch(`${BASE}/autopilot`);
  assert.deepEqual([out.status, out.headers.get("location")], [303, `${BASE}/autopilot/login`]);
  await out.body?.cancel();
  const form = await (await proxy.fetch(`${BASE}/autopilot/login`)).text();
  assert.ok(form.includes(`action="${BASE}/autopilot/login"`), form);

  const believing = { ignoreHTTPSErrors: true };
  await using board = await openBoard(browser, server.login_link, believing);
  const { page } = board;
  assert.equal(page.url(), `${origin}${BASE}/autopilot`);
  const [cookie] = await page.context().cookies();
  const { name, secure, httpOnly, path } = cookie;
  assert.deepEqual(
    { name, secure, httpOnly, path },
    { name: "__Host-autopilot_tools_autopilot", secure: true, httpOnly: true, path: "/" },
  );

  await page.keyboard.press("c");
  await page.getByLabel("Title").fill("Through the proxy");
  await page.keyboard.press("Enter");
  await board.card("Backlog", "Through the proxy").waitFor();
  // What another client does arrives by the socket.
  const api = page.request;
  const asked = { headers: { origin }, data: { title: "By the socket" } };
  const filed = await api.post(`${origin}${BASE}/api/autopilot/issues`, asked);
  assert.equal(filed.status(), 201);
  assert.match(filed.headers().location, new RegExp(`^${BASE}/api/autopilot/issues/`));
  await board.card("Backlog", "By the socket").waitFor();
  const list = await api.get(`${origin}${BASE}/api/autopilot/issues?limit=1`);
  assert.match(list.headers().link, new RegExp(`^<${BASE}/api/autopilot/issues\\?`));

  const { id } = await filed.json();
  const file = { name: "a.txt", mimeType: "text/plain", buffer: Buffer.alloc(2_000_000, "a") };
  const added = await api.post(`${origin}${BASE}/api/autopilot/issues/${id}/attachments`, {
    headers: { origin },
    multipart: { file },
  });
  assert.equal(added.status(), 201);
  const { url } = await added.json();
  assert.equal((await api.get(`${origin}${url}`)).status(), 200, url);
  const detail = await (await api.get(`${origin}${BASE}/api/autopilot/issues/${id}`)).json();
  assert.deepEqual(detail.attachments.map((one: { url: string }) => one.url), [url]);
  const link = await api.post(`${origin}${BASE}/api/autopilot/login-links`, {
    headers: { origin },
    data: { name: "Anna", scope: "member" },
  });
  assert.ok((await link.json()).url.startsWith(`${origin}${BASE}/autopilot/login?token=`));
  const manifest = await (await api.get(`${origin}${BASE}/autopilot/manifest.webmanifest`)).json();
  assert.deepEqual([manifest.start_url, manifest.icons[0].src], [
    `${BASE}/autopilot`,
    `${BASE}/autopilot/icon.svg`,
  ]);

  // Every view that has files of its own, and the scripts for other pages.
  await page.getByRole("link", { name: "Agents" }).or(page.getByRole("button", { name: "Agents" })).first()
    .click();
  await page.waitForURL(/view=agents/);
  const home = page.getByRole("link", { name: "Autopilot, the board" });
  assert.equal(await home.getAttribute("href"), `${BASE}/autopilot`);
  await page.keyboard.press("?");
  const demo = await page.getByRole("link", { name: /Feedback button and launcher/ }).getAttribute("href");
  await assertClean(board);
  await using shown = await openPage(browser, `${origin}${demo}`, {
    ...believing,
    storageState: await page.context().storageState(),
  });
  await shown.page.getByRole("button", { name: "Feedback" }).click();
  await shown.page.getByRole("dialog").getByRole("textbox").first().fill("From the demo");
  await shown.page.getByRole("button", { name: "Send" }).click();
  await shown.page.getByText("Your message has arrived").waitFor();
  await assertClean(shown);
  for (const address of [...board.requests, ...shown.requests]) {
    assert.ok(/^(data|blob):/.test(address) || address.startsWith(`${origin}${BASE}/`), address);
  }

  const left = await api.post(`${origin}${BASE}/autopilot/logout`, { headers: { origin }, maxRedirects: 0 });
  assert.equal(left.headers().location, `${BASE}/autopilot/login`);
  assert.equal(await server.stop(), 0);
}

Deno.test("a proxy that ends TLS is believed where it is trusted, with a host of its own", async (t) => {
  for (const kind of ["nginx", "caddy"] as const) {
    const there = proxyProgram(kind) !== null;
    await t.step({
      name: there ? kind : `${kind} (ignored: not installed)`,
      ignore: !there,
      fn: () => ownHost(kind),
    });
  }
});

async function ownHost(kind: ProxyKind): Promise<void> {
  const port = freePort();
  const env = { AUTOPILOT_ORIGINS: `http://127.0.0.1:${port}`, AUTOPILOT_AUTH: "on" };
  await using trusting = await startServer({ env: { ...env, AUTOPILOT_TRUSTED_PROXIES: "127.0.0.1" } });
  await using proxy = await startProxy(kind, { port, target: trusting.url, path: "/" });
  const path = new URL(trusting.login_link);
  assert.equal(path.origin, env.AUTOPILOT_ORIGINS);
  const answer = await proxy.fetch(path.pathname + path.search);
  assert.equal(answer.status, 303);
  await answer.body?.cancel();
  assert.match(
    answer.headers.get("set-cookie") ?? "",
    /^__Host-autopilot=\S+; Path=\/; .*Secure$/,
    "X-Forwarded-Proto",
  );
  assert.equal(answer.headers.get("location"), "/autopilot");
}
