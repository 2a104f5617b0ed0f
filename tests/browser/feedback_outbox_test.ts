import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { assertClean, browserTest, openBoard, openPage } from "../support/browser.ts";
import { openShop, untilSo } from "./feedback_setup.ts";

const WAITING =
  `Object.values(localStorage).flatMap((text) => JSON.parse(text)).filter((one) => one.report).length`;
/** A real picture of one pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

browserTest(
  "feedback.js keeps what was written offline and sends it once, pages later too",
  async (browser) => {
    await using shop = await openShop(browser);
    const { page, server } = shop;
    const context = page.context();
    // The dialog opens offline for the first time: what comes late is missing, the message is not.
    await context.setOffline(true);
    await page.getByRole("button", { name: "Feedback" }).click();
    await page.getByLabel("Your message").fill("Written in a tunnel");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("You are offline. Your message is kept").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    const by_script = page.evaluate<{ id: string }>(`AutopilotFeedback.submit("By the script")`);
    assert.equal(await page.evaluate(WAITING), 2);
    assert.equal((await shop.issues()).length, 0);
    // Another page of the site has the same storage: both go online at the same moment.
    await context.setOffline(false);
    const { id } = await by_script;
    await untilSo(page, `${WAITING} === 0`);
    const issues = await shop.issues();
    assert.deepEqual(issues.map(({ title }) => title).sort(), ["By the script", "Written in a tunnel"]);
    assert.ok(issues.some((issue) => issue.id === id));

    // The page goes away before it is online again; the next one, and one beside it, find the message.
    await shop.open();
    await page.locator("input[type=file]").setInputFiles({
      name: "a.png",
      mimeType: "image/png",
      buffer: Buffer.from(PNG, "base64"),
    });
    await page.getByRole("button", { name: "Remove: Picture" }).waitFor();
    await page.getByLabel("Your message").fill("With a picture");
    await context.setOffline(true);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("You are offline.").waitFor();
    await context.setOffline(false);
    const state = await context.storageState();
    await page.goto("about:blank");
    await using other = await openPage(browser, shop.site.url, { storageState: state });
    await page.goto(shop.site.url);
    for (const one of [page, other.page]) await untilSo(one, `${WAITING} === 0`);
    const [last, ...more] = await shop.issues();
    assert.deepEqual([last.title, more.length], ["With a picture", 2]);
    const detail = await server.api<{ attachments: unknown[] }>(`/issues/${last.id}`);
    assert.equal(detail.body.attachments.length, 1);
  },
);

browserTest(
  "feedback.js keeps the text when the server refuses, is gone, or has had enough",
  async (browser) => {
    await using shop = await openShop(browser);
    const { page, server } = shop;
    await shop.open();
    const send = page.getByRole("button", { name: "Send", exact: true });
    const message = page.getByLabel("Your message");
    await send.click();
    await page.getByText("Please write something first.").waitFor();

    // An answer that is lost is no second report.
    await message.fill("Lost answer");
    let lost = 0;
    await page.route("**/api/autopilot/feedback", async (route) => {
      if (route.request().method() !== "POST" || lost++ > 0) return await route.fallback();
      await route.fetch();
      await route.abort("connectionreset");
    });
    await send.click();
    await page.getByText("the server can't be reached").waitFor();
    assert.equal(await message.inputValue(), "Lost answer");
    await send.click();
    await page.getByText("Thank you!").waitFor();
    assert.equal((await shop.issues()).length, 1);
    await page.getByRole("button", { name: "Close" }).click();

    // Huge: the field takes what the server takes, and says why when it does not.
    await shop.open();
    await message.fill("ü".repeat(30_000));
    assert.equal((await message.inputValue()).length, 30_000, "filled past the field's limit");
    await send.click();
    await page.getByText(/Not sent \(.*20000 characters/).waitFor();
    assert.equal((await message.inputValue()).length, 30_000);
    await message.fill("€".repeat(20_000));
    await send.click();
    await page.getByText("Thank you!").waitFor();
    await page.getByRole("button", { name: "Close" }).click();

    await shop.open();
    await message.fill("After the flood");
    // Others write until there is room for nobody, at the moment at which this one is sent.
    await page.route("**/api/autopilot/feedback", async (route) => {
      while ((await server.api("/feedback", { json: { message: "Flood" } })).status !== 429);
      await route.fallback();
    });
    await send.click();
    await page.getByText(/Too many messages at the moment: try again in \d+ seconds/).waitFor();
    assert.equal(await message.inputValue(), "After the flood");
    const refused = await page.evaluate<number>(
      `AutopilotFeedback.submit("x").catch((error) => error.status)`,
    );
    assert.equal(refused, 429);
    assert.ok(!(await shop.issues()).some(({ title }) => title === "After the flood"));
  },
);

browserTest("the demo page shows the button and is found from the board's help", async (browser) => {
  await using shop = await openShop(browser, { attributes: `data-button="off"` });
  const { server } = shop;
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  await board.page.keyboard.press("?");
  const link = board.page.getByRole("link", { name: /in a page that shows them/ });
  await using demo = await openPage(browser, `${server.url}${await link.getAttribute("href")}`);
  const { page } = demo;
  await page.getByRole("button", { name: "Feedback", exact: true }).waitFor();
  await page.getByText(`<script src="${server.url}/autopilot/feedback.js"`).waitFor();
  await page.getByRole("button", { name: "Open it by script" }).click();
  await page.getByLabel("Your message").fill("From the demo");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Thank you!").waitFor();
  const [issue] = await shop.issues();
  assert.match(issue.body, /^From the demo\n\nPage: http.*\/autopilot\/demo\nProject: demo\n/);
  await assertClean(demo);
});
