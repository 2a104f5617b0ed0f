import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { assertClean, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { startServer } from "../support/server.ts";

browserTest(
  "moves of others are announced, many at once in one sentence, own ones apart",
  async (browser) => {
    await using server = await startServer();
    const titles = ["One", "Two", "Three", "Four", "Five"];
    for (const title of titles) await server.api<Issue>("/issues", { json: { title } });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    const { page } = board;
    const move = (number: number, status: string) =>
      server.api(`/issues/${number}/status`, { json: { status } });
    const said = page.locator("p.sr[role=status]");
    // What happened before the board follows is no news to it.
    await page.getByText("Live", { exact: true }).waitFor();
    await move(1, "ready");
    await move(1, "blocked");
    await said.getByText("#1 One is in Blocked").waitFor({ state: "attached" });
    await Promise.all([2, 3, 4, 5].map((number) => move(number, number < 4 ? "in_review" : "done")));
    await said.getByText("4 issues moved: ").waitFor({ state: "attached" });
    assert.match(await said.textContent() ?? "", /2 to In review/);
    assert.match(await said.textContent() ?? "", /2 to Done/);

    await board.card("Blocked", "One").getByRole("link").focus();
    await page.keyboard.press("Alt+ArrowRight");
    await page.getByRole("status").getByText("#1 moved to In review", { exact: true }).waitFor();
    await page.keyboard.press("Control+z");
    await said.getByText("#1 moved back to Blocked").waitFor({ state: "attached" });
    await move(2, "done");
    await said.getByText("#2 Two is in Done", { exact: true }).waitFor({ state: "attached" });
    await assertClean(board);
  },
);

/** Stands in for the desktop, which a headless browser has not: records what is shown there. */
const DESKTOP = `
  globalThis.notes = [];
  globalThis.Notification = class {
    static permission = "default";
    static requestPermission() {
      return Promise.resolve(Notification.permission = globalThis.answer ?? "granted");
    }
    constructor(title, options) { this.title = title; this.body = options.body; notes.push(this); }
    close() {}
  };
  globalThis.looking = true;
  document.hasFocus = () => looking;
`;

browserTest(
  "the desktop tells what needs a person who looks elsewhere, when it was asked to",
  async (browser) => {
    await using server = await startServer();
    for (const title of ["One", "Two"]) await server.api<Issue>("/issues", { json: { title } });
    await using board = await openBoard(
      browser,
      `${server.url}/autopilot`,
      {},
      async (page) => void await page.addInitScript(DESKTOP),
    );
    const { page } = board;
    const move = (number: number, status: string) =>
      server.api(`/issues/${number}/status`, { json: { status } });
    const box = page.getByLabel("Tell me on the desktop when something needs me");
    const settings = page.getByRole("button", { name: "Settings", exact: true });
    await page.evaluate(`globalThis.looking = false; globalThis.answer = "denied"`);
    await move(1, "blocked");
    await board.card("Blocked", "One").waitFor();
    await settings.click();
    await page.getByText("Tell me on the desktop").click();
    await page.getByText("This browser does not let the board notify you").waitFor();
    assert.equal(await box.isChecked(), false);
    await page.evaluate(`globalThis.answer = "granted"`);
    await page.getByText("Tell me on the desktop").click();
    await untilTrue(page, `localStorage.getItem("autopilot.notify") === "true"`);
    await page.keyboard.press("Escape");

    await move(1, "ready");
    await move(2, "in_review");
    await board.card("In review", "Two").waitFor();
    await move(1, "blocked");
    await board.card("Blocked", "One").waitFor();
    await page.locator("p.sr[role=status]").getByText("#1 One is in Blocked").waitFor({ state: "attached" });
    assert.deepEqual(await page.evaluate(`notes.map(({ title, body }) => [title, body])`), [
      ["Review: #2", "Two"],
      ["Question: #1", "One"],
    ]);
    await page.evaluate(`notes[0].onclick()`);
    await page.getByRole("complementary", { name: "Two" }).waitFor();
    await page.evaluate(`globalThis.looking = true`);
    await move(2, "blocked");
    await page.locator("p.sr[role=status]").getByText("#2 Two is in Blocked").waitFor({ state: "attached" });
    assert.equal(await page.evaluate(`notes.length`), 2);
    await assertClean(board);
  },
);

browserTest("a page that lost its server says since when, and goes on by itself", async (browser) => {
  await using server = await startServer();
  await server.api<Issue>("/issues", { json: { title: "Here" } });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  await page.getByText("Live", { exact: true }).waitFor();
  await page.context().setOffline(true);
  await page.getByText("The server is away. You see the board as it was at").waitFor();
  assert.match(await page.title(), /^Offline/);
  // What can't be done now is taken back, with the reason.
  await board.card("Backlog", "Here").dragTo(board.column("Ready"));
  await page.getByText("#1 stays in Backlog: The server can't be reached").waitFor();
  await board.card("Backlog", "Here").waitFor();
  await server.api("/issues/1/status", { json: { status: "done" } });
  await page.context().setOffline(false);
  await board.card("Done", "Here").waitFor();
  await page.getByText("The server is away").waitFor({ state: "detached" });
});

browserTest("a board that could not be loaded says so, and comes by itself", async (browser) => {
  await using server = await startServer();
  await server.api<Issue>("/issues", { json: { title: "Here" } });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  let away = true;
  await page.route(/\/api\/autopilot\/issues/, (route) => away ? route.abort() : route.continue());
  await page.routeWebSocket(/\/ws/, (socket) => {
    if (away) socket.close();
    else socket.connectToServer();
  });
  await page.reload();
  await page.getByText("The board comes by itself when the server is back").waitFor();
  away = false;
  await board.card("Backlog", "Here").waitFor();
});
