import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { assertClean, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";

async function file(server: TestServer, issue: Record<string, unknown>): Promise<Issue> {
  const { status, body } = await server.api<Issue>("/issues", { json: issue });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

const moved = (id: string, status: string) => (event: Record<string, unknown>) =>
  event.type === "issue.status" && event.issue_id === id && event.status === status;

/** Remembers whether a card ever flew from column to column. */
const WATCH_FLIGHTS = `globalThis.flights = [];
  new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node.classList?.contains("flying")) flights.push(node.textContent);
    }
  }).observe(document.body, { childList: true })`;

browserTest(
  "board moves a card by dragging it with the mouse; a second browser sees it fly",
  async (browser) => {
    await using server = await startServer();
    const issue = await file(server, { title: "By mouse" });
    const flips: Promise<unknown>[] = [];
    const open = (options = {}) =>
      openBoard(browser, `${server.url}/autopilot`, options, (page) => {
        flips.push(page.waitForResponse(/flip\.js/));
        return Promise.resolve();
      });
    await using board = await open();
    await using other = await open();
    await using calm = await open({ reducedMotion: "reduce" });
    await Promise.all(flips);
    for (const { page } of [board, other, calm]) await page.evaluate(WATCH_FLIGHTS);
    await board.card("Backlog", "By mouse").getByText("By mouse").dragTo(board.column("Done"));
    for (const one of [board, other, calm]) await one.card("Done", "By mouse").waitFor();
    await server.waitFor(moved(issue.id, "done"));
    for (const { page } of [board, other]) {
      await untilTrue(page, `flights.length === 1 && flights[0].includes("By mouse")`);
      await untilTrue(page, `document.querySelector(".flying") === null`);
    }
    assert.equal(await calm.page.evaluate("flights.length"), 0);
    for (const one of [board, other, calm]) await assertClean(one);
  },
);

browserTest("board says where a dragged card can't go, and asks the server nothing", async (browser) => {
  await using server = await startServer();
  await file(server, { title: "Waits", status: "ready" });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  await board.card("Ready", "Waits").hover();
  await page.mouse.down();
  await board.column("In progress").hover();
  await board.column("In progress").getByText("Only an agent takes an issue to work").waitFor();
  await board.column("Blocked").hover();
  await untilTrue(page, `document.querySelector(".c-blocked.drop") !== null`);
  await board.column("In progress").hover();
  await page.mouse.up();
  await page.getByText("#1 stays in Ready. Only an agent takes an issue to work").waitFor();
  await untilTrue(page, `document.querySelector(".dragging") === null`);
  assert.equal(await board.column("Ready").getByRole("listitem").count(), 1);
  assert.deepEqual(board.requests.filter((url) => url.endsWith("/status")), []);
  await assertClean(board);
});

browserTest("board takes a refused move back and says why", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Not yours", status: "ready" });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  // What the page would never ask for is refused by the server itself.
  await board.page.route("**/status", async (route) => {
    await held;
    await route.continue({ postData: JSON.stringify({ status: "in_progress" }) });
  });
  await board.card("Ready", "Not yours").dragTo(board.column("Blocked"));
  // Where it was put, before the server has answered.
  await board.card("Blocked", "Not yours").waitFor();
  release();
  await board.card("Ready", "Not yours").waitFor();
  await board.page.getByText("stays in Ready: Only a claim moves an issue to in_progress").waitFor();
  assert.equal(await board.column("Blocked").getByRole("listitem").count(), 0);
  assert.equal((await server.api<{ issue: Issue }>(`/issues/${issue.id}`)).body.issue.status, "ready");
  assert.deepEqual((await board.problems()).filter((problem) => !problem.includes("409")), []);
});

browserTest(
  "board moves a card by a long press and a finger, also on a phone, whatever others do",
  async (browser) => {
    await using server = await startServer();
    const touched = await file(server, { title: "Touched" });
    await file(server, { title: "Taken away" });
    await using board = await openBoard(browser, `${server.url}/autopilot`, {
      hasTouch: true,
      isMobile: true,
      viewport: { width: 390, height: 844 },
    });
    const { page } = board;
    const debug = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", x = 0, y = 0) =>
      debug.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
    const lift = async (title: string) => {
      const box = await board.card("Backlog", title).boundingBox();
      assert.ok(box !== null);
      const at = { x: box.x + box.width / 2, y: box.y + 40 };
      await touch("touchStart", at.x, at.y);
      await untilTrue(page, `document.querySelector(".board.dragging") !== null`);
      await touch("touchMove", at.x + 12, at.y + 6);
      await page.locator("body > .lifted").waitFor();
      return at;
    };
    const small = await page.evaluate<string[]>(`[...document.querySelectorAll("button, .brand, input")]
      .map((element) => [element.ariaLabel ?? element.textContent, element.getBoundingClientRect()])
      .filter(([, { width, height }]) => width > 0 && Math.round(Math.min(width, height)) < 44).map(([name, { width, height }]) => name + " " + width + " " + height)`);
    assert.deepEqual(small, [], "controls too small for a finger");
    // The first touch loads what it needs; the card follows all the same.
    const at = await lift("Touched");
    // At the edge the board scrolls by itself, to columns that a phone does not show.
    await touch("touchMove", 384, at.y);
    await page.evaluate(`new Promise((resolve) => {
      const board = document.querySelector(".board");
      const look = () => board.scrollLeft + board.clientWidth < board.scrollWidth - 2 || resolve();
      board.addEventListener("scroll", look);
      look();
    })`);
    await touch("touchMove", 200, at.y);
    await untilTrue(page, `document.querySelector(".c-done.drop") !== null`);
    await touch("touchEnd");
    await server.waitFor(moved(touched.id, "done"));
    await board.card("Done", "Touched").waitFor();
    await page.locator("body > .lifted").waitFor({ state: "detached" });

    // Somebody else moves the card away while it is held: it is let go where it was put by then.
    await board.column("Backlog").scrollIntoViewIfNeeded();
    await lift("Taken away");
    await server.api("/issues/2/status", { json: { status: "done" } });
    await board.card("Done", "Taken away").waitFor();
    await touch("touchEnd");
    await page.locator("body > .lifted").waitFor({ state: "detached" });
    await untilTrue(page, `document.querySelector(".board.dragging") === null`);
    assert.equal((await server.api<{ issue: Issue }>("/issues/2")).body.issue.status, "done");
    await assertClean(board);
  },
);

browserTest(
  "board counts all accepted issues, loads the last 50 of them, and more when somebody scrolls there",
  async (browser) => {
    await using server = await startServer();
    await file(server, { title: "Another", status: "in_review" });
    for (let i = 0; i < 60; i++) await file(server, { title: `Accepted ${i}`, status: "done" });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    const done = board.column("Done");
    const count = (n: number) => done.getByRole("heading", { name: `Done ${n}`, exact: true }).waitFor();
    await count(60);
    assert.equal(await done.getByRole("listitem").count(), 40);
    assert.equal(board.requests.filter((url) => url.includes("cursor=")).length, 0);
    await board.card("In review", "Another").dragTo(done);
    await count(61);
    // One that is not loaded goes elsewhere.
    await server.api("/issues/2/status", { json: { status: "backlog" } });
    await board.card("Backlog", "Accepted 0").waitFor();
    await count(60);
    await done.getByRole("button", { name: "Show more" }).scrollIntoViewIfNeeded();
    await done.getByRole("button", { name: "Show more" }).waitFor({ state: "detached" });
    await done.getByRole("listitem").last().scrollIntoViewIfNeeded();
    await done.getByText("Accepted 1", { exact: true }).waitFor();
    assert.equal(await done.getByRole("listitem").count(), 60);
    await count(60);
    // The oldest issue was the last to be accepted.
    await board.page.reload();
    await count(60);
    await done.getByRole("listitem").first().getByText("Another").waitFor();
    await assertClean(board);
  },
);
