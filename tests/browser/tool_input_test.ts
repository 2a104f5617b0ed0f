import assert from "node:assert/strict";
import { diffLines } from "../../static/board/line_diff.js";
import { editsOf, fieldsOf, lineOf } from "../../static/board/tool_input.js";

const signs = { same: " ", add: "+", del: "-" };
const drawn = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => signs[kind] + text);

Deno.test("diffLines() keeps what both have, in order, and puts what goes before what comes", () => {
  assert.deepEqual(drawn("a\nb\nc\nd\n", "a\nx\nc\ny\nd\n"), [" a", "-b", "+x", " c", "+y", " d"]);
  assert.deepEqual(drawn("", "a\n\nb"), ["+a", "+", "+b"]);
  assert.deepEqual(drawn("a\nb", ""), ["-a", "-b"]);
  assert.deepEqual(drawn("a", "a"), [" a"]);
  const long = Array.from({ length: 1_000 }, (_, i) => `old ${i}`).join("\n");
  assert.equal(drawn(long, long.replaceAll("old", "new")).length, 2_000);
});

Deno.test("fieldsOf() takes from a cut input what is there", () => {
  const whole = JSON.stringify({ file_path: "a.ts", content: 'one\n"two"\\three' });
  assert.deepEqual(fieldsOf(whole), { file_path: "a.ts", content: 'one\n"two"\\three' });
  for (let end = whole.indexOf("one"); end < whole.length; end++) {
    const { file_path, content } = fieldsOf(whole.slice(0, end));
    assert.equal(file_path, "a.ts");
    assert.ok('one\n"two"\\three'.startsWith(String(content ?? "")), `${end}: ${content}`);
  }
  assert.deepEqual(fieldsOf("no JSON"), {});
  assert.deepEqual(fieldsOf("[1]"), {});
});

Deno.test("editsOf() and lineOf() write hidden characters out that JSON had escaped", () => {
  const input = JSON.stringify({ file_path: "a\u202E.ts", content: "\u001b[31mred\u001b[0m" }).replace(
    "\u202E",
    "\\u202e",
  );
  assert.equal(lineOf(input), "a‹U+202E›.ts");
  assert.deepEqual(editsOf("Write", input)?.flat().map(({ text }) => text), ["red"]);
  assert.equal(editsOf("Bash", input), null);
});
