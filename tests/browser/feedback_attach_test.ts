import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Attachment } from "../../src/domain/attachment.ts";
import { assertClean, browserTest, openBoard, type WatchedPage } from "../support/browser.ts";
import { openShop, type Shop, untilSo } from "./feedback_setup.ts";
import { violations } from "./axe_check.ts";

const ROOT = `document.querySelector("[data-autopilot-feedback]").shadowRoot`;
/** Stands for the browser's own question, which a headless browser can't ask: the "tab" is one white picture. */
const FAKE_TAB = `navigator.mediaDevices.getDisplayMedia = async (wanted) => {
  globalThis.asked = { ...wanted, hidden: !${ROOT}.querySelector("dialog").open };
  const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 200 });
  const pen = canvas.getContext("2d");
  const paint = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, 400, 200); };
  paint();
  const stream = canvas.captureStream();
  const timer = setInterval(paint, 20);
  stream.getTracks()[0].addEventListener("ended", () => clearInterval(timer));
  return globalThis.stream = stream;
}`;

async function send(shop: Shop, message: string): Promise<{ body: string; attachments: Attachment[] }> {
  const { page } = shop;
  await page.getByLabel("Your message").fill(message);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Thank you!").waitFor();
  const [{ id, title, body }] = await shop.issues();
  assert.equal(title, message);
  const detail = await shop.server.api<{ attachments: Attachment[] }>(`/issues/${id}`);
  await page.getByRole("button", { name: "Close" }).click();
  return { body, attachments: detail.body.attachments };
}

/** The colours of a picture at some places, 0 to 1: red, green, blue. */
async function pixels(shop: Shop, file: Attachment, places: [number, number][]): Promise<number[][]> {
  const bytes = await (await fetch(`${shop.server.url}${file.url}`)).bytes();
  return await shop.page.evaluate(async ({ data, type, places }) => {
    const { createImageBitmap, OffscreenCanvas } = globalThis as unknown as
      & Record<string, new (...args: unknown[]) => unknown>
      & {
        createImageBitmap(blob: Blob): Promise<{ width: number; height: number }>;
      };
    const bitmap = await createImageBitmap(
      new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], { type }),
    );
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height) as unknown as {
      getContext(kind: "2d", options: { willReadFrequently: true }): {
        drawImage(image: unknown, x: number, y: number): void;
        getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
      };
    };
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(bitmap, 0, 0);
    return places.map(([x, y]) =>
      [...pen.getImageData(x * bitmap.width, y * bitmap.height, 1, 1).data].slice(0, 3)
    );
  }, { data: Buffer.from(bytes).toString("base64"), type: file.content_type, places });
}

async function drag(page: WatchedPage["page"], from: [number, number], to: [number, number]): Promise<void> {
  const canvas = page.getByRole("img", { name: "The picture that will be sent" });
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  await page.mouse.move(x + from[0] * width, y + from[1] * height);
  await page.mouse.down();
  await page.mouse.move(x + to[0] * width, y + to[1] * height, { steps: 3 });
  await page.mouse.up();
}

browserTest("feedback.js points at a part of the page and never reads what was typed", async (browser) => {
  await using shop = await openShop(browser, {
    prepare: (page) =>
      page.addInitScript(`addEventListener("click", () => globalThis.clicks = (globalThis.clicks ?? 0) + 1)`),
  });
  const { page } = shop;
  const pointAt = async (selector: string) => {
    await shop.open();
    await page.getByRole("button", { name: "Point at something" }).click();
    await page.getByRole("application").waitFor();
    const before = await page.evaluate("globalThis.clicks");
    const { x, y, width, height } = (await page.locator(selector).boundingBox())!;
    const [left, top] = selector === "main form" ? [x + width - 2, y + 2] : [x + width / 2, y + height / 2];
    await page.mouse.move(left, top);
    await page.mouse.click(left, top);
    await page.getByRole("button", { name: "Remove: Part of the page" }).waitFor();
    // The shield's click is one that the page hears of from its own root at most: never on the element.
    assert.ok(await page.evaluate<number>("globalThis.clicks") <= Number(before) + 1);
    return await send(shop, `About ${selector}`);
  };
  const { body } = await pointAt("#buy");
  assert.match(
    body,
    /Element: #buy\n {2}role: button\n {2}name: Buy now\n {2}test id: buy-now\n {2}text: Buy now\n {2}place: \d+, \d+, \d+ × \d+\n {2}source: src\/shop\.tsx:12\n/,
  );
  for (
    const [selector, expected] of [
      ["main input", /role: textbox\n {2}name: Card number\n {2}place/],
      ["main textarea", /role: textbox\n {2}name: Note\n {2}place/],
      ["main select", /role: combobox\n {2}name: Size\n {2}place/],
      ["main form", /Element: body > main > form\n/],
    ] as const
  ) {
    const { body } = await pointAt(selector);
    assert.match(body, expected);
    assert.doesNotMatch(body, /secret/);
  }

  await page.evaluate(`(() => {
    const host = document.querySelector("main > p");
    const editor = document.createElement("div");
    editor.dataset.private = "";
    host.after(editor);
    const word = Object.assign(document.createElement("strong"), { id: "word", textContent: "written-secret" });
    editor.attachShadow({ mode: "open" }).append(word);
  })()`);
  const written = (await pointAt("#word")).body;
  assert.match(written, / >>> #word\n/);
  assert.doesNotMatch(written, /secret/);

  // Escape ends it, and what was attached can be taken out.
  await shop.open();
  await page.getByRole("button", { name: "Point at something" }).click();
  await page.getByRole("application").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 0);
  await assertClean(shop);
});

browserTest(
  "feedback.js takes a picture of the tab, a pasted one or a file, and burns covers in",
  async (browser) => {
    await using shop = await openShop(browser, { prepare: (page) => page.addInitScript(FAKE_TAB) });
    const { page } = shop;
    await shop.open();
    await page.getByRole("button", { name: "Screenshot" }).click();
    await page.getByRole("img", { name: "The picture that will be sent" }).waitFor();
    assert.deepEqual(await page.evaluate("globalThis.asked"), {
      video: { displaySurface: "browser" },
      audio: false,
      preferCurrentTab: true,
      selfBrowserSurface: "include",
      hidden: true,
    });
    assert.equal(await page.evaluate("stream.getTracks()[0].readyState"), "ended");
    await drag(page, [0.1, 0.1], [0.3, 0.4]);
    await page.getByRole("button", { name: "Highlight" }).click();
    await drag(page, [0.6, 0.6], [0.9, 0.9]);
    // By keyboard: a box in the middle, moved up and made larger.
    await page.getByRole("button", { name: "Cover", exact: true }).focus();
    await page.keyboard.press("Enter");
    for (const key of ["ArrowUp", "ArrowUp", "Shift+ArrowRight"]) await page.keyboard.press(key);
    assert.equal(await page.evaluate(`${ROOT}.activeElement.getAttribute("aria-label")`), "Covered area");
    assert.deepEqual(await violations(shop), []);
    const { attachments: [shot] } = await send(shop, "With a picture");
    assert.deepEqual([shot.name, shot.content_type], ["screenshot.webp", "image/webp"]);
    const [covered, edge, marked, keyed, white] = await pixels(shop, shot, [
      [0.2, 0.2],
      [0.105, 0.11],
      [0.75, 0.75],
      [0.5, 0.45],
      [0.8, 0.2],
    ]);
    for (const black of [covered, edge, keyed]) assert.ok(black.every((part) => part < 12), String(black));
    assert.ok(white.every((part) => part > 243), String(white));
    assert.ok(marked[2] < 230 && marked[0] > 230, `a highlight: ${marked}`);

    // A picture from the clipboard, taken out again; then a file.
    await shop.open();
    const png = await page.screenshot({ clip: { x: 0, y: 0, width: 60, height: 40 } });
    await page.evaluate(({ data }) => {
      const { document, DataTransfer, ClipboardEvent } = globalThis as unknown as Record<string, never> & {
        document: {
          querySelector(name: string): { shadowRoot: { querySelector(name: string): EventTarget } };
        };
        DataTransfer: new () => { items: { add(file: File): void } };
        ClipboardEvent: new (type: string, init: unknown) => Event;
      };
      const clipboardData = new DataTransfer();
      clipboardData.items.add(
        new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], "x.png", { type: "image/png" }),
      );
      document.querySelector("[data-autopilot-feedback]").shadowRoot.querySelector("textarea")
        .dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, { data: png.toString("base64") });
    await page.getByRole("button", { name: "Remove: Picture" }).click();
    const file = page.locator("input[type=file]");
    await file.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
    await page.getByText("This picture can't be used.").waitFor();
    assert.deepEqual((await send(shop, "Without")).attachments, []);
    await shop.open();
    await file.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: png });
    await page.getByRole("button", { name: "Remove: Picture" }).waitFor();
    assert.equal((await send(shop, "From a file")).attachments.length, 1);

    await assertClean(shop);

    // The message arrives without a picture that the server does not take.
    await page.route(
      "**/screenshot",
      (route) =>
        route.fulfill({
          status: 507,
          json: { error: "full" },
          headers: { "access-control-allow-origin": "*" },
        }),
    );
    await shop.open();
    await file.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: png });
    await page.getByRole("button", { name: "Remove: Picture" }).waitFor();
    await page.getByLabel("Your message").fill("No room");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("but the server did not take its picture").waitFor();
    assert.equal((await shop.issues())[0].title, "No room");
  },
);

browserTest(
  "feedback.js attaches recent errors where the page allows it, without queries or bodies",
  async (browser) => {
    await using shop = await openShop(browser, {
      attributes: `data-errors="on"`,
      connect: "http://127.0.0.1:*",
    });
    const { page } = shop;
    await untilSo(page, `String(fetch).includes("original")`);
    await page.evaluate(`(async () => {
    console.error("Broken:", new TypeError("x is null"));
    setTimeout(() => { throw new Error("thrown later") });
    Promise.reject(new RangeError("nobody listens"));
    await fetch("/fail/503?token=secret", { method: "POST", body: "secret", headers: { "x-key": "secret" } });
    const request = new XMLHttpRequest();
    request.open("DELETE", "/fail/404?q=secret");
    await new Promise((resolve) => { request.onloadend = resolve; request.send("secret"); });
  })()`);
    await shop.open();
    await page.getByRole("button", { name: "Recent errors" }).click();
    await page.getByText("POST /fail/503 503").waitFor();
    assert.deepEqual(await violations(shop), []);
    const { body } = await send(shop, "Errors");
    for (
      const line of [
        "Broken: TypeError: x is null",
        "Error: thrown later (",
        "Unhandled: RangeError: nobody listens",
      ]
    ) {
      assert.ok(body.includes(line), `${line} in ${body}`);
    }
    assert.match(body, /Failed requests:\n {2}POST \/fail\/503 503\n {2}DELETE \/fail\/404 404\n/);
    assert.doesNotMatch(body, /secret/);
    const kept = await page.evaluate<boolean>(`(() => {
    AutopilotFeedback.destroy();
    return /native code/.test(fetch + console.error + XMLHttpRequest.prototype.open) && !/original/.test(String(fetch));
  })()`);
    assert.ok(kept, "destroy() gives the page its functions back");
  },
);

/** Each would call `alert` or load something, if the board took it for markup. */
const HOSTILE = [
  `<img src=x onerror=alert(1)>`,
  `"><svg/onload=alert(1)>`,
  `</code></pre><script>alert(1)</script>`,
  "````\n</textarea><iframe srcdoc='<script>alert(1)</script>'>\n````",
  `[x](javascript:alert(1)) ![y](https://tracker.invalid/p.png)`,
];

browserTest("S10 what strangers send in any field is text on the board", async (browser) => {
  const all = HOSTILE.join("\n");
  await using shop = await openShop(browser, {
    attributes: `data-project="<b onclick=alert(1)>p" data-user="<img src=x onerror=alert(1)>"`,
  });
  const { page, server } = shop;
  await shop.open();
  await page.getByLabel("Your message").fill(all);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Thank you!").waitFor();
  const one = HOSTILE[2].slice(0, 38);
  const element = Object.fromEntries(
    ["selector", "role", "name", "test_id", "text", "rect", "source"].map((name) => [name, one]),
  );
  const { status } = await server.api("/feedback", {
    json: {
      message: all,
      page: HOSTILE[1],
      user: HOSTILE[0],
      kind: one,
      project: HOSTILE[0],
      viewport: one,
      element,
      errors: HOSTILE,
      requests: HOSTILE,
    },
  });
  assert.equal(status, 201);
  for (const number of [1, 2]) {
    await using board = await openBoard(browser, `${server.url}/autopilot?issue=${number}`);
    await board.page.locator(".prose:not(.plain)").first().waitFor();
    const foreign = await board.page.evaluate(`[...document.querySelectorAll(
      ".panel :is(script, img, iframe, svg[onload], textarea[srcdoc], b[onclick])")].map((one) => one.outerHTML).concat(
      [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes].filter(({ name }) => name.startsWith("on")).map(({ name }) => name)),
      [...document.querySelectorAll("a[href^=javascript]")].map((one) => one.href))`);
    assert.deepEqual(foreign, []);
    await assertClean(board);
    assert.deepEqual(board.requests.filter((url) => !url.startsWith(server.url)), []);
  }
  await assertClean(shop);
});
