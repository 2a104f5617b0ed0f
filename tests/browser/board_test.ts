import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { assertClean, browserTest, openBoard } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";

const COLUMNS = ["Backlog", "Ready", "In progress", "Blocked", "In review", "Done"];
/** What the page may transfer before it is first used, as sent, headers included. */
const FIRST_LOAD_BYTES = 60 * 1024;

async function file(server: TestServer, issue: Record<string, unknown>): Promise<Issue> {
  const { status, body } = await server.api<Issue>("/issues", { json: issue });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

async function statusOf(server: TestServer, id: string): Promise<string> {
  return (await server.api<{ issue: Issue }>(`/issues/${id}`)).body.issue.status;
}

const moved = (id: string, status: string) => (event: Record<string, unknown>) =>
  event.type === "issue.status" && event.issue_id === id && event.status === status;

browserTest(
  "board loads with no failed request, no policy report, from its own origin, in its size",
  async (browser) => {
    await using server = await startServer();
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    for (const name of COLUMNS) await board.column(name).waitFor();
    await board.page.getByText("Live", { exact: true }).waitFor();
    await board.column("Backlog").getByText("Nothing filed").waitFor();
    await assertClean(board);
    assert.deepEqual(board.requests.filter((url) => !url.startsWith(server.url)), []);
    const bytes = await board.page.evaluate<number>(
      `performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0)`,
    );
    assert.ok(bytes > 10_000 && bytes <= FIRST_LOAD_BYTES, `the first load took ${bytes} bytes`);
  },
);

browserTest("board create by keyboard shows the card here and in another browser", async (browser) => {
  await using server = await startServer();
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  await using other = await openBoard(browser, `${server.url}/autopilot`);
  await board.page.keyboard.press("c");
  // Typed at once: not one letter may get lost while the form opens.
  await board.page.keyboard.type("Uploads fail");
  assert.equal(await board.page.getByLabel("Title").inputValue(), "Uploads fail");
  await board.page.keyboard.press("Enter");
  await board.card("Backlog", "Uploads fail").waitFor();
  await other.card("Backlog", "Uploads fail").waitFor();

  await board.page.getByRole("button", { name: "New issue" }).click();
  await board.page.getByLabel("Title").fill("Slow report");
  await board.page.getByLabel("Description").fill("It takes *minutes*.");
  await board.page.getByLabel("Kind").selectOption("bug");
  await board.page.getByLabel("Priority").selectOption("urgent");
  await board.page.getByText("Hand to agents now").click();
  await board.page.getByRole("button", { name: "Create" }).click();
  await other.card("Ready", "Slow report").getByText("Urgent priority").waitFor({ state: "attached" });
  const [issue] = (await server.api<Issue[]>("/issues?status=ready")).body;
  assert.equal(issue.kind, "bug");
  assert.equal(issue.body, "It takes *minutes*.");
  await assertClean(board);
  await assertClean(other);
});

browserTest(
  "board moves the focused card by Alt and arrows, past In progress, keeping the focus",
  async (browser) => {
    await using server = await startServer();
    const issue = await file(server, { title: "Walks" });
    await file(server, { title: "Stays" });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    await board.card("Backlog", "Walks").getByRole("link").focus();
    for (
      const [key, status, name] of [
        ["Alt+ArrowRight", "ready", "Ready"],
        ["Alt+ArrowRight", "blocked", "Blocked"],
        ["Alt+ArrowLeft", "ready", "Ready"],
        ["Alt+ArrowLeft", "backlog", "Backlog"],
      ]
    ) {
      await board.page.keyboard.press(key);
      await board.card(name, "Walks").waitFor();
      assert.equal(await board.page.evaluate("document.activeElement.textContent"), "Walks");
      await server.waitFor(moved(issue.id, status));
    }
    await board.page.keyboard.press("Alt+ArrowLeft");
    assert.equal(await statusOf(server, issue.id), "backlog");
    assert.equal(board.page.url(), `${server.url}/autopilot`);
    await assertClean(board);
  },
);

browserTest(
  "board sends moves that are faster than the server in order, and undoes the last of them",
  async (browser) => {
    await using server = await startServer();
    const { id } = await file(server, { title: "Hurried" });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    const { page } = board;
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    // The first look at the issue, before it goes to Ready, takes until both other moves were made.
    await page.route(`**/issues/${id}`, async (route) => {
      asked.resolve();
      await answer.promise;
      await route.continue();
    }, { times: 1 });
    await board.card("Backlog", "Hurried").getByRole("link").focus();
    await page.keyboard.press("Alt+ArrowRight");
    await asked.promise;
    for (const [key, name] of [["Alt+ArrowRight", "Blocked"], ["Alt+ArrowRight", "In review"]]) {
      await page.keyboard.press(key);
      await board.card(name, "Hurried").waitFor();
    }
    answer.resolve();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    assert.equal(await statusOf(server, id), "in_review");

    const sent = Promise.withResolvers<void>();
    const arrive = Promise.withResolvers<void>();
    await page.route(`**/issues/${id}/status`, async (route) => {
      sent.resolve();
      await arrive.promise;
      await route.continue();
    }, { times: 1 });
    await page.keyboard.press("Alt+ArrowLeft");
    await sent.promise;
    await page.keyboard.press("Alt+ArrowLeft");
    await board.card("Ready", "Hurried").waitFor();
    arrive.resolve();
    await page.locator(".toast", { hasText: "#1 moved to Ready" }).getByRole("button", { name: "Undo" })
      .click();
    await server.waitFor((event) => moved(id, "blocked")(event) && event.from === "ready");
    await board.card("Blocked", "Hurried").waitFor();
    await assertClean(board);
  },
);

browserTest("board moves a card by its menu, with the keyboard alone", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "By menu" });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  await board.card("Backlog", "By menu").getByRole("button", { name: `Move #${issue.number}` }).focus();
  await board.page.keyboard.press("Enter");
  const menu = board.page.getByRole("menu");
  assert.deepEqual((await menu.getByRole("menuitem").allTextContents()).map((text) => text.trim()), [
    "Ready",
    "Blocked",
    "In review",
    "Done",
  ]);
  await board.page.keyboard.press("ArrowDown");
  await board.page.keyboard.press("ArrowDown");
  await board.page.keyboard.press("Enter");
  await board.card("In review", "By menu").waitFor();
  await server.waitFor(moved(issue.id, "in_review"));
  await menu.waitFor({ state: "detached" });
  await assertClean(board);
});
