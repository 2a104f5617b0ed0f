/** Serves the board: one page, its modules, styles and icons. Answers are ready-made and shared between requests. */

import { answerAsset, type Asset, asset, KEEP, sha256, withoutComments } from "./assets_answer.ts";
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
  /** What a site has in front of the board's paths, as they stand in pages: `/tools/autopilot`. */
  base?: string;
}

/** Answers a request for a static file; `null` when the path is none of its own. */
export type Assets = (request: Request) => Promise<Response | null>;

const ROOT = "/autopilot";
/** Modules live under a folder that is named by their content, so browsers may keep them for good. */
const VERSIONED = /^\/autopilot\/b\/[0-9a-f]+\/([\w.]+)$/;
/** The page that shows the scripts at work. */
const DEMO = /^\/autopilot\/demo(?:\/.*)?$/;
/** The scripts for other pages, and their parts. */
const SCRIPTS = /^\/autopilot\/(?:s\/.+|[a-z]+\.js)$/;

/** Builds the board's files once; the function it returns serves them. */
export function createAssets(options: AssetOptions = {}): Assets {
  const { files, folder } = collect();
  const base = options.base ?? "";
  const importMap = JSON.stringify({
    imports: Object.fromEntries(
      Object.entries(VENDOR_MODULES).map(([name, { file }]) => [name, `${base}${folder}${file}`]),
    ),
  });
  const page = INDEX_HTML
    .replaceAll("%BASE%", base + folder)
    .replaceAll('="/autopilot', `="${base}/autopilot`)
    .replace("%IMPORT_MAP%", () => importMap)
    .replace("%PRELOADS%", () => preloads(base + folder));
  const policy = contentPolicy(sha256(importMap, "base64"), options.frame_ancestors ?? []);
  const fixed = new Map<string, Asset>([
    [ROOT, asset("text/html; charset=utf-8", page, { page: true })],
    [`${ROOT}/icon.svg`, asset("image/svg+xml", ICON_SVG)],
    ["/favicon.ico", asset("image/svg+xml", ICON_SVG)],
    [
      `${ROOT}/manifest.webmanifest`,
      asset("application/manifest+json", MANIFEST_JSON.replaceAll('"/autopilot', `"${base}/autopilot`)),
    ],
  ]);

  return async (request) => {
    const { pathname, host } = new URL(request.url);
    // Who types the bare address wants the board.
    if (pathname === "/" && request.method === "GET") {
      return new Response(null, { status: 302, headers: { location: ROOT } });
    }
    if (SCRIPTS.test(pathname)) {
      // Loaded when a page first asks for one: many boards are in no other page.
      const { scriptAnswer } = await import("./assets_scripts.ts");
      return await scriptAnswer(request);
    }
    if (DEMO.test(pathname)) {
      const { demoAnswer } = await import("./assets_demo.ts");
      return await demoAnswer(request, base, pageHeaders(policy(host)));
    }
    const versioned = VERSIONED.exec(pathname);
    const found = versioned === null ? fixed.get(pathname.replace(/(?<=.)\/$/, "")) : files.get(versioned[1]);
    if (found === undefined) return null;
    // A page of an older version asks for its own modules: it gets the present ones, but must not keep them.
    const keep = found.immutable && pathname.startsWith(folder);
    return await answerAsset(request, found, {
      "cache-control": keep ? KEEP : "no-cache",
      "cross-origin-resource-policy": "same-origin",
      ...found.page ? pageHeaders(policy(host)) : {},
    });
  };
}

function pageHeaders(policy: string): Record<string, string> {
  return {
    "content-security-policy": policy,
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
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

/** The maps are not served, so a reference to one would be a failed request in the developer tools. */
function withoutSourceMap(text: string): string {
  return text.replace(/^\/\/# sourceMappingURL=.*$/m, "");
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
