import assert from "node:assert/strict";
import { createAssets } from "../../src/api/assets/assets.ts";

const assets = createAssets();

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await assets(new Request(`http://127.0.0.1:8787${path}`, { headers }));
  assert.ok(response !== null, `${path} is not served`);
  return response;
}

const LOADERS = ["feedback.js", "sdk.js"];
const loader = await (await get("/autopilot/feedback.js")).text();
const folder = /URL\("(s\/[0-9a-f]{16}\/)extras\.js", script\.src\)/.exec(loader)?.[1] ?? "";

async function gzipped(path: string): Promise<number> {
  return (await (await get(path, { "accept-encoding": "gzip" })).arrayBuffer()).byteLength;
}

Deno.test("scriptAnswer() lets every page load the scripts and their parts, and keep the parts", async () => {
  const cases = [
    ["/autopilot/feedback.js", "public, max-age=300"],
    ["/autopilot/sdk.js", "public, max-age=300"],
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

Deno.test("scriptAnswer() serves scripts in one piece, without comments, placeholders, and relative imports", async () => {
  for (const file of LOADERS) {
    const text = await (await get(`/autopilot/${file}`)).text();
    assert.match(text, /import\(new URL\("s\//, file);
    assert.doesNotMatch(text, /%[A-Z_]+%|^\s*\/\/|import\("|^(import|export) /m, file);
    // A classic script that declares nothing outside of itself; two modules with the same name would not compile.
    assert.match(text, /^\(\(\) =>\{[^]*\}\)\(\);$/, file);
    new Function(text);
  }
});

Deno.test("scriptAnswer() serves parts that are whole: nothing but comments and blanks was taken out", async () => {
  for (
    const part of [
      "describe",
      "extras",
      "picker",
      "receipts",
      "record",
      "shot",
      "views",
      "toasts",
      "late_words",
    ]
  ) {
    const text = await (await get(`/autopilot/${folder}${part}.js`)).text();
    assert.doesNotMatch(text, /%[A-Z_]+%|^\s*\/\//m, part);
    // What is left of a module without its imports and exports is a function's body; else this throws.
    new Function(text.replace(/^import[^;]*;|^export /gm, ""));
  }
});

/** Bytes of a part and of all that it imports, gzip. */
async function gzippedParts(first: string): Promise<number> {
  let bytes = 0;
  const seen = new Set<string>();
  const visit = async (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    bytes += await gzipped(`/autopilot/${folder}${file}`);
    const text = await (await get(`/autopilot/${folder}${file}`)).text();
    for (const [, next] of text.matchAll(/from "\.\/([\w.]+)"/g)) await visit(next);
  };
  await visit(first);
  return bytes;
}

Deno.test("feedback.js has at most 5 KB at load and 12 KB more when the dialog opens, gzip", async () => {
  const first = await gzipped("/autopilot/feedback.js");
  assert.ok(first <= 5_000, `${first} bytes`);
  const more = await gzippedParts("extras.js");
  assert.ok(more <= 12_000, `${more} bytes`);
});

Deno.test("sdk.js has at most 10 KB at load and 6 KB more at the first news, gzip", async () => {
  const first = await gzipped("/autopilot/sdk.js");
  assert.ok(first <= 10_000, `${first} bytes`);
  const more = await gzippedParts("views.js");
  assert.ok(more <= 6_000, `${more} bytes`);
});
