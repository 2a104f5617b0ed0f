/** Serves the board: one page, its modules, styles and icons. Answers are ready-made and shared between requests. */

import { createHash } from "node:crypto";
import { brotliCompress, constants, gzip } from "node:zlib";
import { promisify } from "node:util";
import {
  BOARD_CSS,
  BOARD_MODULES,
  ICON_SVG,
  INDEX_HTML,
  MANIFEST_JSON,
  VENDOR_MODULES,
} from "./assets_files.ts";
import { LATE_STYLES } from "./assets_late.ts";

export interface AssetOptions {
  /** Origins, beside the board's own, whose pages may show it in a frame, e.g. `https://app.example`. */
  frame_ancestors?: readonly string[];
}

/** Answers a request for a static file; `null` when the path is none of its own. */
export type Assets = (request: Request) => Promise<Response | null>;

interface Asset {
  type: string;
  body: Uint8Array<ArrayBuffer>;
  etag: string;
  /** The content never changes under this address. */
  immutable: boolean;
  /** The page itself: carries the policy for what it may load. */
  page: boolean;
}

const ROOT = "/autopilot";
/** Modules live under a folder that is named by their content, so browsers may keep them for good. */
const VERSIONED = /^\/autopilot\/b\/[0-9a-f]+\/([\w.]+)$/;
const BROTLI_QUALITY = 11;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Builds the board's files once; the function it returns serves them. */
export function createAssets(options: AssetOptions = {}): Assets {
  const { files, folder } = collect();
  const importMap = JSON.stringify({
    imports: Object.fromEntries(
      Object.entries(VENDOR_MODULES).map(([name, { file }]) => [name, `${folder}${file}`]),
    ),
  });
  const page = INDEX_HTML
    .replaceAll("%BASE%", folder)
    .replace("%IMPORT_MAP%", () => importMap)
    .replace("%PRELOADS%", () => preloads(folder));
  const policy = contentPolicy(sha256(importMap, "base64"), options.frame_ancestors ?? []);
  const fixed = new Map<string, Asset>([
    [ROOT, asset("text/html; charset=utf-8", page, { page: true })],
    [`${ROOT}/icon.svg`, asset("image/svg+xml", ICON_SVG)],
    ["/favicon.ico", asset("image/svg+xml", ICON_SVG)],
    [`${ROOT}/manifest.webmanifest`, asset("application/manifest+json", MANIFEST_JSON)],
  ]);
  const packed = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  return async (request) => {
    const { pathname, host } = new URL(request.url);
    // Who types the bare address wants the board.
    if (pathname === "/" && request.method === "GET") {
      return new Response(null, { status: 302, headers: { location: ROOT } });
    }
    const versioned = VERSIONED.exec(pathname);
    const found = versioned === null ? fixed.get(pathname.replace(/(?<=.)\/$/, "")) : files.get(versioned[1]);
    if (found === undefined) return null;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return Response.json({ error: `${pathname} can only be read`, code: "method_not_allowed" }, {
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    }
    // A page of an older version asks for its own modules: it gets the present ones, but must not keep them.
    const keep = found.immutable && pathname.startsWith(folder);
    const headers = new Headers({
      "content-type": found.type,
      "cache-control": keep ? "public, max-age=31536000, immutable" : "no-cache",
      "etag": found.etag,
      "vary": "accept-encoding",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
    });
    if (found.page) {
      headers.set("content-security-policy", policy(host));
      headers.set("referrer-policy", "same-origin");
      headers.set("cross-origin-opener-policy", "same-origin");
    }
    if (matches(request.headers.get("if-none-match"), found.etag)) {
      return new Response(null, { status: 304, headers });
    }
    const encoding = chooseEncoding(request.headers.get("accept-encoding"));
    let body = found.body;
    if (encoding !== "") {
      const key = `${encoding} ${found.etag}`;
      let compressed = packed.get(key);
      if (compressed === undefined) packed.set(key, compressed = compress(found.body, encoding));
      body = await compressed;
      headers.set("content-encoding", encoding);
    }
    headers.set("content-length", String(body.byteLength));
    return new Response(request.method === "HEAD" ? null : body, { headers });
  };
}

/** All files that live in the versioned folder, and the folder's address. */
function collect(): { files: Map<string, Asset>; folder: string } {
  const texts = new Map<string, [type: string, text: string]>();
  for (const [file, text] of Object.entries({ "board.css": BOARD_CSS, ...LATE_STYLES })) {
    texts.set(file, ["text/css; charset=utf-8", text]);
  }
  const script = "text/javascript; charset=utf-8";
  for (const [file, text] of Object.entries(BOARD_MODULES)) texts.set(file, [script, withoutComments(text)]);
  for (const { file, text } of Object.values(VENDOR_MODULES)) {
    texts.set(file, [script, withoutSourceMap(text)]);
  }
  const version = sha256(JSON.stringify([...texts]), "hex").slice(0, 16);
  const files = new Map(
    [...texts].map(([file, [type, text]]) => [file, asset(type, text, { immutable: true })]),
  );
  return { files, folder: `${ROOT}/b/${version}/` };
}

/**
 * Takes out the comments that have lines of their own, a quarter of what would be sent. Lines stay where they are, so
 * that a browser's error messages point into the sources. No template of the board has such lines.
 */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*\/\*\*(?:(?!\*\/).)*\*\/[ \t]*$/gms, (comment) => comment.replace(/[^\n]/g, ""))
    .replace(/^[ \t]*\/\/.*$/gm, "");
}

/** The maps are not served, so a reference to one would be a failed request in the developer tools. */
function withoutSourceMap(text: string): string {
  return text.replace(/^\/\/# sourceMappingURL=.*$/m, "");
}

function asset(type: string, text: string, flags: { immutable?: boolean; page?: boolean } = {}): Asset {
  return {
    type,
    body: new TextEncoder().encode(text),
    etag: `"${sha256(text, "hex").slice(0, 32)}"`,
    immutable: flags.immutable ?? false,
    page: flags.page ?? false,
  };
}

/** Tells the browser all modules of the first paint at once, instead of import by import. */
function preloads(folder: string): string {
  return [...firstModules()].map((file) => `<link rel="modulepreload" href="${folder}${file}">`).join(
    "\n    ",
  );
}

/** The files that `app.js` can't start without: what it imports statically. Everything else comes when it is first needed. */
export function firstModules(): ReadonlySet<string> {
  const texts = new Map([
    ...Object.entries(BOARD_MODULES).map(([file, text]): [string, string] => [file, withoutComments(text)]),
    ...Object.values(VENDOR_MODULES).map(({ file, text }): [string, string] => [file, text]),
  ]);
  const found = new Set<string>();
  const visit = (file: string) => {
    const text = texts.get(file);
    if (text === undefined || found.has(file)) return;
    found.add(file);
    for (const [, specifier] of text.matchAll(/(?:\bfrom|^import)\s*"([^"\n]+)"/gm)) {
      visit(VENDOR_MODULES[specifier]?.file ?? specifier.replace("./", ""));
    }
  };
  visit("app.js");
  return found;
}

/**
 * What the page may load and do. Scripts and styles come from here only; the import map is the one inline script,
 * named by its hash; markup reaches the document as trusted types made by the sanitiser alone.
 */
function contentPolicy(importMapHash: string, frameAncestors: readonly string[]): (host: string) => string {
  const fixed = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${importMapHash}'`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "manifest-src 'self'",
    `frame-ancestors ${["'self'", ...frameAncestors].join(" ")}`,
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types dompurify",
  ].join("; ");
  return (host) => {
    // Not every browser takes 'self' for WebSocket addresses, so they are named where the host is a plain one.
    const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : "";
    return `${fixed}; connect-src 'self'${sockets}`;
  };
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

function sha256(text: string, encoding: "hex" | "base64"): string {
  return createHash("sha256").update(text).digest(encoding);
}
