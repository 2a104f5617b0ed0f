/** Search: the same words found in the same way in every database. */

import assert from "node:assert/strict";
import { ANN, newComment, newIssue } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

export function searchSuite(backend: Backend): void {
  testOn(
    backend,
    "issues.list({ q }) finds words by their beginning, all of them, in issue or comment",
    async () => {
      await using test = await backend.open();
      const { issues, comments } = test.store;
      await issues.create(
        newIssue({ title: "Login fails on Safari", body: "The Überschrift of foo-bar.ts is wrong, v2.10" }),
        ANN,
      );
      await issues.create(
        newIssue({ title: "Logout", body: "naïve résumé; e-mail to ann@example.org" }),
        ANN,
      );
      await issues.create(newIssue({ title: "日本語のテスト" }), ANN);
      await comments.add("2", newComment("Safari too"), ANN);
      await comments.add("2", newComment("Safari again"), ANN);
      const find = async (q: string) => (await issues.list({ limit: 10, q })).map((issue) => issue.number);
      const cases: [string, number[]][] = [
        ["login", [1]],
        ["LOG", [2, 1]],
        ["safari", [2, 1]],
        ["login safari", [1]],
        ["safari fails login", [1]],
        ["login logout", []],
        ["uberschrift", [1]],
        ["ÜBERSCHRIFT", [1]],
        ["naive resume", [2]],
        ["foo-bar", [1]],
        ["foo-bar.ts", [1]],
        ["bar", [1]],
        ["oo", []],
        ["ann@example.org", [2]],
        ["v2.10", [1]],
        ["2.10", []],
        ["日本", [3]],
        ["", [3, 2, 1]],
        ["  ", [3, 2, 1]],
        ["%%%", []],
        ["again too", []],
      ];
      for (const [q, numbers] of cases) assert.deepEqual([q, await find(q)], [q, numbers]);
    },
  );

  testOn(backend, "issues.list({ q }) follows edits and keeps to limit, cursor and filters", async () => {
    await using test = await backend.open();
    const { issues, comments } = test.store;
    for (let n = 1; n <= 20; n++) {
      await issues.create(newIssue({ title: `Apple ${n}`, status: n % 2 ? "ready" : "backlog" }), ANN);
      for (let c = 0; c < n % 4; c++) await comments.add(String(n), newComment(`apple pie ${c}`), ANN);
    }
    const all: number[] = [];
    for (let before = 100;;) {
      const page = await issues.list({ limit: 3, q: "apple", before });
      all.push(...page.map((issue) => issue.number));
      if (page.length < 3) break;
      before = page[2].number;
    }
    assert.deepEqual(all, Array.from({ length: 20 }, (_, index) => 20 - index));
    const ready = await issues.list({ limit: 4, q: "apple pie", status: "ready", before: 18 });
    assert.deepEqual(ready.map((issue) => issue.number), [17, 15, 13, 11]);
    await issues.edit("20", { title: "Pear" }, {}, ANN);
    assert.equal((await issues.list({ limit: 1, q: "apple" }))[0].number, 19);
    assert.equal((await issues.list({ limit: 1, q: "pear" }))[0].number, 20);
  });

  testOn(backend, "issues.list({ q }) takes any text as words, never as syntax", async () => {
    await using test = await backend.open();
    const { issues } = test.store;
    await issues.create(newIssue({ title: "and or not near the quick brown fox" }), ANN);
    const found = [
      "AND",
      "not",
      "quick AND brown",
      "fox*",
      '"quick"',
      "(quick",
      "near(fox)",
      "brown & fox",
      "!fox",
      "fox:*",
      "^the",
      "quick\u200bfox",
    ];
    for (const q of found) {
      const numbers = (await issues.list({ limit: 10, q })).map((issue) => issue.number);
      assert.deepEqual([q, numbers], [q, [1]]);
    }
    for (
      const q of [
        "'",
        '"',
        "*",
        "()",
        "title:zebra",
        "-x",
        "{zz the}",
        "'; drop table issues; --",
        "\ud800",
        "a".repeat(100_000),
        "x ".repeat(10_000),
      ]
    ) {
      assert.deepEqual([q.slice(0, 20), await issues.list({ limit: 10, q })], [q.slice(0, 20), []]);
    }
  });
}
