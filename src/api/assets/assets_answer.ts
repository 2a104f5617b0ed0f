/** Files as they are served: typed, compressed once, told apart by their content. */

import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

export interface Asset {
  type: string;
  body: Uint8Array<ArrayBuffer>;
  etag: string;
  /** The content never changes under this address. */
  immutable: boolean;
  /** A page: carries the policy for what it may load. */
  page: boolean;
}

/** For what is named by its content. */
export const KEEP = "public, max-age=31536000, immutable";

const BROTLI_QUALITY = 11;
const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

export function asset(
  type: string,
  text: string,
  flags: { immutable?: boolean; page?: boolean } = {},
): Asset {
  return {
    type,
    body: new TextEncoder().encode(text),
    etag: `"${sha256(text, "hex").slice(0, 32)}"`,
    immutable: flags.immutable ?? false,
    page: flags.page ?? false,
  };
}

const packed = new WeakMap<Asset, Map<"br" | "gzip", Promise<Uint8Array<ArrayBuffer>>>>();

/** Answers GET and HEAD, in the best encoding that the client takes, or with 304; any other method with 405. */
export async function answerAsset(
  request: Request,
  found: Asset,
  more: Record<string, string>,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const { pathname } = new URL(request.url);
    return Response.json({ error: `${pathname} can only be read`, code: "method_not_allowed" }, {
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  }
  const headers = new Headers({
    "content-type": found.type,
    "etag": found.etag,
    "vary": "accept-encoding",
    "x-content-type-options": "nosniff",
    ...more,
  });
  if (matches(request.headers.get("if-none-match"), found.etag)) {
    return new Response(null, { status: 304, headers });
  }
  const encoding = chooseEncoding(request.headers.get("accept-encoding"));
  let body = found.body;
  if (encoding !== "") {
    body = await compressed(found, encoding);
    headers.set("content-encoding", encoding);
  }
  headers.set("content-length", String(body.byteLength));
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

function compressed(found: Asset, encoding: "br" | "gzip"): Promise<Uint8Array<ArrayBuffer>> {
  const made = packed.get(found) ?? new Map();
  packed.set(found, made);
  if (!made.has(encoding)) made.set(encoding, compress(found.body, encoding));
  return made.get(encoding);
}

/**
 * Takes out the comments that have lines of their own, a quarter of what would be sent. Lines stay where they are, so
 * that a browser's error messages point into the sources. No template of the pages has such lines.
 */
export function withoutComments(text: string): string {
  return text.replace(/^[ \t]*\/\*\*(?:(?!\*\/).)*\*\/[ \t]*$/gms, (comment) => comment.replace(/[^\n]/g, ""))
    .replace(/^[ \t]*\/\/.*$/gm, "");
}

function compress(body: Uint8Array, encoding: "br" | "gzip"): Promise<Uint8Array<ArrayBuffer>> {
  const packed = encoding === "br"
    ? compressBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } })
    : compressGzip(body, { level: 9 });
  return packed.then((buffer) => new Uint8Array(buffer));
}

/** The best encoding that the client takes; `q=0` refuses one. */
function chooseEncoding(accepted: string | null): "br" | "gzip" | "" {
  const offers = new Map(
    (accepted ?? "").toLowerCase().split(",").map((offer) => {
      const [name, ...params] = offer.split(";").map((part) => part.trim());
      return [name, !params.some((param) => /^q=0(\.0*)?$/.test(param))];
    }),
  );
  if (offers.get("br")) return "br";
  return offers.get("gzip") ? "gzip" : "";
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  return ifNoneMatch?.split(",").some((item) =>
    item.trim().replace(/^W\//, "") === etag || item.trim() === "*"
  ) ??
    false;
}

export function sha256(text: string, encoding: "hex" | "base64"): string {
  return createHash("sha256").update(text).digest(encoding);
}
