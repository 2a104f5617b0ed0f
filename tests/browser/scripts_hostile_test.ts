/** Pages that stand in the way of both scripts: markup of strangers, attributes with mistakes, answers of nobody. */

import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { assertClean, browserTest } from "../support/browser.ts";
import { openShop, untilSo } from "./feedback_setup.ts";
import { openDesk, says } from "./sdk_setup.ts";

/** Listeners of the window and the document, and intervals, that the scripts added and have not taken away again. */
const COUNT = `(() => {
  const left = globalThis.left = new Set();
  const ids = new Map();
  const note = (what) => new Error().stack.includes("/autopilot/") && left.add(what);
  const idOf = (f) => ids.get(f) ?? (ids.set(f, ids.size), ids.size - 1);
  for (const target of [window, document]) {
    const { addEventListener: add, removeEventListener: remove } = target;
    target.addEventListener = (type, f, how) => (note(type + idOf(f)), add.call(target, type, f, how));
    target.removeEventListener = (type, f, how) => (left.delete(type + idOf(f)), remove.call(target, type, f, how));
  }
  const { setInterval: start, clearInterval: stop } = window;
  window.setInterval = (...all) => { const id = start(...all); note("interval" + id); return id; };
  window.clearInterval = (id) => (left.delete("interval" + id), stop(id));
})()`;
/** What a stranger's markup in the page may be: it poses as the tag of the script. */
const POSER = `<img name="currentScript" alt="" data-api="http://evil.invalid/api" data-user="evil">`;

/** It moves, unless the visitor wants less of that. */
async function assertMotion(page: Page, element: Locator): Promise<void> {
  const move = async (reducedMotion: "reduce" | "no-preference") => {
    await page.emulateMedia({ reducedMotion });
    return await element.evaluate((one) => one.getAnimations().length);
  };
  assert.deepEqual([await move("reduce"), await move("no-preference")], [0, 1]);
}

/** Nothing of a script is left in the page; `left` was counted. */
async function assertGone(page: Page): Promise<void> {
  assert.deepEqual(await page.evaluate(`[...left]`), []);
  assert.equal(await page.evaluate(`document.querySelectorAll("html > div").length`), 0);
  assert.match(String(await page.evaluate(`fetch + "" + console.error`)), /native code.*native code/s);
}

browserTest(
  "feedback.js sends to nobody else, thanks only for what was filed, and leaves nothing",
  async (browser) => {
    await using shop = await openShop(browser, {
      head: POSER,
      prepare: (page) => page.addInitScript(COUNT),
      attributes: `data-user="a$&b" data-errors="on" data-strings='{"__proto__":{"polluted":1}}'`,
    });
    const { page } = shop;
    await shop.open();
    await page.getByText("in the name of a$&b").waitFor();
    await assertMotion(page, page.getByRole("dialog"));
    assert.equal(await page.evaluate(`({}).polluted`), undefined);

    // Whoever else answers there has filed nothing.
    await page.getByLabel("Your message").fill("Kept");
    await page.route(
      "**/api/autopilot/feedback",
      (route) => route.fulfill({ body: "<h1>Hello</h1>", headers: { "access-control-allow-origin": "*" } }),
      {
        times: 1,
      },
    );
    const send = page.getByRole("button", { name: "Send", exact: true });
    await send.click();
    await page.getByText("Not sent (200). Your text is kept").waitFor();
    await send.click();
    await page.getByText("Thank you!").waitFor();
    assert.equal((await shop.issues())[0].created_by, "a$&b");
    assert.deepEqual(shop.requests.filter((url) => url.includes("evil")), []);

    // While somebody points at a part of the page.
    await page.getByRole("button", { name: "Close" }).click();
    await shop.open();
    await page.getByRole("button", { name: "Point at something" }).click();
    await page.getByRole("application").waitFor();
    await page.evaluate(`AutopilotFeedback.destroy()`);
    await page.keyboard.press("Tab");
    await assertGone(page);
    await assertClean(shop);
  },
);

browserTest(
  "sdk.js survives what is shaped badly, opens nothing but the board, and leaves nothing",
  async (browser) => {
    const script = `const Real = WebSocket;
    globalThis.WebSocket = class extends Real { constructor(...all) { super(...all); globalThis.socket = this; } }`;
    await using desk = await openDesk(browser, {
      head: POSER,
      attributes:
        `data-launcher="off" data-lang="de_DE" data-strings='{"__proto__":{"polluted":1},"live":5}'`,
      prepare: async (page) => {
        await page.addInitScript(COUNT);
        await page.addInitScript(script);
      },
    });
    const { page, toasts } = desk;
    await untilSo(page, `globalThis.states?.includes("live")`);
    await page.evaluate(`(() => {
    const huge = "[".repeat(100_000);
    for (const data of ["", "null", "7", "{", "[]", huge, new Blob(["x"]), '{"type":"hello"}', '{"type":"hello","seq":"x"}',
      '{"type":"issue.created","seq":1e308}', '{"type":"issue.created","seq":"9","title":"no"}', '{"seq":{}}',
      '{"__proto__":{"polluted":2}}']) {
      socket.onmessage({ data });
    }
  })()`);
    // Nothing of that was news, and what comes is.
    await desk.file("Still heard");
    const toast = toasts.filter({ hasText: "#1 Still heard" });
    await toast.waitFor();
    assert.equal(await toasts.count(), 1);
    await assertMotion(page, toast);
    assert.equal(await page.evaluate(`({}).polluted`), undefined);
    assert.equal(await desk.main.count(), 0);
    assert.deepEqual(desk.requests.filter((url) => url.includes("evil")), []);

    // Without a button the page opens it by script; and ends it while it opens.
    await page.evaluate(`Autopilot.openTo(1)`);
    const board = page.getByRole("dialog", { name: "Autopilot board" });
    await page.frameLocator("iframe").getByRole("heading", { name: "Still heard" }).waitFor();
    await page.evaluate(
      `document.documentElement.toggleAttribute("zoomed", document.documentElement.style.zoom = "1.5")`,
    );
    const box = (await board.boundingBox())!;
    assert.ok(
      box.x >= 0 && box.y >= 0 && box.x + box.width <= 1500 && box.y + box.height <= 900,
      JSON.stringify(box),
    );
    await page.evaluate(`Autopilot.destroy()`);
    await assertGone(page);
    assert.equal(await page.evaluate(`navigator.locks.query().then(({ held }) => held.length)`), 0);
    assert.equal(await page.evaluate(`socket.readyState >= 2`), true);
    assert.equal(page.context().pages().length, 1);
    await assertClean(desk);
  },
);

browserTest(
  "sdk.js lists what the page told itself, and takes no address but one of http",
  async (browser) => {
    await using desk = await openDesk(browser);
    const { page, toasts } = desk;
    await says(page, "Live.");
    await page.evaluate(`Autopilot.notify({ type: "deploy", message: "Deployed", title: "Version 7" })`);
    await toasts.filter({ hasText: "Deployed" }).waitFor();
    await page.getByRole("button", { name: "Activity", exact: true }).click();
    await page.getByRole("dialog", { name: "Activity" }).getByText("Version 7").waitFor();
    await assertClean(desk);

    // Ended while its second part is on its way, which must not come to life any more.
    await using early = await openDesk(browser, { prepare: (page) => page.addInitScript(COUNT) });
    await says(early.page, "Live.");
    const parts = ["views", "toasts", "late_words"].map((name) =>
      early.page.waitForResponse(`**/${name}.js`)
    );
    await early.page.evaluate(
      `Autopilot.notify({ type: "issue.created", title: "Too late" }), Autopilot.destroy()`,
    );
    for (const part of parts) await (await part).finished();
    await early.page.evaluate(`new Promise(requestIdleCallback)`);
    await assertGone(early.page);

    for (const api of ["javascript://x/%0aalert(1)/api/autopilot", "data:text/html,x"]) {
      await using odd = await openDesk(browser, { attributes: `data-api="${api}"` });
      assert.equal(await odd.page.evaluate(`"Autopilot" in globalThis`), false);
      assert.match((await odd.problems()).join(), /data-api: expected an address of http or https, found/);
    }
  },
);
