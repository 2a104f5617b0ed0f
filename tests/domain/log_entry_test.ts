import assert from "node:assert/strict";
import fc from "fast-check";
import { capText, MAX_ENTRY_TEXT } from "../../src/domain/log_entry.ts";

Deno.test("capText() leaves short texts alone and marks cut ones", () => {
  assert.deepEqual(capText("abc", 3), { text: "abc" });
  assert.deepEqual(capText("abcd", 3), { text: "abc", truncated: true });
  assert.equal(capText("x".repeat(MAX_ENTRY_TEXT + 1)).text.length, MAX_ENTRY_TEXT);
});

Deno.test("capText() never cuts a character in two", () => {
  assert.deepEqual(capText("ab😀", 3), { text: "ab", truncated: true });
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, max) => {
    const capped = capText(text, max);
    assert.ok(capped.text.length <= max && text.startsWith(capped.text));
    assert.ok(capped.text.isWellFormed());
    assert.equal(capped.truncated === true, capped.text !== text);
  }));
});
