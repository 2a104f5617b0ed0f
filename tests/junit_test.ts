import assert from "node:assert/strict";
import { parseJunit } from "./support/junit.ts";

const CASE = (name: string, inner = "") =>
  `<testcase name="${name}" classname="./a_test.ts" time="0">${inner}</testcase>`;
const REPORT = (tests: number, ...cases: string[]) =>
  `<?xml version="1.0"?><testsuites name="deno test" tests="${tests}" failures="1"><testsuite name="./a_test.ts">${
    cases.join("\n")
  }</testsuite></testsuites>\n`;

Deno.test("parseJunit() tells passed, failed and skipped apart", () => {
  const xml = REPORT(
    3,
    CASE("a &lt;b&gt; &amp;lt; &quot;c&quot;"),
    CASE("f", `<failure message="x">Error: &lt;skipped/&gt;</failure>`),
    CASE("s", "<skipped/>"),
  );
  assert.deepEqual(parseJunit(xml).map(({ name, verdict }) => [name, verdict]), [
    ['a <b> &lt; "c"', "passed"],
    ["f", "failed"],
    ["s", "skipped"],
  ]);
});

Deno.test("parseJunit() counts a test once, not its steps, but keeps a skipped step", () => {
  const xml = REPORT(4, CASE("t"), CASE("t &gt; one"), CASE("t &gt; two", "<skipped/>"), CASE("x &gt; y"));
  assert.deepEqual(parseJunit(xml).map(({ name }) => name), ["t", "t > two", "x > y"]);
});

Deno.test("parseJunit() refuses what is cut off or does not add up", () => {
  assert.throws(() => parseJunit(REPORT(1, CASE("a")).slice(0, -20)), /no complete/);
  assert.throws(() => parseJunit(REPORT(2, CASE("a"))), /speaks of 2 cases but holds 1/);
  assert.throws(() => parseJunit(""), /no complete/);
});
