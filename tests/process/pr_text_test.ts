import assert from "node:assert/strict";
import { neutralBody, neutralTitle } from "../../src/process/pr_text.ts";

/** What GitHub acts on. */
const ACTS: Record<string, RegExp> = {
  mention: /@[A-Za-z0-9_-]/,
  reference: /#\d|\bGH-\d/i,
  closing: /\b(close[sd]?|fix(e[sd])?|resolve[sd]?)\s*:?\s/i,
  html: /<[A-Za-z!/?]/,
  image: /!\[/,
  link: /github\.com\/[^/\s]+\/[^/\s]+\/(issues|pull)\/\d/,
};

Deno.test("S15 neutralBody() leaves nothing that GitHub acts on", () => {
  const bodies = [
    "@octocat and @acme/team, mail a@b.example",
    "Fixes #1, closes: #2, RESOLVED acme/app#3, fix GH-4",
    "<!-- hidden --> <img src=https://evil.example/x.png> <details>",
    "![pixel](https://evil.example/x.png) ![ref][img]",
    "close https://github.com/acme/app/issues/9",
    "&#64;octocat &commat;octocat &lt;img&gt;",
    "f\u200bixes #1 @\u200boctocat \u202e#1\u202c",
    "@\u0000octocat #\u00017",
    "`@octocat` ```\n@octocat fixes #1\n```",
  ];
  for (const body of bodies) {
    const safe = neutralBody(body);
    for (const [what, pattern] of Object.entries(ACTS)) {
      assert.doesNotMatch(safe, pattern, `${what}: ${body}`);
    }
    // A character reference would bring the character back after our look at it.
    assert.doesNotMatch(safe, /&(?!amp;|lt;)[#a-z]/i, body);
  }
});

Deno.test("neutralBody() keeps ordinary words, code and links as they are", () => {
  const body = "# Heading\n\n- fixed the `colour` of a > b && c\n\n[docs](https://example.com/a#b)\n\tcode";
  assert.equal(neutralBody(body), body.replace("fixed", "fix\u200bed"));
});

Deno.test("neutralBody() cuts what GitHub would refuse", () => {
  assert.ok(neutralBody("@a ".repeat(100_000)).length < 65_000);
});

Deno.test("neutralTitle() is one line of bounded length, and never empty", () => {
  assert.equal(neutralTitle("  a\nb\u0000\tc  "), "a b c");
  assert.equal(neutralTitle("\u200b \n"), "Changes by Autopilot");
  assert.equal(neutralTitle("x".repeat(100_000)).length, 240);
  assert.doesNotMatch(neutralTitle("@octocat fixes #1"), /@o|#1/);
});
