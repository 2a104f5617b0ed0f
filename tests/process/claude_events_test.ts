import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_ENTRY_TEXT } from "../../src/domain/log_entry.ts";
import { ClaudeOutput, parseClaudeLine } from "../../src/process/claude_events.ts";

const parse = (message: unknown) => parseClaudeLine(JSON.stringify(message));
const assistant = (...content: unknown[]) => ({
  type: "assistant",
  message: { content },
  parent_tool_use_id: null,
});

Deno.test("parseClaudeLine() reads the session from init", () => {
  const line = {
    type: "system",
    subtype: "init",
    session_id: "s",
    model: "m",
    claude_code_version: "2.1.330",
    x: 1,
  };
  assert.deepEqual(parse(line), [{ type: "session", session_id: "s", model: "m", version: "2.1.330" }]);
});

Deno.test("parseClaudeLine() reads text, thinking, calls and results, with the subagent they belong to", () => {
  assert.deepEqual(
    parse(assistant({ type: "text", text: "hello" }, { type: "thinking", thinking: "hm" }, { type: "x" })),
    [
      { type: "log", body: { type: "text", text: "hello" } },
      { type: "log", body: { type: "thinking", text: "hm" } },
    ],
  );
  const call = {
    ...assistant({ type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } }),
    parent_tool_use_id: "p",
  };
  assert.deepEqual(parse(call), [{
    type: "log",
    body: { type: "tool_call", call_id: "t1", tool: "Bash", input: '{"command":"ls"}', parent: "p" },
  }]);
  const content = [{ type: "text", text: "a" }, { type: "image", source: {} }];
  const result = {
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: "t1", content, is_error: true }] },
  };
  assert.deepEqual(parse(result), [{
    type: "log",
    body: { type: "tool_result", call_id: "t1", ok: false, text: "a\n[image]" },
  }]);
});

Deno.test("parseClaudeLine() turns TodoWrite into a list", () => {
  const todos = [{ content: "one", status: "completed", activeForm: "x" }, 5];
  assert.deepEqual(parse(assistant({ type: "tool_use", id: "t", name: "TodoWrite", input: { todos } })), [{
    type: "log",
    body: { type: "todo", items: [{ text: "one", status: "completed" }, { text: "", status: "" }] },
  }]);
});

Deno.test("parseClaudeLine() reads retries, also those without a status", () => {
  const retry = {
    type: "system",
    subtype: "api_retry",
    attempt: 2,
    max_retries: 10,
    error_status: 529,
    error: "overloaded",
  };
  assert.deepEqual(parse(retry), [{
    type: "api_retry",
    status: 529,
    attempt: 2,
    max: 10,
    error: "overloaded",
  }]);
  assert.deepEqual(parse({ ...retry, error_status: null }), [
    { type: "api_retry", status: 0, attempt: 2, max: 10, error: "overloaded" },
  ]);
});

const RESULT = {
  type: "result",
  subtype: "success",
  is_error: false,
  terminal_reason: "completed",
  result: "Done",
  num_turns: 3,
  total_cost_usd: 0.5,
  duration_ms: 9,
  usage: { input_tokens: 1, cache_creation_input_tokens: 10, cache_read_input_tokens: 100, output_tokens: 7 },
};

Deno.test("parseClaudeLine() believes a result only when all of it says so", () => {
  const ok = (more: Record<string, unknown>) => {
    const [event] = parse({ ...RESULT, ...more });
    assert.ok(event.type === "result");
    return event.result.ok;
  };
  assert.equal(ok({}), true);
  assert.equal(ok({ is_error: true, terminal_reason: "api_error" }), false);
  assert.equal(ok({ is_error: true }), false);
  assert.equal(ok({ is_error: undefined }), false);
  assert.equal(ok({ terminal_reason: "aborted_tools" }), false);
  assert.equal(ok({ subtype: "error_max_turns" }), false);
});

Deno.test("parseClaudeLine() adds up tokens and keeps the session's cost as it is", () => {
  const [event] = parse(RESULT);
  assert.ok(event.type === "result");
  const { input_tokens, output_tokens, session_cost_usd, turns, text } = event.result;
  assert.deepEqual([input_tokens, output_tokens, session_cost_usd, turns, text], [111, 7, 0.5, 3, "Done"]);
  assert.deepEqual(event.log, {
    type: "result",
    ok: true,
    text: "Done",
    turns: 3,
    cost_usd: 0.5,
    input_tokens: 111,
    output_tokens: 7,
    duration_ms: 9,
  });
});

Deno.test("ClaudeOutput gives a failed result the class of the request that failed", () => {
  const output = new ClaudeOutput();
  const refused = {
    ...assistant({ type: "text", text: "Invalid API key" }),
    error: "authentication_failed",
    is_api_error_message: true,
  };
  assert.deepEqual(output.read(JSON.stringify(refused)), [
    { type: "log", body: { type: "error", text: "Invalid API key" } },
  ]);
  const failed = { ...RESULT, is_error: true, terminal_reason: "api_error", api_error_status: 401 };
  const [event] = output.read(JSON.stringify(failed));
  assert.ok(event.type === "result");
  assert.deepEqual([event.result.api_status, event.result.api_error], [401, "authentication_failed"]);
  output.read(JSON.stringify(assistant({ type: "text", text: "works again" })));
  const [later] = output.read(
    JSON.stringify({ ...RESULT, subtype: "error_max_turns", errors: ["too many", 5] }),
  );
  assert.ok(later.type === "result");
  assert.deepEqual([later.result.api_error, later.result.errors], ["", ["too many", ""]]);
});

Deno.test("ClaudeOutput counts the lines that are no JSON object", () => {
  const output = new ClaudeOutput();
  for (const line of ["", "  ", "{}", '{"type":"unknown"}']) assert.deepEqual(output.read(line), []);
  assert.equal(output.garbage_lines, 0);
  for (const line of ["hello", "[]", "null", "5", '{"type":"res']) assert.deepEqual(output.read(line), []);
  assert.equal(output.garbage_lines, 5);
});

Deno.test("parseClaudeLine() caps every text that the agent can choose", () => {
  const long = "x".repeat(200_000);
  const lines = [
    assistant({ type: "text", text: long }),
    assistant({ type: "thinking", thinking: long }),
    assistant({ type: "tool_use", id: long, name: long, input: { a: long } }),
    assistant({
      type: "tool_use",
      name: "TodoWrite",
      input: { todos: Array(200).fill({ content: long, status: long }) },
    }),
    {
      type: "user",
      parent_tool_use_id: long,
      message: { content: [{ type: "tool_result", tool_use_id: long, content: long }] },
    },
    {
      type: "user",
      message: { content: [{ type: "tool_result", content: Array(100).fill({ type: "text", text: long }) }] },
    },
    { ...RESULT, result: long, errors: Array(100).fill(long), terminal_reason: long, subtype: long },
    { type: "system", subtype: "init", session_id: long, model: long, claude_code_version: long },
    { type: "system", subtype: "informational", content: long },
  ];
  for (const line of lines) {
    const size = JSON.stringify(parse(line)).length;
    assert.ok(size > 100 && size < 5 * MAX_ENTRY_TEXT, `${size}: ${JSON.stringify(line).slice(0, 80)}`);
  }
});

Deno.test("parseClaudeLine() takes any JSON without throwing", () => {
  const types = fc.constantFrom("system", "assistant", "user", "result", "other");
  const message = fc.record({
    type: types,
    subtype: fc.constantFrom("init", "api_retry", "success", "permission_denied"),
    message: fc.oneof(fc.jsonValue(), fc.record({ content: fc.array(fc.jsonValue()) })),
    usage: fc.jsonValue(),
    errors: fc.jsonValue(),
    result: fc.jsonValue(),
  }, { requiredKeys: ["type"] });
  fc.assert(fc.property(message, (value) => Array.isArray(parse(value))));
  fc.assert(fc.property(fc.string(), (line) => Array.isArray(parseClaudeLine(line))));
});

Deno.test("ClaudeOutput.read() tells every answer of the model once, not those of its helpers, nor failures", () => {
  const output = new ClaudeOutput();
  const assistant = (id: string, more: Record<string, unknown> = {}) =>
    output.read(JSON.stringify({
      type: "assistant",
      message: { id, content: [{ type: "text", text: "x" }], usage: RESULT.usage },
      ...more,
    })).map((event) => event.type === "round" ? event.input_tokens : 0).reduce((sum, n) => sum + n, 0) / 111;
  assert.equal(assistant("m1"), 1);
  assert.equal(assistant("m1"), 0);
  assert.equal(assistant("m2", { parent_tool_use_id: "t1" }), 0);
  assert.equal(assistant("m3"), 1);
  assert.equal(assistant("m4", { error: "rate_limit", is_api_error_message: true }), 0);
  assert.equal(assistant(""), 0);
});

Deno.test("parseClaudeLine() reads the cost from the answer to askCost(), and nothing from other answers", () => {
  const answer = (response: unknown) =>
    parseClaudeLine(JSON.stringify({ type: "control_response", response }));
  const text =
    "Estimated cost:        $12.4800\nTotal duration (API):  0s\nUsage by model:\n x: 1 input ($9.00)";
  assert.deepEqual(answer({ subtype: "success", response: { text } }), [{
    type: "cost",
    session_cost_usd: 12.48,
  }]);
  assert.deepEqual(answer({ subtype: "success", response: {} }), []);
  assert.deepEqual(answer({ subtype: "error", error: "unknown" }), []);
  assert.deepEqual(answer("x"), []);
});
