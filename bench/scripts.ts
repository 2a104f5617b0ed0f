/** The scripts for other pages: what a page transfers for them, and what they take of its main thread while it loads. */

import type { Browser } from "playwright-core";
import { findChromium, launchChromium } from "../tests/support/chromium.ts";
import { type SiteOptions, startSite } from "../tests/support/pages.ts";
import { startServer } from "../tests/support/server.ts";
import { amountRow, print, quantile, type Row } from "./report.ts";

/** One script: its file, what it may transfer at load in KB (gzip), and on first use. */
const SCRIPTS = [
  { file: "feedback.js", kb: 5, ms: 10, parts: { of: ["extras.js", "receipts.js"], kb: 12 } },
  { file: "sdk.js", kb: 10, ms: 15, parts: { of: ["views.js", "toasts.js", "late_words.js"], kb: 6 } },
] as const;

/** @param loads how often each page is opened */
export async function scriptRows(loads: number): Promise<Row[]> {
  const path = findChromium();
  if (path === null) {
    print("The scripts are left out: Chromium is not installed");
    return [];
  }
  const page_of: SiteOptions = {};
  await using site = startSite(page_of);
  await using bare = startSite({});
  await using server = await startServer({ env: { AUTOPILOT_EMBED_ORIGINS: site.url } });
  page_of.connect = `${server.url} ${server.url.replace("http", "ws")}`;
  const browser = await launchChromium(path);
  try {
    const rows: Row[] = [];
    for (const { file, kb, ms, parts } of SCRIPTS) {
      const address = `${server.url}/autopilot/${file}`;
      const text = await (await fetch(address)).text();
      const folder = /"(s\/[0-9a-f]+\/)/.exec(text)?.[1] ?? "";
      const sizes = await Promise.all(
        parts.of.map((part) => gzipped(`${server.url}/autopilot/${folder}${part}`)),
      );
      page_of.head = `<script nonce="%NONCE%" src="${address}"></script>`;
      const [own, floor] = [await busyMs(browser, site.url, loads), await busyMs(browser, bare.url, loads)];
      rows.push(
        amountRow(`${file}, gzip at load`, await gzipped(address) / 1024, "KB", kb),
        amountRow(`${file}, gzip more at first use`, sizes.reduce((a, b) => a + b) / 1024, "KB", parts.kb),
        amountRow(`${file}, main thread at load`, Math.max(0, own - floor), "ms", ms, floor),
      );
    }
    return rows;
  } finally {
    await browser.close();
  }
}

/** Bytes on the wire. `fetch` unpacks, so they are counted by the length that the server names. */
async function gzipped(address: string): Promise<number> {
  const answer = await fetch(address, { method: "HEAD", headers: { "accept-encoding": "gzip" } });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return Number(answer.headers.get("content-length"));
}

/** What script, style and layout take of the main thread until the page is loaded; the median. */
async function busyMs(browser: Browser, url: string, loads: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < loads; i++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    // Time of the processor: other programs of the machine do not count.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(url, { waitUntil: "networkidle" });
    const { metrics } = await session.send("Performance.getMetrics");
    const value = (name: string) => metrics.find((one) => one.name === name)?.value ?? 0;
    times.push(1_000 * (value("ScriptDuration") + value("LayoutDuration") + value("RecalcStyleDuration")));
    await context.close();
  }
  return quantile(times, 0.5);
}
