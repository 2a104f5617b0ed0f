/** What kind of file it is, from its bytes, and how it may be served. */

/** What everything is that is not on the list: it downloads, and nothing in it runs. */
export const OCTET_STREAM = "application/octet-stream";

interface Magic {
  type: string;
  /** The bytes at `offset`, as Latin-1 text. */
  at: readonly [offset: number, bytes: string][];
}

/** Raster images, video, audio and PDF: only these are ever shown in the page. */
const MAGIC: readonly Magic[] = [
  { type: "image/png", at: [[0, "\x89PNG\r\n\x1a\n"]] },
  { type: "image/jpeg", at: [[0, "\xff\xd8\xff"]] },
  { type: "image/gif", at: [[0, "GIF87a"]] },
  { type: "image/gif", at: [[0, "GIF89a"]] },
  { type: "image/webp", at: [[0, "RIFF"], [8, "WEBP"]] },
  { type: "image/avif", at: [[4, "ftypavif"]] },
  { type: "image/avif", at: [[4, "ftypavis"]] },
  { type: "audio/wav", at: [[0, "RIFF"], [8, "WAVE"]] },
  { type: "audio/ogg", at: [[0, "OggS"]] },
  { type: "audio/mpeg", at: [[0, "ID3"]] },
  { type: "audio/mpeg", at: [[0, "\xff\xfb"]] },
  { type: "audio/mpeg", at: [[0, "\xff\xf3"]] },
  { type: "audio/mpeg", at: [[0, "\xff\xf2"]] },
  { type: "video/webm", at: [[0, "\x1aE\xdf\xa3"]] },
  { type: "video/mp4", at: [[4, "ftyp"]] },
  { type: "application/pdf", at: [[0, "%PDF-"]] },
];

const INLINE = new Set(MAGIC.map(({ type }) => type));

/** Every type that a file is ever served as. */
export const SERVED_TYPES: readonly string[] = [...INLINE, OCTET_STREAM];

/** The type of a file that begins with `head` (32 bytes are enough). */
export function mediaTypeOf(head: Uint8Array): string {
  const text = String.fromCharCode(...head.subarray(0, 32));
  const found = MAGIC.find(({ at }) => at.every(([offset, bytes]) => text.startsWith(bytes, offset)));
  return found?.type ?? OCTET_STREAM;
}

/** Headers under which a stranger's file is served: typed by us, sandboxed, for this site only. */
export function uploadHeaders(file: { name: string; content_type: string }): Record<string, string> {
  const inline = INLINE.has(file.content_type);
  return {
    "content-type": inline ? file.content_type : OCTET_STREAM,
    "content-disposition": contentDisposition(inline ? "inline" : "attachment", file.name),
    "content-security-policy":
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    // The bytes under an id never change.
    "cache-control": "private, max-age=86400, immutable",
    "accept-ranges": "bytes",
  };
}

/** RFC 6266: a plain name for old clients, and the real one. */
export function contentDisposition(how: "inline" | "attachment", name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const real = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `${how}; filename="${plain}"; filename*=UTF-8''${real}`;
}

/** Longest file name that is kept, in characters. */
const MAX_FILE_NAME = 200;

/** The name to show: no folders, no control or direction-changing characters, never empty. */
export function safeFileName(name: string): string {
  const last = name.split(/[\\/]/).pop() ?? "";
  const clean = last.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim().slice(-MAX_FILE_NAME);
  // Cutting may have split a surrogate pair.
  const name_or_empty = clean.toWellFormed();
  return name_or_empty === "" || /^\.+$/.test(name_or_empty) ? "file" : name_or_empty;
}

/** A byte range of a file. Both ends are included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The one range that a Range header asks for (RFC 9110, 14.2). `null`: serve the whole file (no header, several
 * ranges, or a unit that is not bytes); "unsatisfiable": nothing of the file lies in it.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | null | "unsatisfiable" {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  if (found === null || found[0] === "bytes=-") return null;
  const [, first, last] = found;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size) return "unsatisfiable";
  return start > end ? null : { start, end };
}

/** The part of a stream that a range asks for; the stream is cancelled when the range has been read. */
export function sliceOf(
  { start, end }: ByteRange,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
      at += chunk.byteLength;
      if (part.byteLength > 0) controller.enqueue(part);
      if (at > end) controller.terminate();
    },
  });
}
