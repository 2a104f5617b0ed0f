import assert from "node:assert/strict";
import { mediaTypeOf, safeFileName, sliceOf } from "../../src/api/media.ts";

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

Deno.test("mediaTypeOf() tells types by their first bytes", () => {
  const cases: [string, string][] = [
    ["\x89PNG\r\n\x1a\nxxxx", "image/png"],
    ["\xff\xd8\xff\xe0", "image/jpeg"],
    ["GIF89a....", "image/gif"],
    ["RIFF\0\0\0\0WEBPVP8 ", "image/webp"],
    ["RIFF\0\0\0\0WAVEfmt ", "audio/wav"],
    ["\0\0\0\x20ftypavif\0\0", "image/avif"],
    ["\0\0\0\x20ftypisom\0\0", "video/mp4"],
    ["\x1aE\xdf\xa3....", "video/webm"],
    ["OggS....", "audio/ogg"],
    ["ID3\x04", "audio/mpeg"],
    ["%PDF-1.7", "application/pdf"],
    ["<svg xmlns=", "application/octet-stream"],
    ["<!doctype html>", "application/octet-stream"],
    ["GIF8<script>", "application/octet-stream"],
    ["", "application/octet-stream"],
  ];
  for (const [head, type] of cases) assert.equal(mediaTypeOf(latin1(head)), type, head);
});

Deno.test("safeFileName() is never empty, never long, always well-formed", () => {
  for (const name of ["", "/", "...", "\0", "\ud800", `${"😀".repeat(300)}.png`, "a/b/.."]) {
    const safe = safeFileName(name);
    assert.ok(safe !== "" && safe.length <= 200 && safe.isWellFormed(), JSON.stringify(safe));
    assert.doesNotMatch(safe, /[\\/\0]/);
  }
});

Deno.test("sliceOf() reads no further than the range", async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: () => {
      cancelled = true;
    },
  });
  const part = await new Response(endless.pipeThrough(sliceOf({ start: 5, end: 24 }))).bytes();
  assert.equal(part.length, 20);
  assert.equal(cancelled, true);
});
