import assert from "node:assert/strict";
import { noticeOf, noticeOfPage, textOf } from "../../static/sdk/notice.js";
import { WORDS } from "../../static/sdk/words.js";

const said = (message: Record<string, unknown>) => {
  const notice = noticeOf({ issue_id: "i", number: 7, title: "T", ...message }, WORDS);
  if (notice === null) return null;
  const { level, what, stays, quiet, settles, key } = notice;
  const flags = Object.entries({ stays, quiet, settles, key: key !== "" }).filter(([, on]) => on);
  return [level, what, ...flags.map(([name]) => name)].join(" | ");
};

Deno.test("noticeOf() says what every event means, how urgent it is, and what it makes out of date", () => {
  const moved = (status: string, more = {}) => said({ type: "issue.status", from: "ready", status, ...more });
  assert.equal(said({ type: "issue.created" }), "info | New issue");
  assert.equal(moved("ready"), "info | Moved to Ready | settles");
  assert.equal(moved("blocked"), "need | Blocked: needs your input | stays");
  assert.equal(moved("blocked", { outcome: "needs_input" }), "need | Blocked: needs your input | stays");
  assert.equal(moved("blocked", { outcome: "timed_out" }), "bad | Blocked: needs your input | stays");
  assert.equal(moved("in_review"), "good | Ready for review | settles");
  assert.equal(moved("done"), "good | Done | settles");
  assert.equal(said({ type: "comment.added" }), "info | New comment");
  assert.equal(said({ type: "comment.added", author: "Anna" }), "info | Comment by Anna");
  assert.equal(
    said({ type: "run.finished", outcome: "over_budget" }),
    "bad | Agent stopped: over budget | quiet",
  );
  // A claim is told once: the start takes the place of the move.
  assert.equal(moved("in_progress"), "work | Moved to In progress | settles | key");
  assert.equal(said({ type: "run.started" }), "work | Agent started | settles | key");
  const keys = [{ type: "run.started" }, { type: "issue.status", status: "in_progress" }].map((message) =>
    noticeOf({ issue_id: "i", ...message }, WORDS)?.key
  );
  assert.equal(keys[0], keys[1]);
  for (const type of ["agent.status", "issue.updated", "token.minted", "resync", "", undefined]) {
    assert.equal(said({ type }), null, `${type}`);
  }
});

Deno.test("noticeOfPage() shows whatever a page says, by its id, its number or no issue at all", () => {
  const own = noticeOfPage({ type: "deploy", message: "Version 7 is out", number: 3 }, WORDS);
  assert.deepEqual([own.what, own.issue, own.quiet], ["Version 7 is out", "3", false]);
  assert.equal(noticeOfPage({ type: "run.finished", id: "i" }, WORDS).quiet, false);
  assert.deepEqual([noticeOfPage({}, WORDS).what, noticeOfPage({}, WORDS).issue], ["Autopilot", ""]);
});

Deno.test("textOf() is short, has nothing that can't be seen, and never half a character", () => {
  assert.equal(textOf("a\u202eb\u0007c\u200bd"), "abcd");
  assert.equal(textOf("👩‍👩‍👧 ok"), "👩‍👩‍👧 ok");
  const long = textOf("😀".repeat(1000));
  assert.ok(long.length <= 301 && long.isWellFormed());
  for (const odd of [null, undefined, {}, [], true, Symbol("x")]) assert.equal(textOf(odd), "");
});
