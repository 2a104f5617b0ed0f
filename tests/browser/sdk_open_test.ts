import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, openPage } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { untilSo } from "./feedback_setup.ts";
import { openDesk, says } from "./sdk_setup.ts";

const board = (page: Page) => page.getByRole("dialog", { name: "Autopilot board" });
const list = (page: Page) => page.getByRole("dialog", { name: "Activity" });

browserTest("sdk.js opens the board over a page of its own origin: the demo shows it", async (browser) => {
  await using server = await startServer();
  await server.api("/issues", { json: { title: "A real one" } });
  await using demo = await openPage(browser, `${server.url}/autopilot/demo`);
  const { page } = demo;
  const main = page.getByRole("button", { name: "Autopilot", exact: true });
  await says(page, "Live.");
  await page.evaluate(
    `["open", "close"].forEach((name) => document.addEventListener("autopilot:" + name, ({ detail }) =>
    (globalThis.heard ??= []).push([name, detail])))`,
  );
  await main.focus();
  await page.keyboard.press("Enter");
  const frame = page.frameLocator("iframe");
  await frame.getByRole("region", { name: /^Backlog/ }).getByText("A real one").waitFor();
  assert.equal(
    await board(page).getByRole("link", { name: "Open in a new tab" }).getAttribute("href"),
    `${server.url}/autopilot`,
  );
  await page.evaluate(`Autopilot.openTo(1)`);
  await frame.getByRole("heading", { name: "A real one" }).waitFor();
  await board(page).getByRole("button", { name: "Close" }).focus();
  await page.keyboard.press("Escape");
  await board(page).waitFor({ state: "hidden" });
  await page.locator("iframe").waitFor({ state: "detached" });
  assert.equal(await main.evaluate((element) => element.matches(":focus")), true);
  await page.evaluate(`Autopilot.toggle()`);
  await frame.getByRole("region", { name: /^Backlog/ }).getByText("A real one").waitFor();
  await page.evaluate(`Autopilot.toggle()`);
  await board(page).waitFor({ state: "hidden" });
  // The event comes after what it tells.
  await untilSo(page, `heard.length === 5`);
  assert.deepEqual(await page.evaluate(`heard`), [
    ["open", { issue: "" }],
    ["open", { issue: "1" }],
    ["close", null],
    ["open", { issue: "" }],
    ["close", null],
  ]);

  await page.getByRole("button", { name: "Show some news" }).click();
  const toast = page.getByRole("region", { name: "News of Autopilot" }).getByRole("listitem");
  await toast.filter({ hasText: "Agent started" }).waitFor();
  await toast.getByRole("button", { name: /^Blocked: needs your input/ }).click();
  await frame.getByRole("heading", { name: "A real one" }).waitFor();
  assert.match(page.frames()[1].url(), /\?issue=1$/);
  await frame.getByText("A real one").first().waitFor();
  // A board that is closed while it loads drops what it asked for.
  assert.deepEqual((await demo.problems()).filter((one) => !one.endsWith("net::ERR_ABORTED")), []);
});

browserTest("sdk.js frames the board where it may, and else says why and leads to a tab", async (browser) => {
  // A site that the board knows, whose visitor is logged in.
  await using known = await openDesk(browser, { auth: true, attributes: `data-token="%TOKEN%"` });
  await says(known.page, "Live.");
  await known.main.click();
  // Without the visitor's login there is nothing to see in the frame: the way to the tab is.
  await board(known.page).getByText("The board does not show here").waitFor();
  await known.page.evaluate(`Autopilot.close()`);
  const login = await known.page.context().newPage();
  await login.goto(await known.server.newLoginLink());
  await login.close();
  await known.main.click();
  await known.page.frameLocator("iframe").getByRole("region", { name: /^Backlog/ }).waitFor();
  assert.equal(await known.page.getByText("The board does not show here").isVisible(), false);

  // A site that the board does not know.
  await using stranger = await openDesk(browser, { allowed: false });
  await says(stranger.page, "Not connected");
  const tab = stranger.page.waitForEvent("popup");
  await stranger.main.click();
  assert.equal((await tab).url(), `${stranger.server.url}/autopilot`);
  await stranger.page.getByRole("button", { name: "Activity", exact: true }).click();
  await list(stranger.page).getByText(
    `does not take connections of ${stranger.site.url}: add it to AUTOPILOT_EMBED_ORIGINS`,
  ).waitFor();

  // A page whose own policy forbids it.
  await using strict = await openDesk(browser, { connect: "", policy: "" });
  const own_tab = strict.page.waitForEvent("popup");
  await strict.main.click();
  await own_tab;
  await strict.page.getByRole("button", { name: "Activity", exact: true }).click();
  await list(strict.page).getByText("This page's Content-Security-Policy does not let it connect").waitFor();
});

browserTest(
  "sdk.js in a public page calls a private address only when somebody pressed it",
  async (browser) => {
    const origin = "https://desk.example";
    await using desk = await openDesk(browser, { auth: true, origin });
    const { server } = desk;
    const { token } = await server.mint("read", { origins: [origin] });
    for (const granted of [false, true]) {
      const context = await browser.newContext();
      if (granted) await context.grantPermissions(["local-network-access"], { origin });
      const page = await context.newPage();
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.route(`${origin}/**`, async (route) => {
        const { pathname } = new URL(route.request().url());
        if (pathname.endsWith(".js")) {
          return await route.fulfill({ response: await route.fetch({ url: `${server.url}${pathname}` }) });
        }
        await route.fulfill({
          contentType: "text/html",
          body: `<!DOCTYPE html><html lang="en"><title>Desk</title><script src="/autopilot/sdk.js"
          data-api="${server.url}/api/autopilot" data-token="${token}"></script>`,
        });
      });
      await page.goto(`${origin}/`);
      if (granted) {
        await says(page, "Live.");
      } else {
        await says(page, "The board is in a private network: press Autopilot to connect.");
        assert.deepEqual(asked.filter((url) => url.startsWith(server.url)), []);
        await page.getByRole("button", { name: "Activity", exact: true }).click();
        await list(page).getByText("Your browser does not let this page connect to the private network")
          .waitFor();
      }
      await context.close();
    }
  },
  { whole: true },
);
