import assert from "node:assert/strict";
import { type Board, browserTest, openBoard } from "../support/browser.ts";
import { startReviewed } from "./changes_setup.ts";

/** What is wider than the page, or, with `fingers`, smaller than 44 px; links in running text are left alone. */
async function faults({ page }: Board, fingers: boolean): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const wide = document.scrollingElement.scrollWidth;
    const found = wide > innerWidth ? ["the page is " + wide + " of " + innerWidth + " px wide"] : [];
    if (!${fingers}) return found;
    for (const element of document.querySelectorAll("button, input, select, textarea, summary, a[href]")) {
      if (element.closest("[inert], .sr") !== null || element.closest("p, li.hint") !== null) continue;
      if (element.matches(".card-title")) continue; // the whole card leads there
      const { width, height } = (element.closest("label") ?? element).getBoundingClientRect();
      if (width === 0 || height === 0) continue;
      if (Math.round(Math.min(width, height)) < 44) {
        found.push((element.ariaLabel ?? element.textContent.trim()) + " " + width + " x " + height);
      }
    }
    return found;
  })()`);
}

browserTest(
  "every view fits 320 px and wider, and its controls are big enough for fingers",
  async (browser) => {
    await using all = await startReviewed({
      title: "Round the corners of all the buttons there are",
      base: { "src/a_file_with_a_long_name.ts": "one\n" },
      files: { "src/a_file_with_a_long_name.ts": `two ${"long ".repeat(40)}\n`, "b.md": "# B\n" },
    });
    await all.server.api("/issues/1/comments", { json: { body: "A".repeat(200), author: "ann" } });
    await all.server.api("/issues", { json: { title: "B".repeat(90), status: "ready" } });
    await all.store.runs.claim({ id: "agent-with-a-long-name-8", host: "here", pid: 1 });
    await using board = await openBoard(browser, `${all.server.url}/autopilot`, {
      hasTouch: true,
      viewport: { width: 320, height: 640 },
    });
    const { page } = board;
    const tab = (name: string) => async () => {
      await page.getByRole("tab", { name, exact: true }).click();
      await page.locator(`#tab-${name.toLowerCase()}[aria-selected=true]`).waitFor();
      if (name === "Changes") await page.locator("td.code.add").first().waitFor();
      if (name === "Timeline") await page.getByText("filed it in Ready").waitFor();
    };
    const views: Record<string, () => Promise<unknown>> = {
      board: () => board.card("In review", "Round").waitFor({ state: "attached" }),
      form: async () => {
        await page.getByRole("button", { name: "New issue" }).first().click();
        await page.getByLabel("Title").fill("Begun");
      },
      thread: async () => {
        await page.keyboard.press("Escape");
        await page.goto(`${all.server.url}/autopilot?issue=1`);
        await page.getByLabel("Reply").waitFor();
      },
      transcript: tab("Transcript"),
      changes: tab("Changes"),
      runs: tab("Runs"),
      timeline: tab("Timeline"),
      agents: async () => {
        await page.goto(`${all.server.url}/autopilot?view=agents`);
        await page.locator("canvas").last().waitFor();
      },
    };
    const found: unknown[] = [];
    for (const [name, open] of Object.entries(views)) {
      await open();
      for (const width of [320, 360, 768]) {
        await page.setViewportSize({ width, height: 640 });
        const wrong = await faults(board, true);
        if (wrong.length > 0) found.push([name, width, wrong]);
      }
      await page.setViewportSize({ width: 320, height: 640 });
      if (name === "form") {
        const create = await page.getByRole("button", { name: "Create", exact: true }).boundingBox();
        assert.ok(create !== null && create.x + create.width <= 320, JSON.stringify(create));
      }
    }
    assert.deepEqual(found, []);
  },
);

browserTest("the bar on top fits beside a panel and while the server is away", async (browser) => {
  await using all = await startReviewed({ base: { "a.ts": "one\n" }, files: { "a.ts": "two\n" } });
  await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
  const { page } = board;
  await page.getByLabel("Reply").waitFor();
  for (const width of [1440, 1200]) {
    await page.setViewportSize({ width, height: 700 });
    const [button, panel] = await Promise.all([
      page.getByRole("button", { name: "New issue" }).first().boundingBox(),
      page.getByRole("complementary").boundingBox(),
    ]);
    assert.ok(button !== null && panel !== null && button.x + button.width < panel.x, `${width}`);
  }
  await page.keyboard.press("Escape");
  await page.context().setOffline(true);
  await page.getByText("The server is away.").waitFor();
  for (const width of [320, 360, 768, 800, 900]) {
    await page.setViewportSize({ width, height: 640 });
    assert.deepEqual(await faults(board, false), []);
  }
});
