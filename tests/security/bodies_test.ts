import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { serveTestApi } from "../api/live.ts";

Deno.test("S8 a decompression bomb is refused as it comes, on every route that takes a body", async () => {
  await using live = await serveTestApi();
  // 200 MB of blanks in a JSON text, as 200 KB.
  const bomb = gzipSync(new Uint8Array(200 << 20).fill(0x20), { level: 9 });
  assert.ok(bomb.byteLength < 400_000);
  const before = Deno.memoryUsage().rss;
  const routes: [path: string, type: string][] = [
    ["/issues", "application/json"],
    ["/feedback", "application/json"],
    ["/issues/1/comments", "application/json"],
    ["/issues/1/attachments", "multipart/form-data; boundary=b"],
  ];
  for (const [path, type] of routes) {
    for (const encoding of ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip"]) {
      const answer = await fetch(`http://127.0.0.1:${live.port}/api/autopilot${path}`, {
        method: "POST",
        body: bomb,
        headers: { "content-type": type, "content-encoding": encoding },
      });
      await answer.body?.cancel();
      assert.ok([413, 415].includes(answer.status), `${path} ${encoding}: ${answer.status}`);
    }
  }
  assert.ok(Deno.memoryUsage().rss - before < 150 << 20, "the bomb went off");
  assert.equal(await live.api.store.events.lastSeq(), 0);
});
