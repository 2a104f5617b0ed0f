import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import { DAY_MS, HOUR_MS } from "../../src/domain/stats.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { assertClean, type Board, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ANN, ManualClock, newIssue, runEnd } from "../support/store.ts";

const storeOf = (server: TestServer, clock = systemClock) =>
  openStore({ url: `sqlite:${server.data}/autopilot.db`, clock });
const row = (board: Board, name: string) =>
  board.page.getByRole("list", { name: "Agents", exact: true }).getByRole("listitem").filter({
    hasText: name,
  });
const query = (board: Board) => new URL(board.page.url()).search;

async function claimed(store: Store, id: string) {
  const claim = await store.runs.claim({ id, host: "h", pid: 1 });
  assert.ok(claim !== null);
  return { ...claim, id: claim.run.id, fence: claim.lease.fence };
}

browserTest("agents page tells live who does what, on which issue, since when", async (browser) => {
  await using server = await startServer();
  await using store = await storeOf(server);
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  await page.getByRole("link", { name: "No agents connected" }).click();
  await page.getByText("No agent has signed in yet").waitFor();
  await page.getByText("Nothing to draw yet").waitFor();
  assert.equal(query(board), "?view=agents");
  assert.equal(await page.evaluate("document.activeElement.textContent"), "Agents");

  await store.agents.seen({ id: "robo", host: "h", pid: 1 });
  await row(board, "robo").getByText("Idle", { exact: true }).waitFor();
  const { body: issue } = await server.api<Issue>("/issues", {
    json: { title: "Sticky header", status: "ready" },
  });
  const run = await claimed(store, "robo");
  await row(board, "robo").getByText("Working", { exact: true }).waitFor();
  const at = new Date().toISOString();
  await store.runLog.append(run.id, run.fence, [{
    seq: 1,
    at,
    type: "text",
    text: "Reading the style sheet",
  }]);
  await row(board, "robo").getByText("Reading the style sheet").waitFor();
  await row(board, "robo").getByText(/^\d+s$/).waitFor();

  await row(board, "robo").getByRole("link", { name: "#1 Sticky header" }).click();
  await page.getByRole("complementary", { name: "Sticky header" }).waitFor();
  assert.equal(query(board), `?view=agents&issue=${issue.id}`);
  await page.goBack();
  await page.getByRole("complementary").waitFor({ state: "detached" });

  await store.runs.finish(run.id, run.fence, runEnd({ outcome: "implemented", cost_usd: 1.5 }));
  await row(board, "robo").getByText("Idle", { exact: true }).waitFor();
  await row(board, "robo").getByText("1 run, $1.50").waitFor();
  await store.agents.gone("robo");
  await row(board, "robo").getByText("No sign of life").waitFor();

  await page.keyboard.press("a");
  await board.card("In review", "Sticky header").waitFor();
  assert.equal(query(board), "");
  await page.goBack();
  await row(board, "robo").waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("board");
  await page.keyboard.press("Enter");
  await board.card("In review", "Sticky header").waitFor();
  await assertClean(board);
});

browserTest(
  "agents page looks again when an agent had to give a sign of life, and not before",
  async (browser) => {
    await using server = await startServer();
    {
      await using store = await storeOf(server, new ManualClock(new Date(Date.now() - 80_000).toISOString()));
      await store.agents.seen({ id: "quiet", host: "h", pid: 1 });
    }
    await using board = await openBoard(browser, `${server.url}/autopilot?view=agents`, {}, async (page) => {
      await page.clock.install();
    });
    const { page } = board;
    await row(board, "quiet").getByText("Idle", { exact: true }).waitFor();
    await page.getByText("Nothing to draw yet").waitFor();
    const asked = () => board.requests.filter((url) => url.endsWith("/agents")).length;
    const before = asked();
    await page.locator("main[aria-busy=false]").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    const idle = board.requests.length;
    await page.clock.runFor(15_000);
    // It does not poll: not for agents, and not for anything else. A late part of the page may still come.
    assert.deepEqual(board.requests.slice(idle).filter((url) => url.includes("/api/")), []);
    // The server's own clock did not jump: for it the agent lives, and so it does here.
    const look = page.waitForRequest((request) => request.url().endsWith("/agents"));
    await page.clock.runFor(16_000);
    await look;
    assert.equal(asked(), before + 1);
  },
);

browserTest("charts show each day's numbers, by pointer, keyboard and as tables", async (browser) => {
  await using server = await startServer();
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const clock = new ManualClock(new Date(today - 2 * DAY_MS).toISOString());
  {
    await using store = await storeOf(server, clock);
    // Two days ago: handed over at 0, asks from 2 to 3, in review at 4, done at 10.
    await store.issues.create(newIssue(), ANN);
    const end = { cost_usd: 1.25, input_tokens: 3000, output_tokens: 500 };
    clock.advance(HOUR_MS);
    const first = await claimed(store, "robo");
    clock.advance(HOUR_MS);
    await store.runs.finish(first.id, first.fence, runEnd({ ...end, outcome: "needs_input" }));
    clock.advance(HOUR_MS);
    await store.issues.move("1", "ready", ANN);
    const second = await claimed(store, "robo");
    clock.advance(HOUR_MS);
    await store.runs.finish(second.id, second.fence, runEnd(end));
    clock.advance(6 * HOUR_MS);
    await store.issues.move("1", "done", ANN);
  }
  await using board = await openBoard(browser, `${server.url}/autopilot?view=agents&days=7`, {
    locale: "en-GB",
    timezoneId: "Asia/Tokyo",
  });
  const { page } = board;
  const chart = (name: string) => page.getByRole("region", { name, exact: true });
  await chart("Issues done").locator("canvas").waitFor();
  await page.getByText("they begin at 09:00 where you are").waitFor();
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" })
    .format(today - 2 * DAY_MS);
  const cells = async (name: string) => {
    await chart(name).getByText("Numbers").click();
    const found = chart(name).getByRole("row", { name: day }).first();
    await found.waitFor();
    return await found.getByRole("cell").allTextContents();
  };
  assert.deepEqual(await cells("Issues done"), ["1"]);
  assert.deepEqual(await cells("Cycle time"), ["10h 0m", "10h 0m"]);
  assert.deepEqual(await cells("Waiting for a human"), ["1h 0m", "6h 0m"]);
  assert.deepEqual(await cells("How runs ended"), ["1", "0", "1", "0", "0"]);
  assert.deepEqual(await cells("Cost"), ["$2.50"]);
  assert.deepEqual(await cells("Tokens"), ["1.0k", "6.0k"]);

  const plot = chart("Issues done").getByRole("slider");
  await plot.focus();
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowLeft");
  await untilTrue(page, `document.activeElement.getAttribute("aria-valuetext") === "${day}: Done 1"`);
  await chart("Issues done").locator(".legend").getByText(day).waitFor();
  const { width } = (await chart("Cost").locator(".u-over").boundingBox())!;
  await chart("Cost").locator(".u-over").hover({ position: { x: width * 4.5 / 7, y: 40 } });
  await chart("Cost").locator(".legend").getByText("$2.50").waitFor();

  // What happens now is in the numbers soon, and another window is one step of the history.
  await server.api("/issues", { json: { title: "Now", status: "done" } });
  await chart("Issues done").getByText("2", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "90 days" }).click();
  await untilTrue(page, `document.querySelectorAll(".numbers tbody")[0]?.rows.length === 90`);
  assert.equal(query(board), "?view=agents&days=90");
  await page.goBack();
  await page.getByRole("button", { name: "7 days", pressed: true }).waitFor();

  await page.setViewportSize({ width: 360, height: 740 });
  await untilTrue(page, `[...document.querySelectorAll(".plot canvas")].every((e) => e.clientWidth < 330)`);
  const [inner, outer] = await page.locator("main").evaluate((main) => [main.scrollWidth, main.clientWidth]);
  assert.equal(inner, outer);
  await assertClean(board);
});
