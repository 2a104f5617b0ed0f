import assert from "node:assert/strict";
import fc from "fast-check";
import { AskedByTool, blockedQuestion } from "../../src/domain/question.ts";

const QUESTIONS: [text: string, question: string][] = [
  ["BLOCKED: SQLite or PostgreSQL?", "SQLite or PostgreSQL?"],
  ["BLOCKED:which?", "which?"],
  ["\n\n  BLOCKED: which?\n", "which?"],
  ["**BLOCKED:** which?", "which?"],
  ["**BLOCKED**: which?", "which?"],
  ["**BLOCKED: which?**", "which?"],
  ["*BLOCKED:* which?", "which?"],
  ["__BLOCKED:__ which?", "which?"],
  ["_BLOCKED_: which?", "which?"],
  ["***BLOCKED:*** which?", "which?"],
  ["BLOCKED: use **tabs** or **spaces**?", "use **tabs** or **spaces**?"],
  ["**BLOCKED:** use **tabs** or **spaces**?", "use **tabs** or **spaces**?"],
  ["BLOCKED:\n\nWhich of the two?", "Which of the two?"],
  [
    "BLOCKED: which?\n\nI looked at both.\n\nNeither is better.",
    "which?\n\nI looked at both.\n\nNeither is better.",
  ],
  ["I read the code.\n\nBLOCKED: which?", "which?"],
  ["I read the code.\n\nThen the tests.\r\n\r\n**BLOCKED:** which?\r\nA or B", "which?\nA or B"],
  ["I read it.\n\nBLOCKED: which?\n- A\n- B", "which?\n- A\n- B"],
  ["I read it.\n\nBLOCKED: which?\n\n- A\n- B\n", "which?\n\n- A\n- B"],
  ["I read it.\n\nBLOCKED: which?\n\n1. A\n\n2. B", "which?\n\n1. A\n\n2. B"],
  [
    "I read it.\n\nBLOCKED: is this right?\n\n```ts\nconst a = 1;\n\nconst b = 2;\n```",
    "is this right?\n\n```ts\nconst a = 1;\n\nconst b = 2;\n```",
  ],
  ["```\ncode\n```\n\nBLOCKED: which?", "which?"],
];

const NO_QUESTIONS: string[] = [
  "",
  "   \n ",
  "Done.",
  "BLOCKED",
  "BLOCKED:",
  "BLOCKED:   \n\n",
  "**BLOCKED:**",
  "blocked: which?",
  "Blocked: which?",
  "UNBLOCKED: which?",
  "NOT BLOCKED: all is well",
  "BLOCKED-BY: #12",
  "I am BLOCKED: which?",
  "If I were stuck I would answer `BLOCKED: which?`, but I was not.",
  "The parser looks for\nBLOCKED: at the start of a line.\n\nAll tests pass.",
  "The parser looks for\nBLOCKED: at the start of a line.",
  "I added the marker.\n\nBLOCKED: is now parsed in question.ts.\n\nAll tests pass.",
  "```\nBLOCKED: which?\n```",
  "Here is an example:\n\n```\nBLOCKED: which?\n```",
  "Here is an example:\n\n```\n\nBLOCKED: which?\n\n```",
  "Here is an example:\n\n~~~md\n\nBLOCKED: which?\n\n~~~",
  "Here is an example:\n\n````\n```\n\nBLOCKED: which?\n````",
  "Never closed:\n\n```\n\nBLOCKED: which?",
  "As code:\n\n    BLOCKED: which?",
  "- BLOCKED: which?",
  "> BLOCKED: which?",
  "`BLOCKED: which?`",
  '"BLOCKED: which?"',
  "BLOCKED** : which?",
  "*BLOCKED**: which?",
];

Deno.test("blockedQuestion() finds the question an agent ends with", () => {
  for (const [text, question] of QUESTIONS) {
    assert.equal(blockedQuestion(text), question, JSON.stringify(text));
  }
});

Deno.test("blockedQuestion() takes talk about the marker for no question", () => {
  for (const text of NO_QUESTIONS) assert.equal(blockedQuestion(text), null, JSON.stringify(text));
});

Deno.test("blockedQuestion() finds nothing where the marker begins no line", () => {
  fc.assert(fc.property(fc.string(), fc.string({ minLength: 1 }), (before, after) => {
    fc.pre(!before.includes("\n") && !before.includes("\r") && /[^\s*_]/.test(before));
    assert.equal(blockedQuestion(`${before}BLOCKED: ${after.replace(/[\r\n]/g, " ")}`), null);
  }));
});

Deno.test("blockedQuestion() takes megabytes of hostile text in no time", () => {
  const start = performance.now();
  blockedQuestion("*".repeat(1_000_000));
  blockedQuestion(`${"\n\n- a".repeat(200_000)}\n\nBLOCKED: ${"*".repeat(500_000)}`);
  blockedQuestion(" ".repeat(1_000_000));
  assert.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`);
});

Deno.test("AskedByTool holds the last question that the board took, until people write", () => {
  const asked = new AskedByTool();
  const call = (call_id: string, input: string, tool = "mcp__autopilot__ask_human") =>
    asked.see({ type: "tool_call", call_id, tool, input }, 0);
  const result = (call_id: string, ok: boolean, heard = 1) =>
    asked.see({ type: "tool_result", call_id, ok, text: "" }, heard);
  call("1", '{"question":" Red? "}');
  assert.equal(asked.openQuestion(0), "", "not before the board has taken it");
  result("1", true);
  assert.equal(asked.openQuestion(1), "Red?");
  call("2", '{"question":"Refused?"}');
  result("2", false);
  call("3", '{"question":"Cut');
  result("3", true);
  call("4", '{"question":7}');
  result("4", true);
  call("5", '{"question":"Of another"}', "mcp__other__ask_human");
  result("5", true);
  assert.equal(asked.openQuestion(1), "Red?");
  assert.equal(asked.openQuestion(2), "", "a comment came since");
  call("6", '{"question":"And now?"}');
  result("6", true, 2);
  assert.equal(asked.openQuestion(2), "And now?");
});
