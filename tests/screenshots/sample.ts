/** A board as it looks in the middle of a working day: agents at work, questions, reviews, accepted work. */

import assert from "node:assert/strict";
import type { NewComment } from "../../src/domain/comment.ts";
import type { Issue, NewIssue, Status } from "../../src/domain/issue.ts";
import type { LogBody } from "../../src/domain/log_entry.ts";
import type { Outcome } from "../../src/domain/run.ts";
import { openStore } from "../../src/store/open.ts";
import type { Claim, RunEnd, Store } from "../../src/store/store.ts";
import { makeRepo } from "../support/repo.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { BASE_FILES, CHANGED_FILES } from "./sample_files.ts";

const ANN = { kind: "human", name: "ann" } as const;
const MINUTE_MS = 60_000;

export interface Sample extends AsyncDisposable {
  readonly server: TestServer;
  /** The issue in review whose branch has changes. */
  readonly reviewed: Issue;
  /** One on which an agent works. */
  readonly working: Issue;
  /** One that waits for an answer. */
  readonly asking: Issue;
  /** A sign of life of every agent at work. */
  beat(): Promise<void>;
}

/** Fills a board by what agents would write, with times of the last hours. */
export async function startSample(): Promise<Sample> {
  await using opened = new AsyncDisposableStack();
  const repo = opened.use(await makeRepo(BASE_FILES));
  const server = opened.use(await startServer({ env: { AUTOPILOT_WORKDIR: repo.path } }));
  let minutes_ago = 0;
  const clock = { now: () => new Date(Date.now() - minutes_ago * MINUTE_MS) };
  const store = opened.use(await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock }));

  const file = (fields: Partial<NewIssue> & { title: string }) =>
    store.issues.create({
      body: "",
      kind: "feature",
      priority: "normal",
      assignee: "",
      human_only: false,
      created_by: "ann",
      trust: "operator",
      status: "backlog",
      ...fields,
    }, ANN);
  /** An agent takes the one ready issue and does something with it. */
  const claim = async (fields: Parameters<typeof file>[0], agent: string): Promise<Claim> => {
    const issue = await file({ ...fields, status: "ready", priority: "urgent" });
    const claim = await store.runs.claim({ id: agent, host: "build-1", pid: 1 });
    assert.equal(claim?.issue.id, issue.id);
    await store.runs.update(claim.run.id, claim.lease.fence, { phase: "running" });
    if (fields.priority !== "urgent") {
      await store.issues.edit(issue.id, { priority: fields.priority ?? "normal" }, {}, ANN);
    }
    return claim;
  };
  const finish = async (claim: Claim, outcome: Outcome, end: Partial<RunEnd>) => {
    const { issue } = await store.runs.finish(claim.run.id, claim.lease.fence, endOf(outcome, end));
    return issue;
  };

  // What was accepted in the last days.
  for (const [i, title] of ACCEPTED.entries()) {
    minutes_ago = 4_000 - i * 290;
    const done = await claim({ title, kind: i % 3 === 1 ? "bug" : "feature" }, `agent-${1 + i % 4}`);
    minutes_ago -= 25;
    const issue = await finish(done, "implemented", {
      branch: `autopilot/${done.issue.number}-${slug(title)}`,
      pr_url: `https://github.com/acme/ledger/pull/${70 + i}`,
      cost_usd: 0.4 + i * 0.17,
      checks: "passed",
    });
    minutes_ago -= 40;
    await store.issues.move(issue.id, "done", ANN);
  }

  // The one whose changes are looked at.
  minutes_ago = 95;
  const fixed = await claim({
    title: "Totals are a cent off when a line has tax",
    kind: "bug",
    priority: "high",
    body: ROUNDING,
  }, "agent-2");
  const branch = `autopilot/${fixed.issue.number}-totals-are-a-cent-off`;
  const base_commit = await repo.git("rev-parse", "HEAD");
  await repo.git("checkout", "-q", "-b", branch);
  const commit = await repo.commit(CHANGED_FILES, "Round each line, as it is printed");
  await repo.git("checkout", "-q", "main");
  await store.runs.update(fixed.run.id, fixed.lease.fence, { base_commit, branch });
  await append(store, fixed, TRANSCRIPT);
  minutes_ago = 62;
  const reviewed = await finish(fixed, "implemented", {
    branch,
    commit,
    result: RESULT,
    cost_usd: 0.84,
    checks: "passed",
    comments: [agentSays("agent-2", RESULT)],
  });

  minutes_ago = 50;
  const red = await claim({ title: "Import of bank statements in CAMT.053" }, "agent-4");
  minutes_ago = 21;
  await finish(red, "checks_failed", {
    branch: `autopilot/${red.issue.number}-import-camt-053`,
    cost_usd: 2.31,
    checks: "failed",
    comments: [agentSays("agent-4", "Two tests of the parser are still red after two rounds.")],
  });

  // Questions and trouble.
  minutes_ago = 34;
  const asked = await claim({
    title: "Customers can pay in their own currency",
    priority: "high",
    body: "Prices stay in dollars; the invoice shows both.",
  }, "agent-1");
  minutes_ago = 12;
  const asking = await finish(asked, "needs_input", {
    cost_usd: 0.52,
    comments: [agentSays(
      "agent-1",
      "Which day's exchange rate counts: the day of the order, or the day the invoice is made? The orders have no currency yet, so the first needs a migration.",
    )],
  });
  minutes_ago = 44;
  const failed = await claim({ title: "Upgrade the PDF library to 5.x", kind: "chore" }, "agent-3");
  minutes_ago = 40;
  await finish(failed, "over_budget", { cost_usd: 10, reason: "The run cost $10.00, its limit." });

  // At work now.
  let working = reviewed;
  const at_work: Claim[] = [];
  for (const [i, [title, kind, log]] of WORKING.entries()) {
    minutes_ago = 14 - i * 5;
    const taken = await claim({ title, kind, priority: i === 0 ? "urgent" : "normal" }, `agent-${1 + i}`);
    minutes_ago = 0;
    await append(store, taken, [...i === 1 ? UNDER_WAY : [], { type: "text", text: log }]);
    at_work.push(taken);
    if (i === 1) working = taken.issue;
  }

  for (const [status, list] of Object.entries(WAITING)) {
    for (const [i, fields] of list.entries()) {
      minutes_ago = 30 + i * 190;
      await file({ ...fields, status: status as Status });
    }
  }
  minutes_ago = 8;
  await server.api("/feedback", {
    json: {
      message: "The PDF button does nothing on my phone",
      page: "/invoices/2041",
      user: "jo@shop.example",
    },
  });
  const beat = async () => {
    minutes_ago = 0;
    for (const { run, lease } of at_work) await store.runs.heartbeat(run.id, lease.fence);
  };
  await beat();
  const all = opened.move();
  return { server, reviewed, working, asking, beat, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function append(store: Store, { run, lease }: Claim, bodies: readonly LogBody[]): Promise<void> {
  const at = new Date().toISOString();
  await store.runLog.append(run.id, lease.fence, bodies.map((body, i) => ({ seq: i + 1, at, ...body })));
}

function endOf(outcome: Outcome, end: Partial<RunEnd>): RunEnd {
  const cost_usd = end.cost_usd ?? 0.3;
  return {
    outcome,
    reason: "",
    commit: "",
    branch: "",
    pr_url: "",
    result: "",
    session_id: "",
    turns: 14,
    cost_usd,
    session_cost_usd: cost_usd,
    input_tokens: 48_000,
    output_tokens: 5_200,
    checks: "",
    transient: false,
    not_before: "",
    comments: [],
    ...end,
  };
}

function agentSays(author: string, body: string): NewComment {
  return { author, author_kind: "agent", trust: "agent", body };
}

const slug = (title: string) => title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 30);

const ACCEPTED = [
  "Login with a passkey",
  "Dates are wrong west of Greenwich",
  "Dark mode",
  "Export of a year as CSV",
  "Search forgets its filter",
  "Invoices by e-mail",
  "Keyboard shortcuts in the editor",
];

const WORKING: [string, NewIssue["kind"], string][] = [
  ["Webhook deliveries are retried with a back-off", "feature", "Running deno task test: 214 passed"],
  ["The list of invoices loads twice", "bug", "Reading src/pages/invoices.tsx"],
  ["Reminders for unpaid invoices", "feature", "Writing the migration for reminders"],
];

const WAITING: Partial<Record<Status, (Partial<NewIssue> & { title: string })[]>> = {
  backlog: [
    { title: "Choose the new logo", human_only: true, assignee: "ann", kind: "chore" },
    { title: "Should drafts expire?", kind: "question", priority: "low" },
    { title: "Discount codes" },
    { title: "Several addresses per customer" },
    { title: "The sidebar overlaps the table at 1024 pixels", kind: "bug", priority: "high" },
  ],
  ready: [
    { title: "Undo for deleted invoices", priority: "high" },
    { title: "Remove the old API of 2023", kind: "chore" },
  ],
};

const ROUNDING =
  "Three pencils at **$0.33** with 19 % tax show `$1.18` each line, but the total of two such lines is `$2.35`.\n\n" +
  "- the total should be the sum of what is printed\n- `format()` should always show two places";

const RESULT =
  "Each line is now rounded on its own, as it is printed, and the total adds those up. `format()` uses " +
  "`Intl.NumberFormat`, so ten dollars are `$10.00`. Two tests hold both.";

const UNDER_WAY: readonly LogBody[] = [
  {
    type: "text",
    text: "The list asks for its page on every change of the filter. I'll see who changes it at the start.",
  },
  { type: "tool_call", call_id: "a", tool: "Grep", input: JSON.stringify({ pattern: "useInvoices" }) },
  { type: "tool_result", call_id: "a", ok: true, text: "src/pages/invoices.tsx:31\nsrc/pages/home.tsx:12" },
  {
    type: "todo",
    items: [
      { text: "Find what asks twice", status: "completed" },
      { text: "Ask once, when the filter stands", status: "in_progress" },
      { text: "A test that counts the requests", status: "pending" },
    ],
  },
  {
    type: "tool_call",
    call_id: "b",
    tool: "Edit",
    input: JSON.stringify({
      file_path: "src/pages/invoices.tsx",
      old_string: "  useEffect(() => load(filter));",
      new_string: "  useEffect(() => load(filter), [filter]);",
    }),
  },
  { type: "tool_result", call_id: "b", ok: true, text: "The file src/pages/invoices.tsx has been updated." },
  { type: "tool_call", call_id: "c", tool: "Bash", input: JSON.stringify({ command: "deno task test" }) },
  { type: "tool_result", call_id: "c", ok: true, text: "ok | 215 passed | 0 failed (2s)" },
];

const TRANSCRIPT: readonly LogBody[] = [
  { type: "text", text: "I'll look at how totals are computed first." },
  { type: "tool_call", call_id: "a", tool: "Read", input: JSON.stringify({ file_path: "src/invoice.ts" }) },
  { type: "tool_result", call_id: "a", ok: true, text: BASE_FILES["src/invoice.ts"] },
  {
    type: "todo",
    items: [
      { text: "Find where the cent is lost", status: "completed" },
      { text: "Round each line", status: "in_progress" },
      { text: "Tests for totals and format", status: "pending" },
    ],
  },
  {
    type: "text",
    text:
      "The tax is added **before** rounding and rounded once at the end, while the page prints rounded lines.",
  },
  {
    type: "tool_call",
    call_id: "b",
    tool: "Edit",
    input: JSON.stringify({
      file_path: "src/invoice.ts",
      old_string: "  return Math.round(sum);",
      new_string: "  return lines.reduce((sum, line) => sum + lineTotal(line, country), 0);",
    }),
  },
  { type: "tool_result", call_id: "b", ok: true, text: "The file src/invoice.ts has been updated." },
  { type: "tool_call", call_id: "c", tool: "Bash", input: JSON.stringify({ command: "deno task test" }) },
  { type: "tool_result", call_id: "c", ok: true, text: "ok | 12 passed | 0 failed (240ms)" },
  { type: "text", text: RESULT },
  {
    type: "result",
    ok: true,
    text: RESULT,
    turns: 9,
    cost_usd: 0.84,
    input_tokens: 48_000,
    output_tokens: 5_200,
    duration_ms: 184_000,
  },
];
