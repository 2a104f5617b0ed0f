/** The house rules of the source tree as a function from files to violations. */

import { posix } from "node:path";
import { factsOf, type Import, type SourceFacts } from "./source_facts.ts";

/**
 * What a room may import besides itself. A room is a folder of `src/`, a file directly in it, `static` or `main`.
 * `x:type` allows types only.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  store: ["domain", "log", "clock"],
  process: ["domain", "log", "clock"],
  // Files that carry a board from one place to another: they know bytes, not rows, and nothing of SQL.
  archive: ["domain"],
  events: ["domain", "log", "clock", "store:type"],
  workspace: ["domain", "process", "log", "failpoint"],
  runner: ["domain", "store", "process", "workspace", "log", "clock", "failpoint"],
  api: ["domain", "store", "events", "log", "clock", "config:type", "static"],
  cli: [
    "domain",
    "store",
    "archive",
    "process",
    "events",
    "runner",
    "api",
    "log",
    "clock",
    "config",
    "options",
    "failpoint",
  ],
  main: ["cli", "config", "options", "log", "clock", "deno.json"],
  config: ["domain", "options", "failpoint"],
  options: ["domain"],
  failpoint: [],
  log: [],
  clock: [],
  static: ["domain:type"],
};

/** Packages and Node modules, and the rooms that alone may import them. */
const PACKAGES: readonly { match: RegExp; rooms: readonly string[] }[] = [
  { match: /^(kysely|pg|@types\/pg)(\/|$)|^node:sqlite$/, rooms: ["store"] },
  { match: /^(hono|@hono\/[^/]+|rate-limiter-flexible|zod)(\/|$)/, rooms: ["api"] },
  { match: /^(commander|dotenv)$/, rooms: ["cli"] },
  { match: /^@modelcontextprotocol\/server(\/|$)/, rooms: ["api", "cli"] },
  { match: /^@logtape\//, rooms: ["log", "cli"] },
  { match: /^node:child_process$/, rooms: [] },
  {
    match: /^(preact|htm|@preact\/[^/]+|marked|dompurify|@highlightjs\/[^/]+)(\/|$)/,
    rooms: ["static", "api"],
  },
];

/** Uses of the platform that belong to few rooms. */
const USES: readonly { use: RegExp; rooms: readonly string[] }[] = [
  { use: /^Deno\.Command$/, rooms: ["process"] },
  // A failpoint kills its own process.
  { use: /^Deno\.kill$/, rooms: ["process", "failpoint"] },
  { use: /^Deno\.env$/, rooms: ["main", "config"] },
  { use: /^Deno\.(serve|exit|addSignalListener|removeSignalListener)$/, rooms: ["main", "cli"] },
  { use: /^Deno\.upgradeWebSocket$/, rooms: ["api"] },
];

/** Domain is pure: no I/O, no time, no chance. */
const IMPURE =
  /^(Deno\..*|Date\.now|new Date\(\)|Math\.random|crypto\..*|fetch\(\)|setTimeout\(\)|setInterval\(\))$/;

export const LINE_LIMIT = 500;

/**
 * Every violation, as `path: what`.
 *
 * @param files path from the project's root → text, for main.ts, src/** and static/**
 */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of files) {
    if (!/\.(ts|js)$/.test(path)) continue;
    const facts = factsOf(path, source);
    const imports = path.startsWith("static/") ? [...facts.imports, ...jsdocImports(source)] : facts.imports;
    graph.set(
      path,
      imports.flatMap((one) => one.specifier.startsWith(".") ? [resolve(path, one.specifier)] : []),
    );
    const complaints = [
      ...namesAndSizes(path, facts),
      ...importsOf(path, imports, files),
      ...usesOf(path, facts),
    ];
    found.push(...complaints.map((complaint) => `${path}: ${complaint}`));
  }
  return [...found, ...cycles(graph)];
}

function* namesAndSizes(path: string, facts: SourceFacts): Generator<string> {
  const name = posix.basename(path).replace(/\.(ts|js)$/, "");
  if (!/^[a-z0-9]+(_[a-z0-9]+)*$/.test(name)) yield "file names are snake_case";
  if (name === "index" || name === "mod") yield "no barrel files";
  if (facts.default_export) yield "no default exports";
  if (facts.lines > LINE_LIMIT) yield `${facts.lines} lines, at most ${LINE_LIMIT}`;
}

function* importsOf(path: string, imports: Import[], files: ReadonlyMap<string, string>): Generator<string> {
  const room = roomOf(path);
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) {
    yield `the import rule knows no room "${room}"`;
    return;
  }
  for (const { specifier, type_only, line } of imports) {
    if (!specifier.startsWith(".")) {
      yield* packageRule(room, specifier, line);
      continue;
    }
    const target = resolve(path, specifier);
    const into = roomOf(target);
    if (into !== "deno.json" && !files.has(target)) yield `line ${line}: ${specifier} does not exist`;
    if (into === room || allowed.includes(into) || (type_only && allowed.includes(`${into}:type`))) continue;
    yield `line ${line}: ${room} must not import ${into}${
      allowed.includes(`${into}:type`) ? " but for types" : ""
    }`;
  }
}

function* packageRule(room: string, specifier: string, line: number): Generator<string> {
  if (/^(npm|jsr|https?):/.test(specifier)) {
    yield `line ${line}: ${specifier} belongs into deno.json's import map`;
  }
  if (room === "domain") yield `line ${line}: domain must not import ${specifier}`;
  for (const { match, rooms } of PACKAGES) {
    if (match.test(specifier) && !rooms.includes(room)) {
      yield `line ${line}: ${specifier} belongs into ${rooms.join(", ") || "no room"}`;
    }
  }
}

function* usesOf(path: string, facts: SourceFacts): Generator<string> {
  const room = roomOf(path);
  for (const used of facts.uses) {
    if (room === "domain" && IMPURE.test(used)) yield `domain is pure but uses ${used}`;
    if (room === "static") continue;
    for (const { use, rooms } of USES) {
      if (use.test(used) && !rooms.includes(room)) yield `${used} belongs into ${rooms.join(", ")}`;
    }
  }
}

/** Types that the board's JavaScript takes from the domain: `import("…")` in comments. */
function jsdocImports(source: string): Import[] {
  return [...source.matchAll(/\bimport\("([^"]+)"\)\./g)].map((match) => ({
    specifier: match[1],
    type_only: true,
    line: source.slice(0, match.index).split("\n").length,
  }));
}

function* cycles(graph: ReadonlyMap<string, string[]>): Generator<string> {
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  function* visit(path: string): Generator<string> {
    if (state.get(path) === "open") {
      yield `${path}: import cycle ${[...trail.slice(trail.indexOf(path)), path].join(" → ")}`;
    }
    if (state.has(path)) return;
    state.set(path, "open");
    trail.push(path);
    for (const next of graph.get(path) ?? []) yield* visit(next);
    trail.pop();
    state.set(path, "done");
  }
  for (const path of graph.keys()) yield* visit(path);
}

function resolve(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

/** `src/store/open.ts` → `store`, `src/log.ts` → `log`, `static/board/app.js` → `static`, `main.ts` → `main` */
function roomOf(path: string): string {
  const [first, second] = path.split("/");
  if (first === "src" && second !== undefined) return second.replace(/\.ts$/, "");
  return first.replace(/\.ts$/, "");
}
