import assert from "node:assert/strict";
import { byRequirement, namedTests, REQUIREMENTS, tableOf } from "./requirements.ts";

Deno.test("every security requirement has a test that attacks it", async () => {
  const tests = await namedTests();
  const gaps = [...byRequirement(tests)].filter(([, own]) => own.length === 0);
  assert.deepEqual(gaps.map(([id]) => `${id} ${REQUIREMENTS[id]}`), []);
  const unknown = tests.flatMap(({ requirements }) => requirements).filter((id) => !(id in REQUIREMENTS));
  assert.deepEqual(unknown, []);
});

Deno.test("tableOf() names the tests of each requirement", () => {
  const table = tableOf([{ requirements: ["S9", "S12"], name: "an attack", file: "tests/x_test.ts" }]);
  assert.match(table, /^S9 .*\(1\)\n +an attack {2}\[tests\/x_test\.ts\]$/m);
  assert.match(table, /^S10 .*\(0\)$/m);
  assert.equal(table.match(/an attack/g)?.length, 2);
});
