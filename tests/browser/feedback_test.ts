import assert from "node:assert/strict";
import { assertClean, browserTest } from "../support/browser.ts";
import { HOSTILE_CSS } from "../support/pages.ts";
import { violations } from "./axe_check.ts";
import { openShop } from "./feedback_setup.ts";

/** What the page's script has: a global with four functions, and nothing else new. */
const GLOBALS = `Object.keys(globalThis).filter((name) => /autopilot/i.test(name)).concat(
  Object.keys(globalThis.AutopilotFeedback ?? {}))`;
const FOCUSED = `(document.activeElement?.shadowRoot?.activeElement ?? document.activeElement)?.textContent`;

browserTest(
  "feedback.js works on another origin, under a strict policy, over hostile styles, included twice",
  async (browser) => {
    await using shop = await openShop(browser, {
      css: HOSTILE_CSS,
      copies: 2,
      attributes: `data-user="me@co" data-project="shop"`,
    });
    const { page } = shop;
    const button = page.getByRole("button", { name: "Feedback", exact: true });
    assert.equal(await button.count(), 1);
    const box = await button.boundingBox();
    assert.ok(box !== null && box.x > 1300 && box.y > 800 && box.width > 80, JSON.stringify(box));
    assert.deepEqual(await page.evaluate(GLOBALS), [
      "AutopilotFeedback",
      "open",
      "close",
      "submit",
      "destroy",
    ]);
    const loaded = shop.requests.filter((url) => url.startsWith(shop.server.url));
    assert.deepEqual(new Set(loaded), new Set([`${shop.server.url}/autopilot/feedback.js`]));

    await shop.open();
    await page.getByLabel("Your message").fill("The basket is empty");
    await page.getByText("in the name of me@co").waitFor();
    await page.getByRole("dialog").getByLabel("What is it about?").selectOption("Problem");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Thank you!").waitFor();
    const [issue, ...others] = await shop.issues();
    assert.equal(others.length, 0);
    assert.deepEqual(
      [issue.title, issue.kind, issue.status, issue.trust, issue.created_by],
      ["The basket is empty", "feedback", "backlog", "external", "me@co"],
    );
    assert.match(
      issue.body,
      /^The basket is empty\n\nAbout: Problem\nPage: http:\/\/127\.0\.0\.1:\d+\/\nUser: me@co\nProject: shop\n/,
    );
    assert.match(issue.body, /\nWindow: 1500 × 900, 1 ×\n```$/);

    // The page and its styles are as they were.
    assert.equal(await page.evaluate(`document.querySelectorAll("style, link, script").length`), 3);
    assert.equal(await page.evaluate(`document.adoptedStyleSheets.length`), 0);
    assert.equal(await page.evaluate(`getComputedStyle(document.querySelector("main")).display`), "none");
    await page.getByText("Your messages", { exact: true }).click();
    await page.getByText("Received", { exact: true }).waitFor();
    await shop.server.api(`/issues/${issue.id}/status`, { json: { status: "done" } });
    await page.getByRole("button", { name: "Close" }).click();
    await shop.open();
    await page.getByText("Your messages", { exact: true }).click();
    await page.getByText("Done", { exact: true }).waitFor();

    await page.evaluate(`AutopilotFeedback.destroy()`);
    assert.equal(await page.getByRole("button", { name: "Feedback" }).count(), 0);
    assert.deepEqual(await page.evaluate(GLOBALS), []);
    await assertClean(shop);
  },
);

browserTest(
  "feedback.js is used by keyboard alone, gives the focus back, and has no fault that axe finds",
  async (browser) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using shop = await openShop(browser, { context: { colorScheme, reducedMotion: "reduce" } });
      const { page } = shop;
      await page.getByRole("button", { name: "Feedback" }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Point at something" }).waitFor();
      assert.equal(
        await page.evaluate(`document.activeElement.shadowRoot.activeElement.localName`),
        "textarea",
      );
      assert.deepEqual(await violations(shop), [], `dialog, ${colorScheme}`);
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(FOCUSED), "Feedback");
      if (colorScheme === "dark") continue;

      // Opened from the page, the focus goes back to the page.
      await page.evaluate(
        `document.querySelector("#buy").focus(), AutopilotFeedback.open({ message: "From" })`,
      );
      await page.keyboard.type(" the keyboard");
      await page.getByLabel("What is it about?").focus();
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(FOCUSED), "Point at something");
      await page.keyboard.press("Enter");
      await page.getByRole("application").waitFor();
      for (const key of ["ArrowRight", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
      await page.getByText("button Buy now").waitFor();
      assert.deepEqual(await violations(shop), [], "picker");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Remove: Part of the page" }).waitFor();
      assert.equal(await page.evaluate(FOCUSED), "Point at something");
      await page.keyboard.press("Shift+Tab");
      while (await page.evaluate(FOCUSED) !== "Send") await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByText("Thank you!").waitFor();
      assert.equal(await page.evaluate(FOCUSED), "Close");
      assert.equal(
        await page.evaluate(`document.activeElement.shadowRoot.querySelector("[role=status]").textContent`),
        "Thank you! Your message has arrived.",
      );
      assert.deepEqual(await violations(shop), [], "thanks");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(`document.activeElement.id`), "buy");
      const [issue] = await shop.issues();
      assert.equal(issue.title, "From the keyboard");
      assert.match(issue.body, /Element: #buy\n {2}role: button\n {2}name: Buy now\n/);
      await assertClean(shop);
    }
  },
);

browserTest(
  "feedback.js fits 320 px, reads from right to left, and says what it is told to",
  async (browser) => {
    const strings = { button: "ملاحظات", send: "إرسال", message: "رسالتك", kind: "الموضوع", point: "حدد" };
    await using shop = await openShop(browser, {
      attributes: `data-lang="ar" data-theme="dark" data-strings='${JSON.stringify(strings)}'`,
      context: { viewport: { width: 320, height: 640 }, hasTouch: true },
      html: `lang="ar" dir="rtl"`,
    });
    const { page } = shop;
    const button = page.getByRole("button", { name: "ملاحظات" });
    const { x, width } = (await button.boundingBox())!;
    assert.ok(x < 40 && x + width < 320, `at the left edge: ${x}`);
    await button.tap();
    await page.getByRole("button", { name: "حدد" }).waitFor();
    await page.getByLabel("رسالتك").fill("x".repeat(300));
    await page.getByRole("checkbox").uncheck();
    const sizes = await page.evaluate<number[]>(`(() => {
      const dialog = document.querySelector("[data-autopilot-feedback]").shadowRoot.querySelector("dialog");
      return [dialog.scrollWidth - dialog.clientWidth, dialog.getBoundingClientRect().width, document.documentElement.scrollWidth];
    })()`);
    assert.ok(sizes[0] <= 0 && sizes[1] <= 304 && sizes[2] <= 320, String(sizes));
    assert.equal(
      await page.evaluate(`getComputedStyle(document.querySelector("[data-autopilot-feedback]")).direction`),
      "rtl",
    );
    assert.deepEqual(await violations(shop), []);
    await page.getByRole("button", { name: "إرسال" }).tap();
    await page.getByText("Thank you!").waitFor();
    assert.equal((await shop.issues())[0].body, "x".repeat(300));
    await assertClean(shop);
  },
);

browserTest(
  "feedback.js without a button, with a key to a board with logins, is used by the page's own script",
  async (browser) => {
    await using shop = await openShop(browser, {
      key: true,
      attributes: `data-button="off" data-kind="idea" data-user="tag@co"`,
    });
    const { page } = shop;
    assert.equal(await page.getByRole("button", { name: "Feedback" }).count(), 0);
    const ids = await page.evaluate<{ id: string }[]>(`Promise.all([
    AutopilotFeedback.submit("One", { page: "/basket", user: "me@co" }),
    AutopilotFeedback.submit("Two", "/other"),
    AutopilotFeedback.submit("Three"),
  ])`);
    const by_id = new Map((await shop.issues()).map((issue) => [issue.id, issue]));
    assert.deepEqual(
      ids.map(({ id }) => by_id.get(id)?.body),
      [
        "One\n\nAbout: idea\nPage: /basket\nUser: me@co",
        "Two\n\nAbout: idea\nPage: /other\nUser: tag@co",
        `Three\n\nAbout: idea\nPage: ${shop.site.url}/\nUser: tag@co`,
      ],
    );
    assert.match(
      await page.evaluate(`AutopilotFeedback.submit("").catch((error) => error.message)`),
      /message/,
    );
    await page.evaluate(`AutopilotFeedback.open()`);
    await page.getByRole("button", { name: "Point at something" }).waitFor();
    assert.equal(await page.getByLabel("What is it about?").count(), 0);
    await page.evaluate(`AutopilotFeedback.close()`);
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  },
);
