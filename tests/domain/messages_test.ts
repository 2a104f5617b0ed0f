import assert from "node:assert/strict";
import { commentsFor, type EndContext, resultOf } from "../../src/domain/messages.ts";
import type { Judgement } from "../../src/domain/outcome.ts";
import { type Outcome, OUTCOMES } from "../../src/domain/run.ts";
import { MAX_BODY } from "../../src/domain/issue.ts";

function end(outcome: Outcome, more: Partial<EndContext> = {}, judged: Partial<Judgement> = {}): EndContext {
  return {
    judgement: {
      outcome,
      reason: "The reason",
      question: outcome === "needs_input" ? "Which?" : "",
      advice: "",
      answer: "My words",
      transient: false,
      not_before: "",
      fresh_session: false,
      ...judged,
    },
    kind: "bug",
    agent_id: "robo",
    branch: "autopilot/1-x",
    commit: "",
    changed_files: 0,
    left_out: [],
    warnings: [],
    pr_url: "",
    publish_error: "",
    failures: 0,
    retry_at: "",
    kept_folder: "",
    ...more,
  };
}
const texts = (context: EndContext) => commentsFor(context).map(({ author, body }) => `${author}: ${body}`);

Deno.test("commentsFor() says something for every outcome, and no two say the same", () => {
  const seen = new Set<string>();
  for (const outcome of OUTCOMES) {
    const comments = commentsFor(end(outcome, {}, { reason: `Because of ${outcome}` }));
    assert.ok(comments.length > 0 && comments.every(({ body }) => body.trim() !== ""), outcome);
    assert.ok(!/undefined|null|NaN/.test(comments.map(({ body }) => body).join()), outcome);
    seen.add(comments.at(-1)!.body);
  }
  assert.equal(seen.size, OUTCOMES.length);
});

Deno.test("commentsFor() names branch, commit, files and pull request for a review", () => {
  const [words, system] = texts(end("implemented", {
    commit: "0123456789abcdef",
    changed_files: 3,
    pr_url: "https://github.com/a/b/pull/7",
  }));
  assert.equal(words, "robo: My words");
  assert.match(system, /^autopilot: The work is ready for review/);
  assert.match(system, /`autopilot\/1-x` at `0123456789ab`, 3 files changed/);
  assert.match(system, /Pull request: https:\/\/github.com\/a\/b\/pull\/7/);
  assert.match(system, /moving the issue to Done/);
});

Deno.test("commentsFor() writes the question last, in the agent's name", () => {
  assert.deepEqual(texts(end("needs_input")), ["robo: Which?"]);
  const [before, question] = texts(end("needs_input", { commit: "0123456789abcdef", left_out: ["x: why"] }));
  assert.match(before, /^autopilot: .*Branch.*Not in the commit:.*- x: why/s);
  assert.equal(question, "robo: Which?");
});

Deno.test("commentsFor() tells a failure that passes from one that does not", () => {
  const again =
    texts(end("failed", { failures: 1, retry_at: "2026-11-22T12:00:10.000Z" }, { transient: true }))[0];
  assert.match(again, /attempt 2 of 3 follows by itself after 2026-11-22T12:00:10.000Z/);
  const spent = texts(end("failed", { failures: 3 }, { transient: true }))[0];
  assert.match(spent, /attempt 3 of 3.*not tried again/);
  const permanent = texts(end("failed"))[0];
  assert.match(permanent, /^autopilot: The reason\.\n\nTrying again would fail/);
  assert.match(texts(end("failed", {}, { advice: "Log in." }))[0], /The reason\.\n\nLog in\.$/);
});

Deno.test("commentsFor() tells what could not be published, committed or kept", () => {
  const failed = { commit: "0123456789abcdef", publish_error: "gh said 401" };
  assert.match(texts(end("implemented", failed))[1], /failed: gh said 401.*git push origin autopilot\/1-x/s);
  const many = { left_out: Array.from({ length: 25 }, (_, n) => `file${n}\nx: big`) };
  const body = texts(end("implemented", many))[1];
  assert.match(body, /- file19 x: big\n- and 5 more/);
  assert.match(texts(end("failed", { kept_folder: "/data/w/1" }))[0], /kept in `\/data\/w\/1`/);
  assert.match(texts(end("implemented", { warnings: ["a link leads out"] }))[1], /- a link leads out/);
});

Deno.test("commentsFor() keeps comments within what the store takes", () => {
  const [words] = commentsFor(end("implemented", {}, { answer: "x".repeat(MAX_BODY + 10) }));
  assert.equal(words.body.length, MAX_BODY);
});

Deno.test("commentsFor() lets Autopilot speak alone when the agent said nothing", () => {
  const comments = commentsFor(end("implemented", {}, { answer: "  \n" }));
  assert.deepEqual(comments.map(({ author_kind }) => author_kind), ["system"]);
});

Deno.test("resultOf() is the answer of a good end, the question, or the reason", () => {
  assert.equal(resultOf(end("implemented")), "My words");
  assert.equal(resultOf(end("implemented", {}, { answer: "" })), "The reason");
  assert.equal(resultOf(end("needs_input")), "Which?");
  assert.equal(resultOf(end("no_change")), "The reason");
  assert.equal(resultOf(end("no_change", { kind: "question" })), "My words");
  assert.equal(resultOf(end("failed")), "The reason");
});
