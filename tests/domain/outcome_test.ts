import assert from "node:assert/strict";
import fc from "fast-check";
import type { AgentResult, EndCause } from "../../src/domain/agent_output.ts";
import { type Ending, judge, unreviewedCommit } from "../../src/domain/outcome.ts";
import type { Outcome } from "../../src/domain/run.ts";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const GOOD: AgentResult = {
  ok: true,
  terminal_reason: "completed",
  subtype: "success",
  text: "Done.",
  errors: [],
  api_status: 0,
  api_error: "",
  turns: 1,
  session_cost_usd: 0,
  input_tokens: 0,
  output_tokens: 0,
};

function ending(more: Partial<Ending> = {}, result: Partial<AgentResult> | null = {}): Ending {
  return {
    exit: { code: result?.ok === false ? 1 : 0, signal: "", stderr: "", garbage_lines: 0 },
    start_error: "",
    results: result === null ? [] : [{ ...GOOD, ...result }],
    cause: "",
    forced_exit: false,
    tree: "unchanged",
    tree_error: "",
    resumed: false,
    now: NOW,
    ...more,
  };
}
const exit = (code: number, more = {}) => ({
  exit: { code, signal: "", stderr: "", garbage_lines: 0, ...more },
});
const refused = (api_status: number, text: string, api_error = ""): Partial<AgentResult> => ({
  ok: false,
  terminal_reason: "api_error",
  api_status,
  text,
  api_error,
});

/** Outcome, with `+` when it is tried again and `*` when the session is given up. */
function short(given: Ending): string {
  const { outcome, transient, fresh_session } = judge(given);
  return `${outcome}${transient ? "+" : ""}${fresh_session ? "*" : ""}`;
}

Deno.test("judge() a good end: by the tree and by the question", () => {
  assert.equal(short(ending({ tree: "changed" })), "implemented");
  assert.equal(short(ending({ tree: "unchanged" })), "no_change");
  assert.equal(short(ending({}, { text: "BLOCKED: which?" })), "needs_input");
  assert.equal(short(ending({ tree: "changed" }, { text: "BLOCKED: which?" })), "needs_input");
  assert.equal(judge(ending({}, { text: "BLOCKED: which?" })).question, "which?");
  for (const tree of ["changed", "unchanged", "unknown"] as const) {
    const asked = judge(ending({ tree, asked: "Red or blue?" }, { text: "I wait" }));
    assert.deepEqual([asked.outcome, asked.question], ["needs_input", "Red or blue?"]);
  }
  assert.equal(short(ending({ asked: "Red?", cause: "stopped" })), "stopped");
  assert.equal(judge(ending({ tree: "changed" }, { text: "I did it" })).answer, "I did it");
});

Deno.test("judge() a success whose work is not safe is a failure, a question is not", () => {
  const lost = { tree: "unknown", tree_error: "disk full" } as const;
  assert.equal(short(ending(lost)), "failed");
  assert.match(judge(ending(lost)).reason, /disk full/);
  assert.equal(short(ending(lost, { text: "BLOCKED: which?" })), "needs_input");
  assert.equal(short(ending(lost, refused(401, "no"))), "failed");
});

Deno.test("judge() of several results takes the last; a question stands if nothing came of it", () => {
  const asked = { ...GOOD, text: "BLOCKED: which?" };
  const after = { ...GOOD, text: "The background task has ended." };
  assert.equal(short(ending({ results: [asked, after] })), "needs_input");
  assert.equal(judge(ending({ results: [asked, after] })).question, "which?");
  assert.equal(short(ending({ results: [asked, after], tree: "changed" })), "implemented");
  const broken = { ...GOOD, ...refused(529, "Overloaded") };
  assert.equal(short(ending({ results: [GOOD, broken], ...exit(1) })), "failed+");
  assert.equal(short(ending({ results: [broken, GOOD], tree: "changed" })), "implemented");
});

const CAUSES: Record<Exclude<EndCause, "">, string> = {
  stopped: "stopped",
  shutdown: "lost",
  fenced: "lost",
  timed_out: "timed_out",
  stalled: "stalled+",
  over_budget: "over_budget",
};

Deno.test("judge() a cause from outside wins over whatever the process said", () => {
  for (const [cause, outcome] of Object.entries(CAUSES)) {
    for (const result of [null, {}, refused(401, "no"), { text: "BLOCKED: which?" }]) {
      assert.equal(short(ending({ cause: cause as EndCause, tree: "changed" }, result)), outcome);
    }
  }
});

Deno.test("judge() failed requests by their structured fields, never by `subtype: success`", () => {
  const cases: [Partial<AgentResult>, string][] = [
    [refused(400, "API Error: 400 bad thing", "unknown"), "failed*"],
    [refused(400, "Credit balance is too low", "billing_error"), "failed"],
    [refused(401, "Invalid API key · Fix external API key"), "failed"],
    [refused(0, "Invalid API key", "authentication_failed"), "failed"],
    [refused(0, "Not logged in · Please run /login"), "failed"],
    [refused(403, "Failed to authenticate. API Error: 403 not allowed"), "failed"],
    [refused(404, "There's an issue with the selected model", "model_not_found"), "failed"],
    [refused(429, "API Error: Request rejected (429) · slow down", "rate_limit"), "failed+"],
    [refused(500, "API Error: 500"), "failed+"],
    [refused(529, "API Error: Repeated 529 Overloaded errors"), "failed+"],
    [refused(408, "Request timed out"), "failed+"],
    [refused(0, "API Error: Connection refused (ECONNREFUSED)"), "failed+"],
    [refused(0, "Request timed out", "unknown"), "failed+"],
    [
      { ok: false, terminal_reason: "prompt_too_long", text: "Prompt is too long", api_status: 400 },
      "failed*",
    ],
    [refused(413, "Request too large"), "failed*"],
    // Grown by its work: a new session may take it up.
    [{ ...refused(413, "Request too large"), turns: 7 }, "failed+*"],
    [{ ok: false, terminal_reason: "max_turns", text: "" }, "over_budget"],
    [{ ok: false, terminal_reason: "", subtype: "error_max_turns", text: "" }, "over_budget"],
    [{ ok: false, terminal_reason: "", subtype: "error_max_budget_usd", text: "" }, "over_budget"],
    [{ ok: false, terminal_reason: "budget_exhausted", subtype: "", text: "" }, "over_budget"],
    [
      { ok: false, terminal_reason: "aborted_streaming", subtype: "error_during_execution", text: "" },
      "failed+",
    ],
  ];
  for (const [result, expected] of cases) {
    assert.equal(
      short(ending({}, result)),
      expected,
      `${result.api_status} ${result.text || result.subtype}`,
    );
  }
});

Deno.test("judge() a resumed session that the API or the CLI refuses is given up for a new one", () => {
  const resumed = { resumed: true };
  assert.equal(short(ending(resumed, refused(400, "API Error: 400 bad history"))), "failed+*");
  assert.equal(
    short(ending(resumed, { ok: false, terminal_reason: "prompt_too_long", text: "" })),
    "failed+*",
  );
  const unknown = {
    ok: false,
    text: "",
    terminal_reason: "",
    errors: ["No conversation found with session ID: x"],
  };
  assert.equal(short(ending(resumed, unknown)), "failed+*");
  const used = exit(1, { stderr: "Error: Session ID 1-2 is already in use." });
  assert.equal(short(ending(used, null)), "failed+*");
  // Not for what has nothing to do with the session.
  for (const result of [refused(401, "no"), refused(529, "Overloaded"), refused(404, "model")]) {
    assert.equal(judge(ending(resumed, result)).fresh_session, false);
  }
});

Deno.test("judge() says how to log in", () => {
  assert.match(
    judge(ending({}, refused(401, "Invalid API key"))).advice,
    /claude setup-token.*ANTHROPIC_API_KEY/s,
  );
});

Deno.test("judge() a process that ends without a result is never a success", () => {
  const cases: [Partial<Ending>, string, RegExp][] = [
    [exit(0), "failed+", /code 0 and without a result/],
    [exit(1, { stderr: "boom" }), "failed+", /boom/],
    [exit(137, { signal: "SIGKILL" }), "failed+", /killed.*memory/],
    [exit(143, { signal: "SIGTERM" }), "failed+", /SIGTERM/],
    [exit(0, { garbage_lines: 3 }), "failed", /no JSON/],
    [exit(127, { stderr: "not found" }), "failed", /could not be started/],
    [exit(1, { stderr: "--x cannot be used with root/sudo privileges" }), "failed", /refused to start/],
    [exit(1, { stderr: "error: unknown option '--x'" }), "failed", /refused to start/],
    [{ exit: null, start_error: "Cannot start from HEAD" }, "failed", /^Cannot start from HEAD$/],
  ];
  for (const [given, expected, reason] of cases) {
    assert.equal(short(ending({ ...given, tree: "changed" }, null)), expected);
    assert.match(judge(ending(given, null)).reason, reason);
  }
});

Deno.test("judge() a good result of a process that then crashed is tried again, unless we ended it", () => {
  assert.equal(short(ending({ ...exit(1), tree: "changed" })), "failed+");
  assert.equal(short(ending({ ...exit(139, { signal: "SIGSEGV" }), tree: "changed" })), "failed+");
  assert.equal(
    short(ending({ ...exit(137, { signal: "SIGKILL" }), tree: "changed", forced_exit: true })),
    "implemented",
  );
});

Deno.test("judge() parks for a usage limit that the CLI marked as a failure", () => {
  const cases: [Partial<AgentResult>, string][] = [
    [refused(429, "Claude AI usage limit reached|1795359600", "rate_limit"), "2026-11-22T15:00:00.000Z"],
    [
      refused(0, "You've hit your session limit · resets 3pm (UTC)", "rate_limit"),
      "2026-11-22T15:00:00.000Z",
    ],
    [refused(429, "Request rejected (429) · resets in 2 hours"), "2026-11-22T14:00:00.000Z"],
    [refused(429, "You've hit your limit"), "2026-11-22T12:15:00.000Z"],
    [refused(429, "You've hit your limit · resets 2020-01-01T00:00:00Z"), "2026-11-22T12:15:00.000Z"],
  ];
  for (const [result, until] of cases) {
    const { outcome, not_before, transient } = judge(ending({}, result));
    assert.deepEqual([outcome, not_before, transient], ["usage_limited", until, false], result.text ?? "");
  }
});

Deno.test("judge() parks longer each time when no reset is announced, and takes clock times in its zone", () => {
  const limited = refused(429, "You've hit your limit");
  const until = (more: Partial<Ending>, result = limited) => judge(ending(more, result)).not_before;
  assert.equal(until({ parkings: 1 }), "2026-11-22T12:30:00.000Z");
  assert.equal(until({ parkings: 9 }), "2026-11-22T17:00:00.000Z");
  const announced = refused(429, "You've hit your limit · resets 3pm");
  assert.equal(until({ parkings: 9 }, announced), "2026-11-22T15:00:00.000Z");
  assert.equal(until({ zone: "Europe/Berlin" }, announced), "2026-11-22T14:00:00.000Z");
});

Deno.test("judge() of a spent budget says whose it was; a day's passes by itself", () => {
  const spent = { ok: false, terminal_reason: "", subtype: "error_max_budget_usd", text: "" };
  const day = judge(ending({ budget: { usd: 1, bound: "day", limit: 20 } }, spent));
  assert.deepEqual([day.outcome, day.not_before], ["over_budget", "2026-11-23T00:00:00.000Z"]);
  assert.match(day.reason, /\$20 for one day/);
  const issue = judge(ending({ cause: "over_budget", budget: { usd: 0, bound: "issue", limit: 5 } }, spent));
  assert.deepEqual([issue.outcome, issue.not_before], ["over_budget", ""]);
  assert.match(issue.advice, /AUTOPILOT_MAX_USD_PER_ISSUE/);
  const memory = judge(ending({ cause: "over_budget", cause_text: "Too much memory" }, spent));
  assert.deepEqual([memory.outcome, memory.reason], ["over_budget", "Too much memory"]);
});

Deno.test("judge() never parks for prose about limits", () => {
  const PROSE = [
    "I added a message: usage limit reached, resets 3pm.",
    "Claude AI usage limit reached|1795359600",
    "API Error: 429 rate_limit is now retried after 3600 seconds.",
  ];
  for (const text of PROSE) {
    assert.equal(short(ending({ tree: "changed" }, { text })), "implemented", text);
    assert.equal(short(ending({}, { text })), "no_change", text);
    // Nor in a failure of another kind.
    assert.equal(short(ending({}, refused(500, text))), "failed+", text);
    assert.equal(short(ending({}, refused(401, text))), "failed", text);
    assert.equal(short(ending({ ...exit(1, { stderr: text }) }, null)), "failed+", text);
    assert.equal(short(ending({}, { ok: false, terminal_reason: "max_turns", text })), "over_budget", text);
  }
});

Deno.test("judge() is total, and only a good result of a good exit is a success", () => {
  const result = fc.record({
    ok: fc.boolean(),
    terminal_reason: fc.constantFrom(
      "completed",
      "api_error",
      "max_turns",
      "prompt_too_long",
      "aborted_tools",
      "new",
    ),
    subtype: fc.constantFrom("success", "error_during_execution", "error_max_turns", "new"),
    text: fc.string(),
    errors: fc.array(fc.string(), { maxLength: 2 }),
    api_status: fc.constantFrom(0, 400, 401, 403, 404, 413, 418, 429, 500, 503, 529),
    api_error: fc.constantFrom("", "rate_limit", "authentication_failed", "server_error", "unknown", "new"),
  });
  const any = fc.record({
    results: fc.array(result.map((some) => ({ ...GOOD, ...some })), { maxLength: 3 }),
    code: fc.constantFrom(0, 1, 126, 127, 137, 143),
    tree: fc.constantFrom("changed" as const, "unchanged" as const, "unknown" as const),
    resumed: fc.boolean(),
  });
  const WELL: Outcome[] = ["implemented", "no_change", "needs_input"];
  fc.assert(
    fc.property(any, ({ results, code, tree, resumed }) => {
      const judgement = judge(ending({ results, ...exit(code), tree, resumed }));
      const well = results.at(-1)?.ok === true && code === 0;
      if (WELL.includes(judgement.outcome)) assert.ok(well);
      if (well && tree !== "unknown") assert.ok(WELL.includes(judgement.outcome));
      assert.notEqual(judgement.reason, "");
      assert.equal(judgement.not_before !== "", judgement.outcome === "usage_limited");
      assert.equal(judgement.question !== "", judgement.outcome === "needs_input");
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("unreviewedCommit() finds work that no human has seen in review", () => {
  const runs = (...list: string[]) =>
    unreviewedCommit(list.map((text) => {
      const [outcome, commit = ""] = text.split(" ");
      return { outcome: outcome as Outcome | "", commit };
    }));
  assert.equal(runs(), "");
  assert.equal(runs("lost c1"), "c1");
  assert.equal(runs("lost c1", "failed"), "c1");
  assert.equal(runs("needs_input c1", "stopped c2", "usage_limited"), "c2");
  assert.equal(runs("lost c1", "implemented c2"), "");
  assert.equal(runs("implemented c1", "no_change"), "");
  assert.equal(runs("implemented c1", "needs_input c2"), "c2");
  assert.equal(runs("lost"), "");
});
