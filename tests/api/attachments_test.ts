import assert from "node:assert/strict";
import type { Attachment } from "../../src/domain/attachment.ts";
import { openTestApi, type TestApi } from "./support.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4]);
const PEER = { remoteAddr: { transport: "tcp" as const, hostname: "127.0.0.1", port: 1 } };

async function attach(api: TestApi, file: File): Promise<Attachment> {
  const form = new FormData();
  form.set("file", file);
  const { status, body } = await api.call("POST", "/issues/1/attachments", { body: form });
  assert.equal(status, 201, JSON.stringify(body));
  return body as Attachment;
}

async function download(
  api: TestApi,
  { url }: Attachment,
  headers: Record<string, string> = {},
  method = "GET",
) {
  const request = new Request(`http://127.0.0.1:8787${url}`, {
    method,
    headers: { host: "127.0.0.1:8787", ...headers },
  });
  const response = await api.app.fetch(request, PEER);
  return { status: response.status, headers: response.headers, bytes: await response.bytes() };
}

Deno.test("S11 an image comes back inline, with its type from the bytes", async () => {
  await using api = await openTestApi();
  await api.file();
  const attachment = await attach(api, new File([PNG], "shot.html", { type: "text/html" }));
  assert.deepEqual([attachment.content_type, attachment.size], ["image/png", PNG.length]);
  const { status, headers, bytes } = await download(api, attachment);
  assert.deepEqual([status, bytes], [200, PNG]);
  assert.equal(headers.get("content-type"), "image/png");
  assert.match(headers.get("content-disposition") ?? "", /^inline;/);
  assert.match(headers.get("content-security-policy") ?? "", /^sandbox;/);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
  const { body } = await api.call("GET", "/issues/1/attachments");
  assert.deepEqual(body, [attachment]);
});

Deno.test("S11 what could run in the page downloads as octet-stream, whatever it calls itself", async () => {
  await using api = await openTestApi();
  await api.file();
  const hostile = [
    new File(["<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"], "a.svg", { type: "image/svg+xml" }),
    new File(["<!doctype html><script>x()</script>"], "a.png", { type: "image/png" }),
    new File(["<?xml version='1.0'?><x/>"], "a.xml", { type: "text/xml" }),
    new File(["alert(1)"], "a.js", { type: "text/javascript" }),
    new File([], "empty"),
  ];
  for (const file of hostile) {
    const { headers, status } = await download(api, await attach(api, file));
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "application/octet-stream");
    assert.match(headers.get("content-disposition") ?? "", /^attachment;/);
  }
});

Deno.test("S11 file names lose folders and control characters and are quoted by RFC 6266", async () => {
  await using api = await openTestApi();
  await api.file();
  const names: [string, string][] = [
    ["../../etc/passwd", "passwd"],
    ["C:\\dir\\x.txt", "x.txt"],
    ["a\u202Egnp.exe", "agnp.exe"],
    ["..", "file"],
    ["ünï 'x' (1)*.txt", "ünï 'x' (1)*.txt"],
  ];
  for (const [given, kept] of names) {
    assert.equal((await attach(api, new File(["x"], given))).name, kept);
  }
  const last = (await api.store.attachments.list((await api.store.issues.get("1")).id)).at(-1);
  assert.ok(last);
  const { headers } = await download(api, last);
  assert.equal(
    headers.get("content-disposition"),
    `attachment; filename="_n_ 'x' (1)*.txt"; filename*=UTF-8''%C3%BCn%C3%AF%20%27x%27%20%281%29%2a.txt`,
  );
});

Deno.test("uploads answer ranges and HEAD", async () => {
  await using api = await openTestApi();
  await api.file();
  const bytes = new Uint8Array(200_000).map((_, index) => index % 251);
  const attachment = await attach(api, new File([bytes], "data.bin"));
  const cases: [string, number, number, number][] = [
    ["bytes=0-9", 206, 0, 10],
    ["bytes=70000-130000", 206, 70_000, 130_001],
    ["bytes=199990-", 206, 199_990, 200_000],
    ["bytes=-5", 206, 199_995, 200_000],
    ["bytes=5-999999", 206, 5, 200_000],
    ["bytes=9-5", 200, 0, 200_000],
    ["items=0-9", 200, 0, 200_000],
    ["bytes=0-1,4-5", 200, 0, 200_000],
  ];
  for (const [range, status, start, end] of cases) {
    const answer = await download(api, attachment, { range });
    assert.equal(answer.status, status, range);
    assert.deepEqual(answer.bytes, bytes.slice(start, end), range);
    if (status === 206) {
      assert.equal(answer.headers.get("content-range"), `bytes ${start}-${end - 1}/200000`);
    }
  }
  const outside = await download(api, attachment, { range: "bytes=200000-" });
  assert.deepEqual([outside.status, outside.headers.get("content-range")], [416, "bytes */200000"]);
  const head = await download(api, attachment, {}, "HEAD");
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, "200000"]);
});

Deno.test("S11 an issue takes at most a hundred files, and a refused one leaves nothing on the disk", async () => {
  await using api = await openTestApi();
  await api.file();
  for (let n = 0; n < 100; n++) await attach(api, new File(["x"], `${n}`));
  const form = new FormData();
  form.set("file", new File(["x"], "one too many"));
  assert.equal((await api.call("POST", "/issues/1/attachments", { body: form })).status, 413);
  let files = 0;
  for await (const _ of Deno.readDir(api.blobs_dir)) files++;
  assert.equal(files, 100);
});

Deno.test("a file of exactly 25 MB is taken", async () => {
  await using api = await openTestApi();
  await api.file();
  assert.equal((await attach(api, new File([new Uint8Array(25 << 20)], "big"))).size, 25 << 20);
});
