import assert from "node:assert/strict";
import fc from "fast-check";
import { timeOrderedId } from "../../src/store/ids.ts";
import { wordsOf } from "../../src/store/search.ts";
import { storable, storableFields } from "../../src/store/text.ts";

Deno.test("storable() leaves out NUL, replaces lone surrogates, and changes nothing else", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const kept = storable(text);
    assert.ok(kept.isWellFormed() && !kept.includes("\0"));
    assert.equal(storable(kept), kept);
    if (text.isWellFormed() && !text.includes("\0")) assert.equal(kept, text);
  }));
  assert.deepEqual(storableFields({ a: "x\0", b: 1, c: false }), { a: "x", b: 1, c: false });
});

Deno.test("wordsOf() gives distinct words of letters and digits, bounded in number and length", () => {
  assert.deepEqual(wordsOf("Äpfel & äpfel, foo_bar-Baz 3.5€ ＡＢＣ"), [
    "apfel",
    "foo",
    "bar",
    "baz",
    "3",
    "5",
    "abc",
  ]);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    for (const word of wordsOf(text)) assert.match(word, /^[\p{L}\p{N}]{1,64}$/u);
  }));
  const many = wordsOf(Array.from({ length: 100_000 }, (_, n) => `word${n}`).join(" "));
  assert.ok(many.length > 10_000 && many.join("").length <= 200_000);
});

Deno.test("timeOrderedId() is a UUID of version 7 that sorts by time", () => {
  const ids = [0, 1, 1_800_000_000_000, Date.UTC(2200, 0)].map((ms) => timeOrderedId(new Date(ms)));
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  assert.deepEqual(ids.toSorted(), ids);
  assert.notEqual(timeOrderedId(new Date(0)), timeOrderedId(new Date(0)));
});
