import assert from "node:assert/strict";
import { cleanText, safeHref } from "../../static/board/clean.js";
import {
  applyMessages,
  type Card,
  type Cards,
  columnsOf,
  countOf,
  mergeCards,
  movedTotals,
  needOf,
  nextStatus,
} from "../../static/board/reduce.js";
import * as words from "../../static/board/words.js";
import { needOf as attention } from "../../src/domain/attention.ts";
import { cardOf, messageOf } from "../../src/domain/event.ts";
import type { Issue, Status } from "../../src/domain/issue.ts";
import { KINDS, PRIORITIES, STATUSES } from "../../src/domain/issue.ts";
import { OUTCOMES, PHASES } from "../../src/domain/run.ts";
import { HUMAN_STATUSES, STATUS_WORDS } from "../../src/domain/workflow.ts";

function issue(number: number, fields: Partial<Issue> = {}): Issue {
  return {
    id: `id-${number}`,
    number,
    title: `Issue ${number}`,
    body: "",
    status: "backlog",
    kind: "bug",
    priority: "normal",
    assignee: "",
    human_only: false,
    created_by: "ann",
    trust: "operator",
    claimed_by: "",
    claimed_at: "",
    branch: "",
    pr_url: "",
    result: "",
    checks: "",
    outcome: "",
    refused_hosts: [],
    not_before: "",
    attempts: 0,
    cost_usd: 0,
    version: 1,
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
    ...fields,
  };
}

const card = (number: number, fields: Partial<Issue> = {}): Card => ({ ...issue(number, fields) });
const cardsOf = (...list: Card[]): Cards => new Map(list.map((item) => [item.id, item]));
const NONE: Cards = new Map();

/** The message as the socket brings it. */
function message(seq: number, of: Issue, type: "issue.created" | "issue.status" | "issue.updated") {
  return messageOf({
    seq,
    at: of.updated_at,
    type,
    issue_id: of.id,
    run_id: "",
    actor: { kind: "human", name: "ann" },
    data: cardOf(of),
  }) as Parameters<typeof applyMessages>[1][number];
}

Deno.test("words.js spells the domain's vocabulary, all of it and in its order", () => {
  assert.deepEqual(words.STATUSES, STATUSES);
  assert.deepEqual(words.STATUS_WORDS, STATUS_WORDS);
  assert.deepEqual(words.HUMAN_STATUSES, HUMAN_STATUSES);
  assert.deepEqual(words.PRIORITIES, PRIORITIES);
  assert.deepEqual(Object.keys(words.KIND_WORDS), [...KINDS]);
  assert.deepEqual(Object.keys(words.OUTCOME_WORDS), [...OUTCOMES]);
  assert.deepEqual(Object.keys(words.PHASE_WORDS), [...PHASES]);
});

Deno.test("applyMessages() makes whole cards of the server's events", () => {
  const filed = issue(1, { title: "New" });
  const cards = applyMessages(NONE, [
    message(1, filed, "issue.created"),
    message(2, { ...filed, status: "ready", version: 2 }, "issue.status"),
  ]);
  const { body: _body, created_by: _by, result: _result, ...shown } = {
    ...filed,
    status: "ready",
    version: 2,
  };
  assert.deepEqual(cards.get("id-1"), shown);
});

Deno.test("applyMessages() keeps the map when nothing in it changes", () => {
  const cards = cardsOf(card(1, { version: 5 }));
  assert.equal(applyMessages(cards, [{ type: "comment.added", seq: 3, issue_id: "id-1" }]), cards);
  assert.equal(applyMessages(cards, [message(2, issue(1, { version: 5 }), "issue.updated")]), cards);
});

Deno.test("mergeCards() lets no older version replace a newer one, whatever the order", () => {
  const [old, young] = [card(1, { version: 2, title: "old" }), card(1, { version: 3, title: "young" })];
  for (const news of [[old, young], [young, old]]) {
    assert.equal(mergeCards(NONE, news).get("id-1")?.title, "young");
  }
});

Deno.test("columnsOf() orders each column by what matters in it", () => {
  const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`;
  const order = (status: Status, ...list: Partial<Issue>[]) =>
    columnsOf(
      cardsOf(...list.map((fields, i) => card(i + 1, { status, ...fields }))),
      new Map(),
      null,
    )[status]
      .map(({ number }) => number);
  assert.deepEqual(order("backlog", { priority: "low" }, {}, {}, { priority: "urgent" }), [4, 3, 2, 1]);
  assert.deepEqual(order("ready", { priority: "low" }, {}, {}, { priority: "urgent" }), [4, 2, 3, 1]);
  assert.deepEqual(order("blocked", { updated_at: at(3) }, { updated_at: at(1) }), [2, 1]);
  assert.deepEqual(order("in_review", { updated_at: at(3) }, { updated_at: at(1) }), [2, 1]);
  assert.deepEqual(order("done", { updated_at: at(1) }, { updated_at: at(3) }), [2, 1]);
});

Deno.test("columnsOf() shows a move that is not confirmed, and keeps untouched columns identical", () => {
  const cards = cardsOf(card(1), card(2, { status: "ready" }), card(3, { status: "done" }));
  const before = columnsOf(cards, new Map(), null);
  const after = columnsOf(cards, new Map([["id-1", "done" as const]]), before);
  assert.deepEqual(after.backlog, []);
  assert.deepEqual(after.done.map(({ number }) => number).sort(), [1, 3]);
  assert.equal(after.ready, before.ready);
});

Deno.test("movedTotals() and countOf() count what is not loaded, and moves under way", () => {
  const totals = { backlog: 3, ready: 0, in_progress: 1, blocked: 0, in_review: 0, done: 900 };
  const messages = [
    { type: "issue.status", from: "backlog", status: "done" },
    { type: "issue.created", status: "ready" },
    { type: "issue.updated", status: "done" },
    { type: "run.finished" },
  ];
  const next = movedTotals(totals, messages);
  assert.deepEqual(next, { ...totals, backlog: 2, ready: 1, done: 901 });
  assert.equal(totals.done, 900);
  const cards: Cards = new Map([["a", issue(1, { status: "done" })], ["b", issue(2)]]);
  const pending = new Map<string, Status>([["a", "ready"], ["b", "done"], ["not here", "done"]]);
  assert.equal(countOf("done", next, cards, pending), 901);
  assert.equal(countOf("ready", next, cards, pending), 2);
});

Deno.test("nextStatus() skips In progress and stops at the edges", () => {
  assert.equal(nextStatus("ready", 1), "blocked");
  assert.equal(nextStatus("blocked", -1), "ready");
  assert.equal(nextStatus("in_progress", 1), "blocked");
  assert.equal(nextStatus("in_progress", -1), "ready");
  assert.equal(nextStatus("done", 1), null);
  assert.equal(nextStatus("backlog", -1), null);
});

Deno.test("cleanText() strips terminal sequences and writes hidden characters out", () => {
  for (
    const [text, shown] of [
      ["plain\n\ttext with ümläut and 漢字", "plain\n\ttext with ümläut and 漢字"],
      ["\x1b[1;31mred\x1b[0m", "red"],
      ["\x1b]0;title\x07after", "after"],
      ["a\r\nb\rc", "a\nb\nc"],
      ["a\u202eb\u2066c", "a‹U+202E›b‹U+2066›c"],
      ["a\u200bb\ufeff", "a‹U+200B›b‹U+FEFF›"],
      ["a\u{e0041}b", "a‹U+E0041›b"],
      ["a\0b\x08", "a‹U+0000›b‹U+0008›"],
      ["x\u200dy", "x‹U+200D›y"],
      ["👩‍💻 می‌خواهم", "👩‍💻 می‌خواهم"],
    ]
  ) assert.equal(cleanText(text), shown);
});

Deno.test("safeHref() follows http, https, mailto and own paths only", () => {
  for (
    const href of ["https://a.b/c?d#e", "http://a", "mailto:a@b", "/autopilot?issue=1", "#x", "?issue=1"]
  ) {
    assert.equal(safeHref(href), href);
  }
  for (
    const href of [
      "javascript:alert(1)",
      " javascript:alert(1)",
      "java\nscript:alert(1)",
      "JAVASCRIPT:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "file:///etc/passwd",
      "blob:https://a/b",
      "relative",
      "http://",
      "",
    ]
  ) assert.equal(safeHref(href), null, href);
});

Deno.test("needOf() wants what the server's filter by need finds", () => {
  for (const status of STATUSES) {
    for (const outcome of [...OUTCOMES, ""] as const) {
      assert.equal(needOf(issue(1, { status, outcome })), attention(issue(1, { status, outcome })));
    }
  }
});
