import assert from "node:assert/strict";
import { itemsIn } from "../../static/board/list_paste.js";

const titles = (text: string, plain = false) => itemsIn(text, plain)?.map((item) => item.title) ?? null;

Deno.test("itemsIn() finds items by bullets, numbers and boxes", () => {
  for (
    const text of [
      "- One\n- Two",
      "* One\r\n* Two",
      "1. One\n2. Two",
      "1) One\n\n2) Two\n",
      "- [ ] One\n- [x] Two",
      "  • One\n  • Two",
      "\n\n- One\n\n\n- Two",
    ]
  ) {
    assert.deepEqual(titles(text), ["One", "Two"], JSON.stringify(text));
  }
});

Deno.test("itemsIn() takes what is indented as the text of the item above", () => {
  assert.deepEqual(itemsIn("- One\n  more of it\n  - a point\n- Two\n\t1. first", false), [
    { title: "One", body: "more of it\n- a point" },
    { title: "Two", body: "1. first" },
  ]);
});

Deno.test("itemsIn() leaves prose, single items and mixtures alone", () => {
  for (
    const text of [
      "",
      "One",
      "- One",
      "One\nTwo",
      "- One\nand then\n- Two",
      "Do this:\n- One\n- Two",
      "-5\n-6",
    ]
  ) {
    assert.equal(titles(text), null, JSON.stringify(text));
  }
});

Deno.test("itemsIn() with plain takes every line, bullets or not", () => {
  assert.deepEqual(titles("One\nTwo", true), ["One", "Two"]);
  assert.deepEqual(titles("- One\n- Two", true), ["One", "Two"]);
  assert.equal(titles("One", true), null);
});

Deno.test("itemsIn() keeps a long item whole in the body, and refuses a flood", () => {
  const long = "x".repeat(400);
  const [first] = itemsIn(`- ${long}\n- Two`, false) ?? [];
  assert.equal(first.title.length, 300);
  assert.equal(first.body, long);
  assert.equal(titles(Array.from({ length: 51 }, (_, i) => `- ${i} x`).join("\n")), null);
});
