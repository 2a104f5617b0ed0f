import assert from "node:assert/strict";
import { createAssets } from "../../src/api/assets.ts";

const assets = createAssets();

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await assets(new Request(`http://127.0.0.1:8787${path}`, { headers }));
  assert.ok(response !== null, `${path} is not served`);
  return response;
}

const loader = await (await get("/autopilot/feedback.js")).text();
const folder = /URL\("(s\/[0-9a-f]{16}\/)extras\.js", script\.src\)/.exec(loader)?.[1] ?? "";

async function gzipped(path: string): Promise<number> {
  return (await (await get(path, { "accept-encoding": "gzip" })).arrayBuffer()).byteLength;
}

Deno.test("scriptAnswer() lets every page load the scripts and their parts, and keep the parts", async () => {
  const cases = [
    ["/autopilot/feedback.js", "public, max-age=300"],
    [`/autopilot/${folder}extras.js`, "public, max-age=31536000, immutable"],
    ["/autopilot/s/0123456789abcdef/extras.js", "public, max-age=300"],
  ];
  for (const [path, cache] of cases) {
    const response = await get(path, { origin: "https://shop.example" });
    assert.equal(response.status, 200, path);
    const { headers } = response;
    assert.equal(headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.equal(headers.get("access-control-allow-origin"), "*");
    assert.equal(headers.get("cross-origin-resource-policy"), "cross-origin");
    assert.equal(headers.get("cache-control"), cache, path);
    assert.equal(headers.get("set-cookie"), null);
    await response.body?.cancel();
    const again = await get(path, { "if-none-match": headers.get("etag") ?? "" });
    assert.equal(again.status, 304, path);
  }
  assert.equal(
    await assets(new Request("http://127.0.0.1:8787/autopilot/s/0123456789abcdef/other.js")),
    null,
  );
  assert.equal(
    (await assets(new Request("http://x/autopilot/feedback.js", { method: "POST" })))?.status,
    405,
  );
});

Deno.test("scriptAnswer() serves scripts without comments, placeholders, and imports that need an address", () => {
  assert.match(loader, /import\(new URL\("s\//);
  assert.doesNotMatch(loader, /%[A-Z_]+%|^\s*\/\/|import\("/m);
});

Deno.test("feedback.js has at most 5 KB at load and 12 KB more when the dialog opens, gzip", async () => {
  const first = await gzipped("/autopilot/feedback.js");
  assert.ok(first <= 5_000, `${first} bytes`);
  let more = 0;
  const seen = new Set<string>();
  const visit = async (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    more += await gzipped(`/autopilot/${folder}${file}`);
    const text = await (await get(`/autopilot/${folder}${file}`)).text();
    for (const [, next] of text.matchAll(/from "\.\/([\w.]+)"/g)) await visit(next);
  };
  await visit("extras.js");
  assert.ok(more <= 12_000, `${more} bytes`);
});
