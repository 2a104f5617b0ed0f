import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createAssets } from "../../src/api/assets/assets.ts";
import { BOARD_MODULES, VENDOR_MODULES } from "../../src/api/assets/assets_files.ts";

const assets = createAssets();

async function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  const response = await assets(new Request(`http://127.0.0.1:8787${path}`, { headers, method }));
  assert.ok(response !== null, `${path} is not served`);
  return response;
}

const page = await (await get("/autopilot")).text();
const folder = /src="(\/autopilot\/b\/[0-9a-f]+\/)app\.js"/.exec(page)?.[1] ?? "";

async function unpack(response: Response, format: CompressionFormat): Promise<string> {
  return await new Response(response.body?.pipeThrough(new DecompressionStream(format))).text();
}

Deno.test("createAssets() leaves every path alone that is not its own", async () => {
  for (
    const path of [
      "/other",
      "/autopilot/nothing.js",
      "/autopilotx",
      "/api/autopilot/issues",
      `${folder}../x`,
      `${folder}x.js`,
    ]
  ) {
    assert.equal(await assets(new Request(`http://127.0.0.1:8787${path}`)), null, path);
  }
});

Deno.test("createAssets() sends who typed the bare address to the board", async () => {
  const response = await get("/");
  assert.deepEqual([response.status, response.headers.get("location")], [302, "/autopilot"]);
});

Deno.test("createAssets() policy allows the import map by its hash and no other inline script", async () => {
  const policy = (await get("/autopilot")).headers.get("content-security-policy") ?? "";
  const inline = [...page.matchAll(/<script(?![^>]*\bsrc=)[^>]*>(.*?)<\/script>/gs)].map(([, text]) => text);
  assert.equal(inline.length, 1);
  const hash = createHash("sha256").update(inline[0]).digest("base64");
  assert.match(policy, /^default-src 'none'; /);
  assert.ok(policy.includes(`script-src 'self' 'sha256-${hash}';`), policy);
  for (
    const part of ["style-src 'self';", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'self';"]
  ) {
    assert.ok(policy.includes(part), `${part} is missing: ${policy}`);
  }
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.doesNotMatch(page, / on\w+=| style=/);
});

Deno.test("createAssets() policy lets the configured origins frame the board", async () => {
  const framed = createAssets({ frame_ancestors: ["https://app.example"] });
  const response = await framed(new Request("http://127.0.0.1:8787/autopilot"));
  assert.match(
    response?.headers.get("content-security-policy") ?? "",
    /frame-ancestors 'self' https:\/\/app\.example;/,
  );
});

Deno.test("createAssets() serves every module that a module imports", async () => {
  const map = JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(page)?.[1] ?? "{}").imports;
  const seen = new Set<string>();
  const visit = async (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = await (await get(path)).text();
    const own = path.slice(folder.length) in BOARD_MODULES;
    for (const [, specifier] of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g)) {
      // A grammar has the words of its language as texts.
      if (!own && map[specifier] === undefined && !specifier.startsWith(".")) continue;
      await visit(
        specifier.startsWith(".")
          ? new URL(specifier, `http://x${path}`).pathname
          : map[specifier] ?? specifier,
      );
    }
  };
  await visit(`${folder}app.js`);
  const served = [...Object.keys(BOARD_MODULES), ...Object.values(VENDOR_MODULES).map(({ file }) => file)];
  assert.deepEqual([...seen].sort(), served.map((file) => `${folder}${file}`).sort());
});

Deno.test("createAssets() takes comments out and nothing else, line by line", async () => {
  let removed = 0;
  for (const [file, source] of Object.entries(BOARD_MODULES)) {
    const served = (await (await get(`${folder}${file}`)).text()).split("\n");
    const lines = source.split("\n");
    assert.equal(served.length, lines.length, file);
    lines.forEach((line, i) => {
      if (served[i] === line) return;
      removed++;
      assert.match(line, /^\s*(\/\/|\/\*\*|\*)/, `${file}:${i + 1}`);
      assert.equal(served[i], "", `${file}:${i + 1}`);
    });
    assert.doesNotMatch(served.join("\n"), /^\s*\*\//m, file);
  }
  assert.ok(removed > 100, `${removed} lines`);
});

Deno.test("createAssets() answers 304 to the ETag it gave, also weakened and in a list", async () => {
  for (const path of ["/autopilot", `${folder}app.js`, "/favicon.ico", "/autopilot/manifest.webmanifest"]) {
    const first = await get(path);
    const etag = first.headers.get("etag") ?? "";
    await first.body?.cancel();
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await get(path, { "if-none-match": value });
      assert.equal(again.status, 304, `${path} ${value}`);
      assert.equal(await again.text(), "");
    }
    const changed = await get(path, { "if-none-match": '"other"' });
    assert.equal(changed.status, 200);
    await changed.body?.cancel();
  }
});

Deno.test("createAssets() lets browsers keep what is named by its content, and nothing else", async () => {
  const cached = async (path: string) => {
    const response = await get(path);
    await response.body?.cancel();
    return response.headers.get("cache-control");
  };
  assert.equal(await cached(`${folder}app.js`), "public, max-age=31536000, immutable");
  assert.equal(await cached("/autopilot"), "no-cache");
  // The page of an older version, still open, loads a module late.
  assert.equal(await cached("/autopilot/b/0123456789abcdef/marked.js"), "no-cache");
});

Deno.test("createAssets() compresses as the client asks, and gives the same text", async () => {
  const path = `${folder}preact.js`;
  const plain = await (await get(path)).text();
  const gzip = await get(path, { "accept-encoding": "gzip, deflate" });
  assert.equal(gzip.headers.get("content-encoding"), "gzip");
  assert.equal(await unpack(gzip, "gzip"), plain);
  const brotli = await get(path, { "accept-encoding": "gzip, deflate, br, zstd" });
  assert.equal(brotli.headers.get("content-encoding"), "br");
  const size = (await brotli.arrayBuffer()).byteLength;
  assert.equal(brotli.headers.get("content-length"), String(size));
  assert.ok(size < plain.length / 2, `${size} of ${plain.length}`);
  const refused = await get(path, { "accept-encoding": "br;q=0, gzip;q=0.0" });
  assert.equal(refused.headers.get("content-encoding"), null);
  assert.equal(await refused.text(), plain);
});

Deno.test("createAssets() answers HEAD without a body and refuses to be written", async () => {
  const head = await get("/autopilot", {}, "HEAD");
  assert.equal(head.status, 200);
  assert.equal(await head.text(), "");
  assert.equal(head.headers.get("content-length"), String(new TextEncoder().encode(page).length));
  const post = await get("/autopilot", {}, "POST");
  assert.equal(post.status, 405);
  assert.equal(post.headers.get("allow"), "GET, HEAD");
  await post.body?.cancel();
});
