import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readAll } from "../../src/api/body.ts";
import { newSecret } from "../../src/store/secrets.ts";
import { openTestApi } from "../api/support.ts";
import { serveTestApi } from "../api/live.ts";
import { ANN } from "../support/store.ts";

Deno.test("S8 a decompression bomb is refused as it comes, on every route that takes a body", async () => {
  await using live = await serveTestApi();
  // 200 MB of blanks in a JSON text, as 200 KB.
  const bomb = gzipSync(new Uint8Array(200 << 20).fill(0x20), { level: 9 });
  assert.ok(bomb.byteLength < 400_000);
  // Of this isolate: the process may run other tests beside this one.
  const held = () => Deno.memoryUsage().heapTotal + Deno.memoryUsage().external;
  const before = held();
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
  assert.ok(held() - before < 150 << 20, "the bomb went off");
  assert.equal(await live.api.store.events.lastSeq(), 0);
});

/** Lets waits of seconds end at once, until it is disposed. */
function impatience(): Disposable {
  const patient = globalThis.setTimeout;
  const hasty = (run: () => void, ms?: number) => patient(run, ms !== undefined && ms >= 5_000 ? 1 : ms);
  globalThis.setTimeout = hasty as typeof setTimeout;
  return { [Symbol.dispose]: () => globalThis.setTimeout = patient };
}

Deno.test("S8 who begins a body and never ends it is answered 408, on every route that takes one", async () => {
  await using api = await openTestApi();
  const { secret, hash } = newSecret("admin");
  await api.store.tokens.mint(
    { kind: "token", name: "t", scope: "admin", origins: [], expires_at: "" },
    hash,
    ANN,
  );
  await api.file();
  const filed = await api.call("POST", "/feedback", { json: { message: "M" } });
  const { receipt } = filed.body as { receipt: string };
  const json = "application/json";
  const routes: [method: string, path: string, type: string][] = [
    ["POST", "/issues", json],
    ["PATCH", "/issues/1", json],
    ["POST", "/issues/1/status", json],
    ["POST", "/issues/1/comments", json],
    ["POST", "/tokens", json],
    ["POST", "/login-links", json],
    ["POST", "/feedback", json],
    ["POST", "/issues/1/attachments", "multipart/form-data; boundary=b"],
    ["PUT", `/feedback/${receipt}/screenshot`, "image/png"],
  ];
  using _hasty = impatience();
  for (const [method, path, type] of routes) {
    // More of them at a time than may be buffered: none waits for another for ever.
    const statuses = await Promise.all(Array.from({ length: 6 }, async () => {
      let cancelled = false;
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => stream.enqueue(new Uint8Array([0x20])),
        cancel: () => void (cancelled = true),
      });
      const headers = { "content-type": type, authorization: `Bearer ${secret}` };
      const { status } = await api.call(method, path, { headers, body });
      assert.ok(cancelled, `${method} ${path} goes on reading`);
      return status;
    }));
    assert.deepEqual(new Set(statuses), new Set([408]), `${method} ${path}`);
  }
});

Deno.test("S8 readAll() gives up a body that comes drop by drop, and waits for one that takes its time", async () => {
  const drops = (count: number, pause_ms: number) =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(stream) {
        if (count-- <= 0) return stream.close();
        await new Promise((resolve) => setTimeout(resolve, pause_ms));
        stream.enqueue(new Uint8Array([count]));
      },
    });
  assert.equal((await readAll(drops(5, 1), 10, { silence_ms: 60_000, in_all_ms: 60_000 })).length, 5);
  await assert.rejects(readAll(drops(1e9, 1), 1e9, { silence_ms: 60_000, in_all_ms: 50 }), {
    code: "too_slow",
  });
  const silent = new ReadableStream<Uint8Array<ArrayBuffer>>();
  await assert.rejects(readAll(silent, 10, { silence_ms: 20, in_all_ms: 60_000 }), { code: "too_slow" });
});
