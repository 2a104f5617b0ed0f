import assert from "node:assert/strict";
import type { AgentExit, AgentResult } from "../../src/domain/agent_output.ts";
import type { Kind, Status } from "../../src/domain/issue.ts";
import type { Outcome } from "../../src/domain/run.ts";
import { makeBench } from "./bench.ts";
import type { AgentScript } from "./scripted_agent.ts";

interface Case {
  name: string;
  kind?: Kind;
  edits?: boolean;
  result?: Partial<AgentResult>;
  /** Instead of a result. */
  exit?: Partial<AgentExit>;
  outcome: Outcome;
  status: Status;
  /** Must match the last comment. */
  says: RegExp;
  /** Whether the issue waits. */
  waits?: boolean;
}

const api = (api_status: number, text: string, api_error = ""): Partial<AgentResult> => ({
  ok: false,
  terminal_reason: "api_error",
  text,
  api_status,
  api_error,
});

const CASES: Case[] = [
  {
    name: "files changed",
    edits: true,
    outcome: "implemented",
    status: "in_review",
    says: /ready for review/,
  },
  {
    name: "a question",
    result: { text: "Two ways.\n\n**BLOCKED:** SQLite or PostgreSQL?" },
    outcome: "needs_input",
    status: "blocked",
    says: /^SQLite or PostgreSQL\?$/,
  },
  {
    name: "a question with files changed",
    edits: true,
    result: { text: "BLOCKED: which one?" },
    outcome: "needs_input",
    status: "blocked",
    says: /^which one\?$/,
  },
  { name: "nothing changed", outcome: "no_change", status: "blocked", says: /changed no file/ },
  {
    name: "a question issue answered",
    kind: "question",
    result: { text: "42" },
    outcome: "no_change",
    status: "in_review",
    says: /question is answered/,
  },
  {
    name: "401",
    result: api(401, "Invalid API key · Fix external API key", "authentication_failed"),
    outcome: "failed",
    status: "blocked",
    says: /not logged in.*setup-token.*ANTHROPIC_API_KEY/s,
  },
  {
    name: "not logged in at all",
    result: api(0, "Not logged in · Please run /login"),
    outcome: "failed",
    status: "blocked",
    says: /not logged in/,
  },
  {
    name: "400",
    result: api(400, "API Error: 400 bad thing", "invalid_request"),
    outcome: "failed",
    status: "blocked",
    says: /refused the request as invalid.*bad thing/s,
  },
  {
    name: "unknown model",
    result: api(404, "There's an issue with the selected model (x)", "model_not_found"),
    outcome: "failed",
    status: "blocked",
    says: /AUTOPILOT_MODEL/,
  },
  {
    name: "529",
    result: api(529, "API Error: Repeated 529 Overloaded errors", "server_error"),
    outcome: "failed",
    status: "ready",
    waits: true,
    says: /attempt 2 of 3 follows/,
  },
  {
    name: "connection refused after edits",
    edits: true,
    result: api(0, "API Error: Connection refused (ECONNREFUSED)"),
    outcome: "failed",
    status: "ready",
    waits: true,
    says: /Branch `autopilot\/1-/,
  },
  {
    name: "usage limit",
    result: api(429, "You've hit your session limit · resets 3pm (UTC)", "rate_limit"),
    outcome: "usage_limited",
    status: "ready",
    waits: true,
    says: /after 2026-11-22T15:00:00.000Z/,
  },
  {
    name: "exit without a result",
    exit: { code: 1, stderr: "Segmentation fault" },
    outcome: "failed",
    status: "ready",
    waits: true,
    says: /code 1 and without a result: Segmentation fault/,
  },
  {
    name: "killed",
    exit: { code: 137, signal: "SIGKILL" },
    outcome: "failed",
    status: "ready",
    waits: true,
    says: /killed without a result.*memory/,
  },
  {
    name: "garbage instead of JSON",
    exit: { code: 0, garbage_lines: 12 },
    outcome: "failed",
    status: "blocked",
    says: /12 lines that are no JSON.*AUTOPILOT_CLAUDE_BIN/s,
  },
  {
    name: "limit of turns",
    edits: true,
    result: { ok: false, terminal_reason: "max_turns", subtype: "error_max_turns", text: "" },
    outcome: "over_budget",
    status: "blocked",
    says: /limit of turns.*kept on the branch/s,
  },
  {
    name: "limit of cost",
    result: { ok: false, terminal_reason: "", subtype: "error_max_budget_usd", text: "" },
    outcome: "over_budget",
    status: "blocked",
    says: /the limit of \$10 for one run/,
  },
];

for (const it of CASES) {
  Deno.test(`runner ends "${it.name}" as ${it.outcome}, issue ${it.status}`, async () => {
    await using bench = await makeBench();
    const script: AgentScript = async (agent) => {
      if (it.edits) await agent.write("made.txt", "by the agent\n");
      if (it.exit !== undefined) return agent.exit(it.exit);
      agent.result(it.result);
      if (it.result?.ok === false) agent.exit({ code: 1 });
    };
    const filed = await bench.file({ kind: it.kind ?? "bug" });
    const runner = bench.runner(script);
    await runner.start();
    const { issue, run, comments } = await bench.finished(filed);

    assert.equal(run.outcome, it.outcome);
    assert.equal(issue.status, it.status);
    assert.match(comments.at(-1)!.body, it.says);
    assert.equal(issue.not_before > bench.time.now().toISOString(), it.waits ?? false);
    await runner.stop();
    // Whatever the ending: what the agent wrote is on the branch, and the workspace is gone.
    const branches = await bench.repo.git("branch", "--list", "autopilot/*", "--format=%(refname:short)");
    assert.equal(branches, it.edits ? "autopilot/1-make-it-better" : "");
    assert.equal(issue.branch, branches);
    if (it.edits) assert.equal(await bench.repo.git("show", `${branches}:made.txt`), "by the agent");
    assert.deepEqual(await foldersOf(`${bench.data}/workspaces`), []);
    assert.deepEqual(bench.requests.length, 1);
  });
}

async function foldersOf(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
}
