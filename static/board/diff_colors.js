// @ts-check
/**
 * Syntax colours. The library and a language's grammar are loaded when the first file of that language is shown. Its
 * markup is taken apart into plain pieces of text here, and never becomes HTML.
 */

/** @typedef {{ text: string, kind: string }} Piece a part of a line, and the class of its colour */

/** By ending of the file's name. @type {Readonly<Record<string, [name: string, load: () => Promise<{ default: any }>]>>} */
const GRAMMARS = (() => {
  /** @type {Record<string, [string, () => Promise<{ default: any }>]>} */
  const all = {};
  /** @param {string} endings @param {string} name @param {() => Promise<{ default: any }>} load */
  const add = (endings, name, load) => endings.split(" ").forEach((ending) => all[ending] = [name, load]);
  add("ts tsx mts cts", "typescript", () => import("@highlightjs/cdn-assets/es/languages/typescript.min.js"));
  add("js jsx mjs cjs", "javascript", () => import("@highlightjs/cdn-assets/es/languages/javascript.min.js"));
  add("json jsonc json5 lock", "json", () => import("@highlightjs/cdn-assets/es/languages/json.min.js"));
  add("css scss less", "css", () => import("@highlightjs/cdn-assets/es/languages/css.min.js"));
  add("html htm xml svg vue svelte", "xml", () => import("@highlightjs/cdn-assets/es/languages/xml.min.js"));
  add("md markdown mdx", "markdown", () => import("@highlightjs/cdn-assets/es/languages/markdown.min.js"));
  add("py pyi", "python", () => import("@highlightjs/cdn-assets/es/languages/python.min.js"));
  add("go", "go", () => import("@highlightjs/cdn-assets/es/languages/go.min.js"));
  add("rs", "rust", () => import("@highlightjs/cdn-assets/es/languages/rust.min.js"));
  add("sh bash zsh", "bash", () => import("@highlightjs/cdn-assets/es/languages/bash.min.js"));
  add("yml yaml", "yaml", () => import("@highlightjs/cdn-assets/es/languages/yaml.min.js"));
  add("sql", "sql", () => import("@highlightjs/cdn-assets/es/languages/sql.min.js"));
  add("java kt", "java", () => import("@highlightjs/cdn-assets/es/languages/java.min.js"));
  add("c h cc cpp hpp cxx", "cpp", () => import("@highlightjs/cdn-assets/es/languages/cpp.min.js"));
  add("cs", "csharp", () => import("@highlightjs/cdn-assets/es/languages/csharp.min.js"));
  add("rb", "ruby", () => import("@highlightjs/cdn-assets/es/languages/ruby.min.js"));
  add("php", "php", () => import("@highlightjs/cdn-assets/es/languages/php.min.js"));
  add("swift", "swift", () => import("@highlightjs/cdn-assets/es/languages/swift.min.js"));
  add("toml ini conf", "ini", () => import("@highlightjs/cdn-assets/es/languages/ini.min.js"));
  return all;
})();

/** Beyond it colours take longer than they help, in characters. */
const MAX_CHARS = 200_000;
const MAX_LINE = 2_000;

/** @typedef {(lines: readonly string[]) => Piece[][] | null} Painter */

/** @type {Map<string, Promise<Painter | null>>} */
const painters = new Map();

/**
 * What colours the lines of a file; `null` when nothing is known of its language.
 *
 * @param {string} path
 * @returns {Promise<Painter | null>}
 */
export function painterFor(path) {
  const grammar = GRAMMARS[/\.(\w+)$/.exec(path)?.[1].toLowerCase() ?? ""];
  if (grammar === undefined) return Promise.resolve(null);
  const [name, load] = grammar;
  let painter = painters.get(name);
  if (painter === undefined) {
    painters.set(name, painter = makePainter(name, load));
    // Without colours the text is whole; the next file tries again.
    painter.then((made) => made === null && painters.delete(name));
  }
  return painter;
}

/** @param {string} name @param {() => Promise<{ default: any }>} load @returns {Promise<Painter | null>} */
async function makePainter(name, load) {
  try {
    const [{ default: library }, { default: grammar }] = await Promise.all([
      import("@highlightjs/cdn-assets/es/core.min.js"),
      load(),
    ]);
    library.registerLanguage(name, grammar);
    return (lines) => {
      if (lines.some((line) => line.length > MAX_LINE)) return null;
      const text = lines.join("\n");
      if (text.length > MAX_CHARS) return null;
      return piecesOf(library.highlight(text, { language: name, ignoreIllegals: true }).value);
    };
  } catch {
    return null; // the server is away, or the file is gone with a new version
  }
}

/** @type {Readonly<Record<string, string>>} */
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };

/**
 * The lines in the library's markup: `<span class="…">`, `</span>` and escaped text is all it makes.
 *
 * @param {string} markup
 * @returns {Piece[][]}
 */
export function piecesOf(markup) {
  /** @type {Piece[][]} */
  const lines = [[]];
  /** @type {string[]} */
  const open = [];
  for (const [tag, kind] of markup.matchAll(/<span class="([^"]*)">|<\/span>|[^<]+/g)) {
    if (kind !== undefined) open.push(kind.split(" ")[0]);
    else if (tag === "</span>") open.pop();
    else {
      const text = tag.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity]);
      text.split("\n").forEach((part, i) => {
        if (i > 0) lines.push([]);
        if (part !== "") lines[lines.length - 1].push({ text: part, kind: open.at(-1) ?? "" });
      });
    }
  }
  return lines;
}

/**
 * Cuts the pieces at the ends of a part of the line, and marks those within.
 *
 * @param {readonly Piece[]} pieces
 * @param {readonly [from: number, to: number]} part
 * @returns {(Piece & { marked: boolean })[]}
 */
export function markPart(pieces, [from, to]) {
  /** @type {(Piece & { marked: boolean })[]} */
  const cut = [];
  let at = 0;
  for (const { text, kind } of pieces) {
    const ends = [0, from - at, to - at, text.length].map((end) => Math.min(Math.max(end, 0), text.length));
    for (let i = 0; i < 3; i++) {
      if (ends[i] < ends[i + 1]) cut.push({ text: text.slice(ends[i], ends[i + 1]), kind, marked: i === 1 });
    }
    at += text.length;
  }
  return cut;
}
