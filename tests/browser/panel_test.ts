import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import type { Comment } from "../../src/domain/comment.ts";
import type { Issue } from "../../src/domain/issue.ts";
import type { LogEntry } from "../../src/domain/log_entry.ts";
import { openStore } from "../../src/store/open.ts";
import { assertClean, type Board, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";

async function file(server: TestServer, issue: Record<string, unknown>): Promise<Issue> {
  const { status, body } = await server.api<Issue>("/issues", { json: issue });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

const moved = (id: string, status: string) => (event: Record<string, unknown>) =>
  event.type === "issue.status" && event.issue_id === id && event.status === status;

const panelOf = (board: Board, title: string) =>
  board.page.getByRole("complementary", { name: title }).filter({
    has: board.page.getByRole("heading", { name: title }),
  });

browserTest("panel opens by deep link with id or number, and by click; Escape closes it", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Deep one", body: "With **weight**" });
  await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.number}`);
  const panel = panelOf(board, "Deep one");
  await panel.getByRole("tab", { name: "Thread", selected: true }).waitFor();
  await panel.locator("strong", { hasText: "weight" }).waitFor();
  await board.page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  assert.equal(board.page.url(), `${server.url}/autopilot`);
  // The focus is where the reader will look for it, and comes back to where it was.
  const focused = board.page.locator(":focus");
  await board.card("Backlog", "Deep one").getByRole("link").and(focused).waitFor();
  await board.page.keyboard.press("Enter");
  await panel.getByRole("heading", { name: "Deep one" }).and(focused).waitFor();
  await board.page.keyboard.press("Tab");
  await board.page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  await board.card("Backlog", "Deep one").getByRole("link").and(focused).waitFor();
  await board.card("Backlog", "Deep one").click();
  await panel.waitFor();
  assert.equal(board.page.url(), `${server.url}/autopilot?issue=${issue.id}`);
  await board.page.goBack();
  await panel.waitFor({ state: "detached" });
  await assertClean(board);
});

browserTest("panel of an issue that does not exist says so", async (browser) => {
  await using server = await startServer();
  await using board = await openBoard(browser, `${server.url}/autopilot?issue=4711`);
  await board.page.getByRole("complementary").getByText('No issue "4711" exists').waitFor();
});

browserTest("panel comment by Ctrl+Enter shows in every open panel", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Talk" });
  const url = `${server.url}/autopilot?issue=${issue.id}`;
  await using board = await openBoard(browser, url);
  await using other = await openBoard(browser, url);
  await panelOf(other, "Talk").getByLabel("Comment").waitFor();
  const box = panelOf(board, "Talk").getByLabel("Comment");
  await box.fill("First line\n\n- a point");
  await box.press("Control+Enter");
  for (const each of [board, other]) {
    await panelOf(each, "Talk").locator("li", { hasText: "a point" }).waitFor();
  }
  assert.equal(await box.inputValue(), "");
  const { body } = await server.api<Comment[]>(`/issues/${issue.id}/comments`);
  assert.deepEqual(body.map((comment) => [comment.body, comment.author_kind]), [[
    "First line\n\n- a point",
    "human",
  ]]);
  await assertClean(other);
  // A link to a comment leads there, also in a thread that is longer than the window.
  const { body: long } = await server.api<{ comment: Comment }>(`/issues/${issue.id}/comments`, {
    json: { author: "ann", body: `# The long one\n\n${"And more.\n\n".repeat(80)}` },
  });
  await server.api(`/issues/${issue.id}/comments`, { json: { author: "ann", body: "The last word" } });
  await other.page.goto(`${url}&comment=${long.comment.id}`);
  await untilTrue(
    other.page,
    `(({ top }) => top > 0 && top < innerHeight / 2)(
      document.getElementById("comment-${long.comment.id}")?.getBoundingClientRect() ?? { top: -1 })`,
  );
  await assertClean(board);
});

browserTest("panel answer on a blocked issue moves it to Ready", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Asks", status: "blocked" });
  await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.id}`);
  const panel = panelOf(board, "Asks");
  await panel.getByLabel("Answer").fill("The second one.");
  await panel.getByRole("button", { name: "Send" }).click();
  await board.card("Ready", "Asks").waitFor();
  await panel.getByLabel("Comment").waitFor();
  await server.waitFor(moved(issue.id, "ready"));
  await assertClean(board);
});

browserTest("panel actions follow the status: hand off, ask for changes, accept", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Goes round" });
  await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.id}`);
  const panel = panelOf(board, "Goes round");
  await panel.getByRole("button", { name: "Hand to agents" }).press("Enter");
  await server.waitFor(moved(issue.id, "ready"));
  // The button is gone, the focus is not.
  await panel.getByRole("heading", { name: "Goes round" }).and(board.page.locator(":focus")).waitFor();
  await server.api(`/issues/${issue.id}/status`, { json: { status: "in_review" } });
  // Without a text it asks for one.
  await panel.getByRole("button", { name: "Ask for changes" }).click();
  await panel.locator("textarea:focus").waitFor();
  await board.page.keyboard.type("Smaller steps.");
  await panel.getByRole("button", { name: "Ask for changes" }).click();
  await panel.getByText("Smaller steps.").waitFor();
  await board.card("Ready", "Goes round").waitFor();
  await server.api(`/issues/${issue.id}/status`, { json: { status: "in_review" } });
  await panel.getByLabel("Reply").waitFor();
  await panel.getByRole("button", { name: "Accept" }).click();
  await board.card("Done", "Goes round").waitFor();
  await server.waitFor(moved(issue.id, "done"));
  await assertClean(board);
});

browserTest(
  "panel transcript and the card's live line follow the agent; Stop is asked for",
  async (browser) => {
    await using server = await startServer();
    const issue = await file(server, { title: "Works", status: "ready" });
    // The agent works in another process, as far as the server can tell.
    await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
    await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.id}`);
    const claim = await store.runs.claim({ id: "agent-7", host: "here", pid: 1 });
    assert.ok(claim !== null);
    await board.card("In progress", "Works").getByText("agent-7").waitFor();
    const at = new Date().toISOString();
    const say = (...entries: LogEntry[]) => store.runLog.append(claim.run.id, claim.lease.fence, entries);
    await say({ seq: 1, at, type: "text", text: "I look **around**." });

    const panel = panelOf(board, "Works");
    await panel.getByRole("tab", { name: "Transcript" }).click();
    await panel.locator("strong", { hasText: "around" }).waitFor();
    await say(
      { seq: 2, at, type: "tool_call", call_id: "a", tool: "Bash", input: '{"command":"deno test"}' },
      {
        seq: 3,
        at,
        type: "todo",
        items: [{ text: "Fix it", status: "in_progress" }],
        so_far: { input_tokens: 12_345, output_tokens: 0, cost_usd: 0.42 },
      },
    );
    await panel.locator("summary", { hasText: "Bash" }).getByText("Running").waitFor({ state: "attached" });
    await panel.getByText("Fix it").waitFor();
    await board.card("In progress", "Works").getByText("Fix it").waitFor();
    // Before the turn is over.
    await panel.getByText("12.3k in", { exact: true }).waitFor();
    await panel.getByText("$0.42").waitFor();
    await board.card("In progress", "Works").getByText("$0.42").waitFor();
    await say({ seq: 4, at, type: "tool_result", call_id: "a", ok: false, text: "\x1b[31m1 failed\x1b[0m" });
    const call = panel.locator("details", { hasText: "Bash" });
    await call.getByText("Failed", { exact: true }).waitFor({ state: "attached" });
    await call.locator("summary").click();
    await call.getByText("1 failed", { exact: true }).waitFor();

    await panel.getByRole("tab", { name: "Runs" }).click();
    await panel.getByText("Run 1").waitFor();
    await panel.getByRole("button", { name: "Stop" }).click();
    await server.waitFor((event) => event.type === "issue.updated" && event.change === "stop_requested");
    await board.page.getByText(`Stopping the agent on #${issue.number}`).waitFor();
    await assertClean(board);
  },
);
