import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { openDesk, says } from "./sdk_setup.ts";

/** Counts the connections of a page. */
function socketsOf(page: Page): string[] {
  const urls: string[] = [];
  page.on("websocket", (socket) => urls.push(socket.url()));
  return urls;
}

const news = (page: Page, title: string) =>
  page.getByRole("region", { name: "News of Autopilot" }).getByText(title);

browserTest(
  "sdk.js connects once for all tabs, and the next tab goes on when that one is closed",
  async (browser) => {
    let first: string[] = [];
    await using desk = await openDesk(browser, {
      prepare: (page) => {
        first = socketsOf(page);
        return Promise.resolve();
      },
    });
    const { page, site } = desk;
    await says(page, "Live.");
    await desk.file("Before the second tab");
    await news(page, "#1 Before").waitFor();
    const other = await page.context().newPage();
    const second = socketsOf(other);
    await other.goto(site.url);
    await says(other, "Live.");
    assert.deepEqual([first.length, second.length], [1, 0]);
    const blocked = await desk.file("For both");
    await desk.move(blocked, "blocked");
    for (const one of [page, other]) {
      await news(one, "#2 For both").first().waitFor();
      await says(one, "1 need you.");
    }
    // What was before is no news to the new tab, but in its list.
    assert.equal(await news(other, "#1 Before").count(), 0);
    await other.getByRole("button", { name: "Activity", exact: true }).click();
    await other.getByRole("dialog", { name: "Activity" }).getByText("#1 Before").waitFor();
    // Seen in one tab is seen in all.
    await says(page, "1 need you. Live.");
    await other.keyboard.press("Escape");

    const connected = other.waitForEvent("websocket");
    await page.close();
    assert.match((await connected).url(), /since=\d+$/);
    await desk.file("After the first tab");
    await news(other, "#3 After").waitFor();

    // A tab that has the connection but sleeps gives no answer: one that is looked at takes its place.
    await other.evaluate(`new Promise((resolve) => {
      Autopilot.destroy();
      navigator.locks.request("autopilot ${desk.server.url}/api/autopilot ", { steal: true }, () => {
        resolve();
        return new Promise(() => {});
      }).catch(() => globalThis.robbed = true);
    })`);
    const third = await other.context().newPage();
    await third.goto(site.url);
    await says(third, "Live.");
    assert.equal(await other.evaluate(`robbed`), true);
    await desk.file("To the third tab");
    await news(third, "#4 To the third").waitFor();
  },
);

browserTest(
  "sdk.js comes back after it was offline and misses nothing, nor tells anything twice",
  async (browser) => {
    await using desk = await openDesk(browser);
    const { page } = desk;
    await says(page, "Live.");
    await page.evaluate(
      `addEventListener("autopilot:event", ({ detail }) => (globalThis.heard ??= []).push(detail.title))`,
    );
    await page.context().setOffline(true);
    await says(page, "Not connected");
    for (const title of ["One", "Two"]) await desk.file(title);
    await page.context().setOffline(false);
    await news(page, "#2 Two").waitFor();
    await desk.file("Three");
    await news(page, "#3 Three").waitFor();
    assert.deepEqual(await page.evaluate(`heard`), ["One", "Two", "Three"]);

    // The next page of this tab goes on where this one was.
    await page.goto("about:blank");
    await desk.file("Four");
    await page.goto(desk.site.url);
    await news(page, "#4 Four").waitFor();
    assert.equal(await news(page, "#3 Three").count(), 0);
    await page.getByRole("button", { name: "Activity", exact: true }).click();
    assert.equal(await page.getByRole("dialog", { name: "Activity" }).getByRole("listitem").count(), 4);

    // A page that knows more than the board was with another one: it hears what comes.
    await page.evaluate(`Autopilot.destroy()`);
    await page.evaluate(`Object.keys(sessionStorage).forEach((name) =>
    sessionStorage.setItem(name, JSON.stringify({ last: 9999, unread: 0, kept: [] })))`);
    await page.goto(desk.site.url);
    await says(page, "Live.");
    await desk.file("Five");
    await news(page, "#5 Five").waitFor();
  },
);
