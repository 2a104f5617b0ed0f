import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { openStore } from "../../src/store/open.ts";
import { assertClean, type Board, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ANN, newIssue, runEnd } from "../support/store.ts";

async function file(server: TestServer, issue: Record<string, unknown>): Promise<Issue> {
  const { status, body } = await server.api<Issue>("/issues", { json: issue });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

/** Waits until exactly these cards are shown, in the order of the columns. */
async function shows(board: Board, titles: string[]): Promise<void> {
  await untilTrue(
    board.page,
    `JSON.stringify([...document.querySelectorAll("main .card-title")].map((e) => e.textContent)) === ${
      JSON.stringify(JSON.stringify(titles))
    }`,
  );
}

const query = (board: Board) => new URL(board.page.url()).search;

browserTest(
  "search finds words of titles, texts and comments, and is part of the address",
  async (browser) => {
    await using server = await startServer();
    await file(server, { title: "Apple pie" });
    await file(server, { title: "Cake", body: "with apples" });
    const bread = await file(server, { title: "Bread", status: "done" });
    await server.api(`/issues/${bread.id}/comments`, { json: { body: "Apples would be nice" } });
    await file(server, { title: "Soup" });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    await board.page.keyboard.press("/");
    await board.page.keyboard.type("apple");
    await shows(board, ["Cake", "Apple pie", "Bread"]);
    assert.equal(query(board), "?q=apple");
    await board.page.getByText("3 issues").waitFor();

    // A comment that comes in later is found as well; a word typed is one step back.
    await server.api("/issues/4/comments", { json: { body: "apple, too" } });
    await shows(board, ["Soup", "Cake", "Apple pie", "Bread"]);
    await board.page.goBack();
    await board.page.getByText("4 issues").waitFor({ state: "detached" });
    assert.equal(query(board), "");
    await board.page.goForward();
    await board.page.getByText("4 issues").waitFor();
    assert.equal(await board.page.getByLabel("Search issues").inputValue(), "apple");
    await board.page.getByLabel("Search issues").press("Escape");
    await board.page.getByText("4 issues").waitFor({ state: "detached" });
    await assertClean(board);
  },
);

browserTest("search is kept by a reload and works from a link", async (browser) => {
  await using server = await startServer();
  await file(server, { title: "Other" });
  await file(server, { title: "Wanted", body: "the needle" });
  await using board = await openBoard(browser, `${server.url}/autopilot?q=needle`);
  await shows(board, ["Wanted"]);
  await board.page.getByLabel("Search issues").fill("nothing like it");
  await board.page.getByText("No issue matches").waitFor();
  await shows(board, []);
  await board.page.getByRole("button", { name: "Clear filter" }).click();
  await shows(board, ["Wanted", "Other"]);
  await assertClean(board);
});

browserTest("filters by kind, priority, status, agent and need are part of the address", async (browser) => {
  await using server = await startServer();
  await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
  await file(server, { title: "Broke", status: "ready" });
  const claim = await store.runs.claim({ id: "agent-7", host: "here", pid: 1 });
  assert.ok(claim !== null);
  await store.runs.finish(claim.run.id, claim.lease.fence, runEnd({ outcome: "failed" }));
  await file(server, { title: "Bug", kind: "bug", priority: "high" });
  await file(server, { title: "Chore", kind: "chore", priority: "high", assignee: "ann" });
  await file(server, { title: "Review", kind: "bug", status: "in_review" });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  await shows(board, ["Chore", "Bug", "Broke", "Review"]);
  await page.keyboard.press("f");
  const menu = page.getByRole("dialog", { name: "Filter" });
  await menu.getByLabel("Bug", { exact: true }).check();
  await shows(board, ["Bug", "Review"]);
  await menu.getByLabel("High", { exact: true }).check();
  await shows(board, ["Bug"]);
  assert.equal(query(board), "?kind=bug&priority=high");
  await page.goBack();
  await shows(board, ["Bug", "Review"]);
  await page.getByRole("button", { name: "Remove Bug" }).click();
  await shows(board, ["Chore", "Bug", "Broke", "Review"]);
  assert.equal(query(board), "");

  for (
    const [address, titles] of [
      ["?needs=failed", ["Broke"]],
      ["?needs=failed,review", ["Broke", "Review"]],
      ["?agent=agent-7", ["Broke"]],
      ["?agent=ann", ["Chore"]],
      ["?status=in_review,blocked", ["Broke", "Review"]],
      ["?kind=nonsense", ["Chore", "Bug", "Broke", "Review"]],
    ] as const
  ) {
    await page.goto(`${server.url}/autopilot${address}`);
    await shows(board, [...titles]);
  }
  await page.goto(`${server.url}/autopilot?status=in_review,blocked`);
  await page.locator("main[aria-busy=false]").waitFor();
  assert.equal(await page.locator("main").getByRole("region").count(), 2);
  // Each address was left while its page was still asking for something.
  assert.deepEqual((await board.problems()).filter((problem) => !problem.includes("ERR_ABORTED")), []);
});

browserTest("palette opens the first hit, also one that is typed blindly", async (browser) => {
  await using server = await startServer();
  await file(server, { title: "Login fails on Safari" });
  await file(server, { title: "Logout is slow", body: "takes a minute in the afternoon" });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  for (
    const [words, title] of [
      ["login", "Login fails on Safari"],
      ["safari logi", "Login fails on Safari"],
      ["#2", "Logout is slow"],
      ["afternoon", "Logout is slow"],
    ]
  ) {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(words);
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: title }).waitFor();
    assert.equal(await page.getByRole("dialog").count(), 0);
    await page.keyboard.press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
  }
  await assertClean(board);
});

browserTest("palette does things: new issue, move, theme", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Goes" });
  await using board = await openBoard(browser, `${server.url}/autopilot`, { colorScheme: "light" });
  const { page } = board;
  const run = async (words: string) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(words);
    await page.keyboard.press("Enter");
  };
  await board.card("Backlog", "Goes").getByRole("link").focus();
  await run("move review");
  await board.card("In review", "Goes").waitFor();
  await server.waitFor((event) => event.type === "issue.status" && event.issue_id === issue.id);

  const background = () =>
    page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const light = await background();
  await run("dark");
  await untilTrue(page, `getComputedStyle(document.documentElement).backgroundColor !== "${light}"`);
  await page.reload();
  assert.notEqual(await background(), light);
  await page.locator("main[aria-busy=false]").waitFor();
  await run("theme system");
  await untilTrue(page, `getComputedStyle(document.documentElement).backgroundColor === "${light}"`);

  await run("new");
  await page.getByRole("dialog", { name: "New issue" }).waitFor();
  await assertClean(board);
});

browserTest(
  "shortcuts are listed behind ?, do nothing while typing, and single keys can be off",
  async (browser) => {
    await using server = await startServer();
    for (const title of ["One", "Two"]) await file(server, { title });
    await file(server, { title: "Three", status: "blocked" });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    const { page } = board;
    const focused = () => page.evaluate<string>("document.activeElement.textContent");
    await page.keyboard.press("?");
    const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    for (
      const words of ["New issue", "Command palette", "Move to the column on the left", "Undo the last move"]
    ) {
      await list.getByText(words, { exact: true }).waitFor();
    }
    await page.keyboard.press("c");
    assert.equal(await page.getByRole("dialog").count(), 1);
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "detached" });

    for (
      const [key, title] of [["j", "Two"], ["j", "One"], ["k", "Two"], ["ArrowRight", "Three"], ["h", "Two"]]
    ) {
      await page.keyboard.press(key);
      assert.equal(await focused(), title, key);
    }
    await page.keyboard.press("m");
    await page.getByRole("menu", { name: "Move #2 to" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("c?m");
    assert.equal(await page.getByLabel("Search issues").inputValue(), "c?m");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await page.keyboard.press("Escape");

    await page.keyboard.press("?");
    await list.getByText("Shortcuts of a single key").click();
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "detached" });
    for (let time = 0; time < 2; time++) {
      await page.keyboard.press("c");
      await page.keyboard.press("?");
      assert.equal(await page.getByRole("dialog").count(), 0);
      await page.keyboard.press("Control+k");
      await page.getByRole("option", { name: "New issue" }).waitFor();
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.reload();
      await page.locator("main[aria-busy=false]").waitFor();
    }
    await assertClean(board);
  },
);

browserTest("filters and palette find what is not loaded", async (browser) => {
  await using server = await startServer();
  await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
  const old = {
    title: "Old",
    body: "with a needle",
    kind: "bug",
    trust: "external",
    assignee: "mia",
  } as const;
  await store.issues.create(newIssue({ ...old, status: "done" }), ANN);
  for (let n = 0; n < 3; n++) {
    await store.issues.create(newIssue({ title: `Early ${"xyz"[n]}`, status: "done" }), ANN);
  }
  await Promise.all(
    Array.from(
      { length: 50 },
      (_, n) =>
        store.issues.create(
          newIssue({ title: `Late ${"abcdefghij"[n % 10]}`, status: "done", priority: "low" }),
          ANN,
        ),
    ),
  );
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  const old_card = board.card("Done", "Old");
  assert.equal(await old_card.count(), 0);
  await page.keyboard.press("f");
  const menu = page.getByRole("dialog", { name: "Filter" });
  await menu.getByLabel("Outside", { exact: true }).check();
  await shows(board, ["Old"]);
  assert.equal(query(board), "?trust=external");
  await page.getByText("1 issue", { exact: true }).waitFor();
  for (const address of ["?kind=bug", "?agent=mia&priority=normal", "?q=%231", "?q=needle&status=done"]) {
    await page.goto(`${server.url}/autopilot${address}`);
    await shows(board, ["Old"]);
  }
  await page.goto(`${server.url}/autopilot`);
  await board.card("Done", "Late j").first().waitFor();
  for (const [words, title] of [["#2", "Early x"], ["needle", "Old"]]) {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(words);
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: title }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
  }
  assert.deepEqual((await board.problems()).filter((problem) => !problem.includes("ERR_ABORTED")), []);
});
