/**
 * Serves the scripts that pages of other sites include, and the parts that these load when they are needed. Any page
 * may load and read them: they hold nothing of the board. Read when the first page asks for one.
 */

import describeJs from "../../../static/feedback/describe.js" with { type: "text" };
import extrasCss from "../../../static/feedback/extras.css" with { type: "text" };
import extrasJs from "../../../static/feedback/extras.js" with { type: "text" };
import feedbackCss from "../../../static/feedback/feedback.css" with { type: "text" };
import feedbackJs from "../../../static/feedback/feedback.js" with { type: "text" };
import pickerJs from "../../../static/feedback/picker.js" with { type: "text" };
import receiptsJs from "../../../static/feedback/receipts.js" with { type: "text" };
import recordJs from "../../../static/feedback/record.js" with { type: "text" };
import shotJs from "../../../static/feedback/shot.js" with { type: "text" };
import iconJs from "../../../static/sdk/icon.js" with { type: "text" };
import lateWordsJs from "../../../static/sdk/late_words.js" with { type: "text" };
import liveJs from "../../../static/sdk/live.js" with { type: "text" };
import moveJs from "../../../static/sdk/move.js" with { type: "text" };
import noticeJs from "../../../static/sdk/notice.js" with { type: "text" };
import sdkCss from "../../../static/sdk/sdk.css" with { type: "text" };
import sdkJs from "../../../static/sdk/sdk.js" with { type: "text" };
import tabsJs from "../../../static/sdk/tabs.js" with { type: "text" };
import toastsJs from "../../../static/sdk/toasts.js" with { type: "text" };
import viewsCss from "../../../static/sdk/views.css" with { type: "text" };
import viewsJs from "../../../static/sdk/views.js" with { type: "text" };
import whyJs from "../../../static/sdk/why.js" with { type: "text" };
import wordsJs from "../../../static/sdk/words.js" with { type: "text" };
import baseCss from "../../../static/shared/base.css" with { type: "text" };
import baseJs from "../../../static/shared/base.js" with { type: "text" };
import { answerAsset, type Asset, asset, KEEP, sha256, withoutComments } from "./assets_answer.ts";

/** The scripts by file name: classic scripts below /autopilot/. They load a part by `import("./part.js")`. */
const SCRIPTS: Readonly<Record<string, string>> = {
  "feedback.js": feedbackJs,
  "sdk.js": sdkJs,
};

/** Modules that are put into the scripts that import them, so that a page needs one request; by file name. */
const JOINED: Readonly<Record<string, string>> = {
  "base.js": baseJs,
  "icon.js": iconJs,
  "live.js": liveJs,
  "move.js": moveJs,
  "notice.js": noticeJs,
  "tabs.js": tabsJs,
  "why.js": whyJs,
  "words.js": wordsJs,
};

/** Modules that the scripts load from the folder of parts, by file name. */
const PARTS: Readonly<Record<string, string>> = {
  "describe.js": describeJs,
  "extras.js": extrasJs,
  "late_words.js": lateWordsJs,
  "picker.js": pickerJs,
  "receipts.js": receiptsJs,
  "record.js": recordJs,
  "shot.js": shotJs,
  "toasts.js": toastsJs,
  "views.js": viewsJs,
};

/** What stands for a style sheet, as a string literal, in scripts and parts. */
const STYLES: Readonly<Record<string, string>> = {
  "%BASE_CSS%": baseCss,
  "%EXTRAS_CSS%": extrasCss,
  "%FEEDBACK_CSS%": feedbackCss,
  "%SDK_CSS%": sdkCss,
  "%VIEWS_CSS%": viewsCss,
};

/** Parts live under a folder that is named by their content. */
const PART = /^\/autopilot\/s\/[0-9a-f]+\/([\w.]+)$/;
const SCRIPT = /^\/autopilot\/([\w.]+)$/;
const TYPE = "text/javascript; charset=utf-8";

interface Scripts {
  scripts: ReadonlyMap<string, Asset>;
  parts: ReadonlyMap<string, Asset>;
  /** `s/<version>/` */
  folder: string;
}

let made: Scripts | null = null;

/** Answers a request for a script or a part; `null` for any other path. */
export async function scriptAnswer(request: Request): Promise<Response | null> {
  const { scripts, parts, folder } = made ??= make();
  const { pathname } = new URL(request.url);
  const part = parts.get(PART.exec(pathname)?.[1] ?? "");
  const found = part ?? scripts.get(SCRIPT.exec(pathname)?.[1] ?? "");
  if (found === undefined) return null;
  // A script from a browser's cache asks for the parts of its own version: it gets the present ones, not for long.
  const keep = part !== undefined && pathname.startsWith(`/autopilot/${folder}`);
  return await answerAsset(request, found, {
    "cache-control": keep ? KEEP : "public, max-age=300",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
  });
}

function make(): Scripts {
  const texts = Object.entries(PARTS).map(([file, text]): [string, string] => [file, filled(text)]);
  const folder = `s/${sha256(JSON.stringify(texts), "hex").slice(0, 16)}/`;
  const assets = (entries: [string, string][]) =>
    new Map(entries.map(([file, text]) => [file, asset(TYPE, text)]));
  return {
    folder,
    parts: assets(texts),
    scripts: assets(
      Object.entries(SCRIPTS).map(([file, text]) => [file, withParts(filled(joined(text)), folder)]),
    ),
  };
}

/** A line, or lines, of a script that import from a module. */
const IMPORT = /^import \{[^}]*\} from "[./\w]*?(\w+\.js)";$/gm;

/**
 * One classic script of a module and all that it imports, each once, before what needs it. They share one scope: no two
 * may have a name on the top level in common, which the browser would refuse.
 */
function joined(text: string): string {
  const seen = new Set<string>();
  const visit = (module: string): string => {
    const before = [...module.matchAll(IMPORT)].map(([, file]) => {
      if (seen.has(file)) return "";
      seen.add(file);
      return visit(JOINED[file]);
    });
    return before.join("") + module.replace(IMPORT, "").replace(/^export /gm, "");
  };
  return `(() => {\n${visit(text)}})();`;
}

/**
 * A classic script from another origin has no address that its imports could be relative to, so `import("./part.js")`
 * is sent as an import relative to the address of its element, which the script must have as `script`.
 */
function withParts(text: string, folder: string): string {
  return text.replace(
    /\bimport\("\.\/([\w.]+)"\)/g,
    (_, file) => `import(new URL("${folder}${file}", script.src).href)`,
  );
}

/**
 * Style sheets put in, and what a browser does not need taken out: comments, and line breaks beside braces. No text in
 * these scripts goes over lines, or looks like a comment.
 */
function filled(text: string): string {
  const squeezed = withoutComments(text).replace(/\/\*\*.*?\*\/ ?/g, "")
    .replace(/(?<=[;{},(]) \/\/ .*$/gm, "").replace(/^\s+/gm, "")
    .replace(/,\n(?=[}\])])/g, "\n").replace(/ ?\{\n/g, "{").replace(/;?\n\}/g, "}");
  return squeezed.replace(/"(%\w+%)"/g, (whole, name) => {
    const css = STYLES[name];
    return css === undefined ? whole : JSON.stringify(squeezeCss(css));
  });
}

/** No string in these style sheets holds a comment or a run of blanks. */
function squeezeCss(css: string): string {
  return css.replace(/\/\*.*?\*\//gs, "").replace(/\s+/g, " ").replace(/\s*([{};,>/])\s*/g, "$1")
    .replaceAll(": ", ":").replaceAll(" !", "!").replaceAll(";}", "}")
    .replace(/="(\w+)"/g, "=$1").replace(/(?<![\w.])0\./g, ".").trim();
}
