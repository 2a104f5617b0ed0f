/**
 * `deno task screenshots [folder]`: pictures of every view of the board, light, dark and on a phone, to be looked at.
 * Without a folder they go to `screenshots`.
 */

import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { findChromium, launchChromium } from "../support/chromium.ts";
import { type Sample, startSample } from "./sample.ts";

const WIDE = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const DEVICES: Record<string, BrowserContextOptions> = {
  light: { ...WIDE, colorScheme: "light" },
  dark: { ...WIDE, colorScheme: "dark" },
  phone: { ...PHONE, colorScheme: "light" },
  phone_dark: { ...PHONE, colorScheme: "dark" },
  small: { ...PHONE, viewport: { width: 320, height: 640 } },
  tablet: { ...PHONE, viewport: { width: 768, height: 1024 } },
  ultrawide: { viewport: { width: 2560, height: 1200 } },
};

/** What is shown, by name: how one gets there from the board. */
const VIEWS: Record<string, (page: Page, sample: Sample) => Promise<void>> = {
  board: () => Promise.resolve(),
  thread: async (page, { reviewed }) => {
    await openIssue(page, reviewed.number);
    // Markdown is drawn when its library is here.
    await page.locator(".result code").first().waitFor();
  },
  question: (page, { asking }) => openIssue(page, asking.number),
  transcript: async (page, { working }) => {
    await openIssue(page, working.number);
    await page.getByRole("tab", { name: "Transcript" }).click();
    await page.getByText("The list asks for its page").waitFor();
  },
  diff: async (page, { reviewed }) => {
    await openIssue(page, reviewed.number);
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByText("lineTotal").first().waitFor();
  },
  agents: async (page) => {
    await page.goto(`${page.url()}?view=agents`);
    await page.getByRole("list", { name: "Agents", exact: true }).waitFor();
    // The charts are drawn when their library is here.
    await page.locator("canvas").first().waitFor();
  },
  create: async (page) => {
    await page.getByRole("button", { name: "New issue" }).first().click();
    await page.getByLabel("Title").waitFor();
  },
  palette: async (page) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
  },
};

/** Those that README shows, small enough to be kept in the repository: copied to `docs`. */
const README: Record<string, string> = { board_light: "board.webp", diff_dark: "changes.webp" };

async function saveSmall(page: Page, path: string): Promise<void> {
  const debug = await page.context().newCDPSession(page);
  const { data } = await debug.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  await Deno.writeFile(path, Uint8Array.fromBase64(data));
}

async function openIssue(page: Page, number: number): Promise<void> {
  const url = new URL(page.url());
  url.searchParams.set("issue", String(number));
  await page.goto(url.href);
  await page.getByRole("tab", { name: "Thread" }).waitFor();
}

const folder = Deno.args[0] ?? "screenshots";
await Deno.mkdir(folder, { recursive: true });
await using sample = await startSample();
const browser = await launchChromium(findChromium());
try {
  for (const [device, options] of Object.entries(DEVICES)) {
    const context = await browser.newContext({ reducedMotion: "reduce", deviceScaleFactor: 1.5, ...options });
    for (const [view, show] of Object.entries(VIEWS)) {
      await sample.beat();
      const page = await context.newPage();
      await page.goto(`${sample.server.url}/autopilot`);
      await page.locator("main[aria-busy=false]").waitFor();
      // The agents' lines come a moment after the cards.
      await page.getByText("Running deno task test").waitFor({ state: "attached" });
      await show(page, sample);
      await page.screenshot({ path: join(folder, `${view}_${device}.png`) });
      const name = README[`${view}_${device}`];
      if (name !== undefined) await saveSmall(page, join(folder, name));
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
}
