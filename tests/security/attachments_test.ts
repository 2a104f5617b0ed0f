import assert from "node:assert/strict";
import type { Attachment } from "../../src/domain/attachment.ts";
import { serveTestApi, statusOf } from "../api/live.ts";
import { openTestApi, type TestApi } from "../api/support.ts";
import { ANN, newIssue } from "../support/store.ts";

const text = (value: string) => new TextEncoder().encode(value);
const utf16 = (value: string) =>
  Uint8Array.from([0xff, 0xfe, ...Array.from(value, (c) => [c.charCodeAt(0), 0]).flat()]);
const joined = (...parts: (string | Uint8Array)[]) =>
  Uint8Array.from(parts.flatMap((part) => [...typeof part === "string" ? latin1(part) : part]));
const latin1 = (value: string) => Uint8Array.from(value, (c) => c.charCodeAt(0));
const PAGE = "<!doctype html><script>parent.postMessage('ran','*')</script>";
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`;

/** Files that are two things at once, or hide what they are; and as what each may be served. */
const POLYGLOTS: readonly [what: string, bytes: Uint8Array, served: string][] = [
  ["SVG", text(SVG), "application/octet-stream"],
  ["SVG behind a byte order mark", joined("\xef\xbb\xbf", SVG), "application/octet-stream"],
  ["SVG in UTF-16", utf16(SVG), "application/octet-stream"],
  ["SVG behind blanks and a comment", text(` \n<!-- x -->${SVG}`), "application/octet-stream"],
  ["HTML", text(PAGE), "application/octet-stream"],
  ["HTML behind a NUL", joined("\0", PAGE), "application/octet-stream"],
  ["HTML behind a kilobyte of blanks", text(" ".repeat(1024) + PAGE), "application/octet-stream"],
  ["HTML with a PDF in it", text(`${PAGE}\n%PDF-1.7`), "application/octet-stream"],
  ["PDF with HTML in it", text(`%PDF-1.7\n${PAGE}`), "application/pdf"],
  ["GIF that is JavaScript", text("GIF89a/*\0\0*/=1;alert(1)"), "image/gif"],
  ["PNG with HTML behind it", joined("\x89PNG\r\n\x1a\n", PAGE), "image/png"],
  ["JPEG with HTML in its comment", joined("\xff\xd8\xff\xfe\0\x50", PAGE), "image/jpeg"],
  ["MP4 whose brand is HTML", joined("\0\0\0\x18ftyp", PAGE), "video/mp4"],
  [
    "XML with a style sheet",
    text(`<?xml version="1.0"?><?xml-stylesheet href="x"?>`),
    "application/octet-stream",
  ],
  ["JavaScript", text("alert(1)"), "application/octet-stream"],
  ["WebAssembly", latin1("\0asm\x01\0\0\0"), "application/octet-stream"],
  ["Flash", text("FWS\x09"), "application/octet-stream"],
  ["MHTML", text("MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + PAGE), "application/octet-stream"],
];

async function attach(api: TestApi, file: File): Promise<Attachment> {
  const form = new FormData();
  form.set("file", file);
  const { status, body } = await api.call("POST", "/issues/1/attachments", { body: form });
  assert.equal(status, 201, JSON.stringify(body));
  return body as Attachment;
}

Deno.test("S11 a file that is two things at once is served as the harmless one, in a sandbox", async () => {
  await using api = await openTestApi();
  await api.file();
  for (const [what, bytes, served] of POLYGLOTS) {
    for (const claimed of ["text/html", "image/svg+xml", "application/pdf"]) {
      const file = new File([Uint8Array.from(bytes)], "photo.html", { type: claimed });
      const { url, content_type } = await attach(api, file);
      assert.equal(content_type, served, what);
      const { headers } = await api.call("GET", url.replace("/api/autopilot", ""));
      assert.equal(headers.get("content-type"), served, what);
      const inline = served !== "application/octet-stream";
      assert.match(headers.get("content-disposition")!, inline ? /^inline;/ : /^attachment;/, what);
      assert.match(headers.get("content-security-policy")!, /^sandbox; default-src 'none';/, what);
      assert.doesNotMatch(
        headers.get("content-security-policy")!,
        /allow-scripts|allow-same-origin|script-src/,
      );
      assert.equal(headers.get("x-content-type-options"), "nosniff", what);
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", what);
    }
  }
});

Deno.test("S11 a file name injects no header and no folder, whatever stands in it", async () => {
  await using live = await serveTestApi();
  await live.api.store.issues.create(newIssue(), ANN);
  const names = [
    "a%0d%0aset-cookie: x=1.png",
    `a\\"; filename=evil.html; x=\\".png`,
    "../../../../etc/cron.d/x",
    "..\\..\\windows\\x.dll",
    "/etc/passwd",
    "a\\r\\nset-cookie: x=1",
    "\u202egnp.exe",
    "CON",
    ".htaccess",
    "x".repeat(2_000),
  ];
  for (const name of names) {
    const part =
      `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\nx\r\n--b--\r\n`;
    const answer = await fetch(`http://127.0.0.1:${live.port}/api/autopilot/issues/1/attachments`, {
      method: "POST",
      body: part,
      headers: { "content-type": "multipart/form-data; boundary=b" },
    });
    const body = await answer.json();
    if (answer.status !== 201) {
      assert.ok([400, 422].includes(answer.status), `${name}: ${answer.status}`);
      continue;
    }
    assert.doesNotMatch(body.name, /[\\/\p{Cc}\p{Cf}]/u, name);
    const raw = await live.raw(
      `GET ${body.url} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n`,
    );
    const head = raw.slice(0, raw.indexOf("\r\n\r\n"));
    assert.equal(statusOf(raw), 200, name);
    assert.doesNotMatch(head, /^set-cookie:/im, name);
    const disposition = /^content-disposition: (.*)$/im.exec(head)?.[1].trim() ?? "";
    assert.match(disposition, /^attachment; filename="[^"\\]*"; filename\*=UTF-8''[\w%.!#$&+^`|~-]*$/, name);
  }
  // What lies on the disk has names of Autopilot's own.
  for await (const { name } of Deno.readDir(live.api.blobs_dir)) assert.match(name, /^[0-9a-f]{32}$/);
});

Deno.test("S11 nothing but an upload's id leads to a file", async () => {
  await using live = await serveTestApi();
  await live.api.store.issues.create(newIssue(), ANN);
  const form = new FormData();
  form.set("file", new File(["secret"], "a.txt"));
  const added = await fetch(`http://127.0.0.1:${live.port}/api/autopilot/issues/1/attachments`, {
    method: "POST",
    body: form,
  });
  const { url } = await added.json();
  const { stored_name } = await live.api.store.attachments.get(url.split("/").at(-1)!);
  const paths = [
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/autopilot.db",
    "..%5c..%5cautopilot.db",
    "%252e%252e%252fautopilot.db",
    "....//....//autopilot.db",
    stored_name,
    `./${stored_name}`,
    `x/../${stored_name}`,
    `${url.split("/").at(-1)}%00.png`,
    `${url.split("/").at(-1)}/..`,
    "/etc/passwd",
    "",
  ];
  for (const path of paths) {
    const answer = await live.raw(
      `GET /api/autopilot/uploads/${path} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n`,
    );
    assert.ok([400, 404].includes(statusOf(answer)), `${path}: ${answer.slice(0, 100)}`);
    assert.doesNotMatch(answer, /secret|root:/, path);
  }
});

Deno.test("S11 all attachments together have a quota, also when many come at once", async () => {
  await using api = await openTestApi({ options: { max_uploads_bytes: 10_000 } });
  await api.file();
  await api.file();
  const add = async (issue: number, size: number) => {
    const form = new FormData();
    form.set("file", new File([new Uint8Array(size)], "x"));
    return await api.call("POST", `/issues/${issue}/attachments`, { body: form });
  };
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => add(1 + n % 2, 3_000)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 201, ...Array(9).fill(507)]);
  const refused = answers.find(({ status }) => status === 507)!;
  assert.match(JSON.stringify(refused.body), /uploads_full.*|AUTOPILOT_MAX_UPLOADS_MB/);
  assert.equal(await api.store.attachments.totalBytes(), 9_000);
  assert.equal((await add(1, 1_000)).status, 201);
  let files = 0;
  for await (const _ of Deno.readDir(api.blobs_dir)) files++;
  assert.equal(files, 4);
});
