import assert from "node:assert/strict";
import { markPart, piecesOf } from "../../static/board/diff_colors.js";
import { changedParts, cutHunks, pairLines, parsePatch } from "../../static/board/diff_parse.js";
import { treeOf, treeOrder } from "../../static/board/file_tree.js";
import { reviewText } from "../../static/board/review.js";

const HEAD = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n";

Deno.test("parsePatch() numbers the lines of every hunk, whatever they look like", () => {
  const { hunks, facts } = parsePatch(
    `${HEAD}@@ -1,3 +1,3 @@\n same\n--- not a head\n-@@ -1 +1 @@\n+++ nor this\n+diff --git a/y b/y\n` +
      "@@ -10 +10,2 @@ function f() {\n-a\r\n+a\n\\ No newline at end of file\n+\n",
  );
  assert.deepEqual(facts, []);
  assert.deepEqual(hunks.map((hunk) => hunk.title), ["", "function f() {"]);
  const brief = hunks.map(({ lines }) =>
    lines.map((line) => [line.kind, line.old, line.new, line.text, line.no_end])
  );
  assert.deepEqual(brief, [
    [
      ["same", 1, 1, "same", false],
      ["del", 2, 0, "-- not a head", false],
      ["del", 3, 0, "@@ -1 +1 @@", false],
      ["add", 0, 2, "++ nor this", false],
      ["add", 0, 3, "diff --git a/y b/y", false],
    ],
    [["del", 10, 0, "a\r", false], ["add", 0, 10, "a", true], ["add", 0, 11, "", false]],
  ]);
});

Deno.test("parsePatch() tells of modes and links, and takes an empty patch", () => {
  assert.deepEqual(parsePatch("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"), {
    hunks: [],
    facts: ["Was a file", "now executable"],
  });
  const link = parsePatch(
    "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+to\n",
  );
  assert.deepEqual(link.facts, ["Is a symbolic link"]);
  assert.equal(link.hunks[0].lines[0].new, 1);
  assert.deepEqual(parsePatch(""), { hunks: [], facts: [] });
});

Deno.test("pairLines() and changedParts() put what was replaced beside what came", () => {
  const { lines } =
    parsePatch(`${HEAD}@@ -1,4 +1,5 @@\n a\n-const x = 1;\n-gone\n+const x = 20;\n+new\n+newer\n b\n`)
      .hunks[0];
  const texts = pairLines(lines).map(({ left, right }) => [left?.text ?? null, right?.text ?? null]);
  assert.deepEqual(texts, [
    ["a", "a"],
    ["const x = 1;", "const x = 20;"],
    ["gone", "new"],
    [null, "newer"],
    ["b", "b"],
  ]);
  const parts = changedParts(lines);
  assert.deepEqual([parts.get(lines[1]), parts.get(lines[3]), parts.get(lines[2])], [
    [10, 11],
    [10, 12],
    undefined,
  ]);
});

Deno.test("piecesOf() gives the text back as it was, line by line", () => {
  const lines = piecesOf(
    '<span class="hljs-comment">/* &lt;b&gt;\n&amp;amp; */</span> x <span class="hljs-string">&quot;<span class="hljs-subst">a</span>&#x27;</span>',
  );
  assert.deepEqual(lines.map((line) => line.map(({ text }) => text).join("")), ["/* <b>", "&amp; */ x \"a'"]);
  assert.deepEqual(lines[1].map(({ kind }) => kind), [
    "hljs-comment",
    "",
    "hljs-string",
    "hljs-subst",
    "hljs-string",
  ]);
});

Deno.test("markPart() cuts pieces at the ends of the part", () => {
  const cut = markPart([{ text: "const", kind: "k" }, { text: " x = 20;", kind: "" }], [3, 8]);
  assert.deepEqual(cut.map(({ text, marked }) => [text, marked]), [
    ["con", false],
    ["st", true],
    [" x ", true],
    ["= 20;", false],
  ]);
});

Deno.test("treeOf() joins folders with one child and keeps every file", () => {
  const tree = treeOf(["README.md", "src/api/http/a.ts", "src/api/http/b.ts", "tests/x/t.ts", "src/z.ts"]);
  assert.deepEqual(tree.folders.map((folder) => [folder.name, folder.folders.map(({ name }) => name)]), [
    ["src", ["api/http"]],
    ["tests/x", []],
  ]);
  assert.deepEqual(treeOrder(tree), [1, 2, 4, 3, 0]);
});

Deno.test("reviewText() names file and line, quotes the code, and no name breaks out of its quote", () => {
  const note = (path: string, line: number, text: string, more = {}) => ({
    id: "",
    path,
    line,
    text,
    side: "new" as const,
    code: "",
    editing: false,
    ...more,
  });
  assert.equal(
    reviewText([
      note("src/b.ts", 2, " Second ", { code: "  const `x` = 1;" }),
      note("src/a.ts", 9, "First\n\n- point", { side: "old" }),
      note("a`b\n# c", 1, "Odd"),
    ]),
    "``a`b⏎# c:1``\n\nOdd\n\n---\n\n" +
      "`src/a.ts:9` (before the change)\n\nFirst\n\n- point\n\n---\n\n" +
      "`src/b.ts:2`\n\n> ``const `x` = 1;``\n\nSecond",
  );
});

Deno.test("cutHunks() keeps every line, cuts where a change ends, and names a hunk once", () => {
  const text = `${HEAD}@@ -1,6 +1,7 @@ f()\n a\n-b\n+B\n+C\n c\n d\n e\n-g\n+G\n`;
  const { hunks } = parsePatch(text);
  const pieces = cutHunks(hunks, 3);
  assert.deepEqual(pieces.flatMap((piece) => piece.lines), hunks[0].lines);
  assert.deepEqual(
    pieces.map(({ title, continued, lines }) => [title, continued, lines.map((l) => l.text).join("")]),
    [
      ["f()", false, "abBC"],
      ["", true, "cdegG"],
    ],
  );
  const long = parsePatch(`${HEAD}@@ -0,0 +1,7 @@\n${"+x\n".repeat(7)}`).hunks;
  assert.deepEqual(cutHunks(long, 3).map((piece) => piece.lines.length), [6, 1]);
  assert.deepEqual(cutHunks(parsePatch(HEAD).hunks, 3), []);
});
