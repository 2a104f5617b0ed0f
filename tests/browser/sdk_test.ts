import assert from "node:assert/strict";
import { assertClean, browserTest } from "../support/browser.ts";
import { HOSTILE_CSS } from "../support/pages.ts";
import { violations } from "./axe_check.ts";
import { openDesk, says } from "./sdk_setup.ts";

const GLOBALS = `Object.keys(globalThis).filter((name) => /autopilot/i.test(name)).concat(
  Object.keys(globalThis.Autopilot ?? {}))`;
/** Collects what the page hears. */
const LISTEN = `addEventListener("autopilot:event", ({ detail }) => (globalThis.heard ??= []).push(detail))`;
const FOCUSED = `(document.activeElement?.shadowRoot?.activeElement ?? document.activeElement)?.ariaLabel`;

browserTest(
  "sdk.js works on another origin, under a strict policy, over hostile styles, included twice",
  async (browser) => {
    await using desk = await openDesk(browser, {
      css: HOSTILE_CSS,
      copies: 2,
      auth: true,
      attributes: `data-token="%TOKEN%" data-user="me@co"`,
      // As in a page without HTTPS: there each tab connects by itself.
      prepare: (page) =>
        page.addInitScript(`Object.defineProperty(navigator, "locks", { value: undefined })`),
    });
    const { page, toasts, server } = desk;
    assert.equal(await desk.main.count(), 1);
    assert.deepEqual(await page.evaluate(GLOBALS), [
      "Autopilot",
      "open",
      "openTo",
      "close",
      "toggle",
      "notify",
      "destroy",
    ]);
    await says(page, "Live.");
    await page.evaluate(LISTEN);
    const issue = await desk.file("The basket is empty");
    await toasts.filter({ hasText: "New issue" }).getByText("#1 The basket is empty").waitFor();
    await desk.move(issue, "ready");
    await toasts.filter({ hasText: "Moved to Ready" }).waitFor();
    await desk.move(issue, "blocked");
    await toasts.filter({ hasText: "Blocked: needs your input" }).waitFor();
    await says(page, "1 need you. 3 unread.");
    assert.equal(await page.locator(".count").getAttribute("data-n"), "1");
    // The answer settles what was blocked; names of people are not told on other sites.
    await server.api(`/issues/${issue.id}/comments`, { json: { author: "Anna", body: "It is" } });
    await toasts.filter({ hasText: "New comment" }).getByText("#1 The basket is empty").waitFor();
    await toasts.filter({ hasText: "Blocked" }).waitFor({ state: "detached" });
    await desk.move(issue, "in_review");
    await toasts.filter({ hasText: "Ready for review" }).waitFor();
    assert.ok(await toasts.count() <= 4);
    await desk.move(issue, "done");
    await toasts.filter({ hasText: "Done" }).waitFor();
    await page.locator(".count").waitFor({ state: "hidden" });
    const heard = await page.evaluate<Record<string, unknown>[]>(`heard`);
    assert.deepEqual(heard.map(({ type, status }) => status ?? type).slice(0, 3), [
      "backlog",
      "ready",
      "blocked",
    ]);
    assert.ok(heard.every((event) => !("actor" in event) && !("body" in event)));

    // The page and its styles are as they were.
    assert.equal(await page.evaluate(`document.querySelectorAll("style, link, script").length`), 3);
    assert.equal(await page.evaluate(`document.adoptedStyleSheets.length`), 0);
    await page.evaluate(`Autopilot.destroy()`);
    assert.equal(await desk.main.count(), 0);
    assert.deepEqual(await page.evaluate(GLOBALS), []);
    await assertClean(desk);
  },
);

browserTest(
  "sdk.js shows hostile and huge news as text, four at most, and what needs somebody until it is dismissed",
  async (browser) => {
    await using desk = await openDesk(browser, {
      context: { viewport: { width: 320, height: 640 }, colorScheme: "dark", reducedMotion: "reduce" },
      prepare: (page) => page.clock.install(),
    });
    const { page, toasts } = desk;
    await page.evaluate(`(() => {
      const evil = "<img src=x onerror=hacked=1>\\u202e{n}" + "x".repeat(100_000);
      const odd = { toString: () => { throw new Error("never asked") } };
      for (const type of ["issue.created", "issue.status", "run.started", "run.finished", "comment.added", evil, odd]) {
        Autopilot.notify({ type, id: evil, issue_id: evil, title: evil, status: evil, from: evil, author: evil,
          kind: evil, outcome: evil, number: evil, agent: evil, at: evil, message: type === odd ? odd : evil, seq: evil });
        Autopilot.notify({ type, id: odd, title: odd, status: odd, author: odd, number: odd, at: odd });
      }
      Autopilot.notify({});
    })()`);
    for (const bad of ["null", "undefined", `"text"`, "7"]) {
      assert.match(
        await page.evaluate(`(() => { try { Autopilot.notify(${bad}) } catch (e) { return e.message } })()`),
        /expected an object/,
      );
    }
    await toasts.nth(3).waitFor();
    assert.equal(await toasts.count(), 4);
    await page.getByRole("button", { name: "Activity", exact: true }).click();
    const list = page.getByRole("dialog", { name: "Activity" });
    await list.getByText("<img src=x").first().waitFor();
    assert.equal(await page.evaluate(`"hacked" in globalThis`), false);
    const inside = await page.evaluate<string>(
      `document.querySelector("[data-autopilot-launcher]").shadowRoot.textContent`,
    );
    assert.doesNotMatch(inside, /\u202e/);
    assert.ok(inside.length < 20_000, `${inside.length} characters`);
    assert.equal(await page.evaluate(`document.documentElement.scrollWidth`), 320);
    assert.equal(await list.evaluate((element) => element.scrollWidth > element.clientWidth), false);
    assert.deepEqual(await violations(desk), [], "the list, dark");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(FOCUSED), "Activity");

    await page.clock.runFor(1000);
    // News goes by itself, unless somebody looks; what is blocked stays, and is not pushed out.
    await page.evaluate(`(() => {
      Autopilot.notify({ type: "issue.status", id: "1", number: 1, title: "Which colour?", status: "blocked" });
      for (let n = 2; n < 8; n++) Autopilot.notify({ type: "issue.created", id: String(n), number: n, title: "New" });
    })()`);
    await toasts.filter({ hasText: "#7 New" }).waitFor();
    assert.deepEqual(await toasts.locator("b").allTextContents(), [
      "Blocked: needs your input",
      "New issue",
      "New issue",
      "New issue",
    ]);
    const voice = page.locator(".sr[role=status]");
    await voice.getByText("New issue: #7 New. 4 more").waitFor({ state: "attached" });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    assert.deepEqual(await violations(desk), [], "toasts, light");
    await page.getByRole("button", { name: "Dismiss: New issue #7 New" }).focus();
    await page.clock.runFor(20_000);
    assert.equal(await toasts.count(), 4);
    await page.keyboard.press("Enter");
    assert.match(
      String(await page.evaluate(`document.activeElement.shadowRoot.activeElement.textContent`)),
      /Which colour/,
    );
    await page.getByRole("button", { name: "Work" }).focus();
    await page.clock.runFor(10_000);
    assert.deepEqual(await toasts.locator("b").allTextContents(), ["Blocked: needs your input"]);
    await page.getByRole("button", { name: /^Dismiss: Blocked/ }).click();
    assert.equal(await toasts.count(), 0);
    await assertClean(desk);
  },
);

browserTest(
  "sdk.js is moved by mouse and keys, stays in the window, and is where it was on the next page",
  async (browser) => {
    const strings = { launcher: "الطيار", activity: "النشاط", empty: "لا شيء", live: "متصل" };
    await using desk = await openDesk(browser, {
      attributes: `data-project="shop" data-toasts="off" data-lang="ar" data-strings='${
        JSON.stringify(strings)
      }'`,
      html: `lang="ar" dir="rtl"`,
    });
    const { page } = desk;
    const pill = page.getByRole("group", { name: "Autopilot launcher" });
    const box = async () => (await pill.boundingBox())!;
    const at_first = await box();
    assert.ok(at_first.x + at_first.width > 1480 && at_first.y > 830, JSON.stringify(at_first));
    await page.mouse.move(at_first.x + 40, at_first.y + 20);
    await page.mouse.down();
    await page.mouse.move(700, 400, { steps: 4 });
    await page.mouse.move(-50, -50, { steps: 4 });
    await page.mouse.up();
    assert.deepEqual([(await box()).x, (await box()).y], [12, 12]);
    assert.equal(await page.getByRole("dialog").count(), 0);
    const main = page.getByRole("button", { name: "الطيار", exact: true });
    await page.keyboard.press("Tab");
    while (!await main.evaluate((element) => element.matches(":focus"))) await page.keyboard.press("Tab");
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+ArrowDown");
    const moved = await box();
    assert.ok(Math.abs(moved.x - 60) < 2 && Math.abs(moved.y - 108) < 2, JSON.stringify(moved));
    for (let i = 0; i < 60; i++) await page.keyboard.press("Shift+ArrowRight");
    await page.setViewportSize({ width: 320, height: 400 });
    const small = await box();
    assert.ok(small.x + small.width <= 308 && small.y + small.height <= 388, JSON.stringify(small));
    await page.setViewportSize({ width: 1500, height: 900 });
    const before = await box();
    await page.reload();
    await main.waitFor();
    assert.deepEqual(await box(), before);
    assert.deepEqual(await page.evaluate(`Object.keys(localStorage)`), ["autopilot-launcher shop"]);

    await says(page, "متصل");
    const issue = await desk.file("Quiet");
    await desk.move(issue, "blocked");
    await page.locator(".pip").waitFor();
    assert.equal(await desk.toasts.count(), 0);
    const bell = page.getByRole("button", { name: "النشاط", exact: true });
    await bell.focus();
    await page.keyboard.press("Enter");
    const list = page.getByRole("dialog", { name: "النشاط" });
    await list.getByText("#1 Quiet").first().waitFor();
    await page.locator(".pip").waitFor({ state: "hidden" });
    const panel = (await list.boundingBox())!;
    assert.ok(panel.x >= 0 && panel.y >= 0 && panel.x + panel.width <= 1500, JSON.stringify(panel));
    assert.deepEqual(await violations(desk), []);
    await assertClean(desk);
  },
);
