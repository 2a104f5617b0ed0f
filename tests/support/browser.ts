/** A real Chromium for tests, and pages that report whatever goes wrong in them. */

import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page, Request } from "playwright-core";
import { findChromium, findLightChromium, launchChromium } from "./chromium.ts";
import { PATIENCE_MS, within } from "./wait.ts";

/**
 * `Deno.test` for a test that needs a browser; ignored, with the reason in its name, where there is none. The
 * sanitizers are off: the browser's pipe lives longer than one test and always has a read under way.
 * @param whole where only the whole browser does, as for the permissions that it asks people for
 */
export function browserTest(
  name: string,
  fn: (browser: Browser) => Promise<void>,
  { whole = false } = {},
): void {
  const path = whole ? findChromium() : findLightChromium();
  Deno.test({
    name: path === null ? `${name} (ignored: Chromium is not installed)` : name,
    ignore: path === null,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      let browser = running.get(path);
      if (browser === undefined) running.set(path, browser = launchChromium(path));
      await fn(await browser);
    },
  });
}

/** One browser of a path for all tests of a file. */
const running = new Map<string | null, Promise<Browser>>();

Deno.test.afterAll(async () => {
  for (const browser of running.values()) await (await browser).close();
  running.clear();
});

export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  /** Requests that failed or were answered with an error (of a board: that left its origin, too), messages on the console, violations of the policy. */
  problems(): Promise<string[]>;
  /** Addresses that were requested so far. */
  readonly requests: readonly string[];
}

export interface Board extends WatchedPage {
  /** The column of this name, as a screen reader finds it. */
  column(name: string): ReturnType<Page["locator"]>;
  /** A card in a column, by a part of its title. */
  card(column: string, title: string): ReturnType<Page["locator"]>;
}

/**
 * Opens a page in a browser profile of its own.
 * @param prepare gets the page before it loads
 */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<unknown> = () => Promise.resolve(),
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1500, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const heard: string[] = [];
  /** Given up by the browser; of a frame that is gone, that is how it should be. */
  const aborted: Request[] = [];
  const requests: string[] = [];
  const under_way = new Set<Request>();
  /** Requests of a document that was left meanwhile: the browser gives them up. */
  const given_up = new Set<Request>();
  /** From the request for another document until it is there, what the old one still asks for is given up, too. */
  let leaving = false;
  page.on("request", (request) => {
    requests.push(request.url());
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      leaving = true;
      for (const one of under_way) given_up.add(one);
    } else if (leaving) given_up.add(request);
    under_way.add(request);
  });
  page.on("framenavigated", (frame) => {
    if (frame === page.mainFrame()) leaving = false;
  });
  page.on("requestfinished", (request) => under_way.delete(request));
  page.on("requestfailed", (request) => {
    under_way.delete(request);
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") heard.push(`failed: ${request.url()} ${why}`);
    else if (!given_up.has(request)) aborted.push(request);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) heard.push(`${response.status()}: ${response.url()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) heard.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => heard.push(`thrown: ${error.stack || `${error.name} ${error.message}`}`));
  page.on("dialog", (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.addInitScript(watchPolicy);
  await prepare(page);
  await page.goto(url);
  return {
    page,
    requests,
    problems: async () => [
      ...heard,
      ...aborted.filter((request) => !request.frame().isDetached())
        .map((request) => `failed: ${request.url()} net::ERR_ABORTED`),
      ...await page.evaluate(readPolicy),
    ],
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Opens a page in a browser profile of its own, and waits until it shows the board. */
export async function openBoard(...opening: Parameters<typeof openPage>): Promise<Board> {
  const watched = await openPage(...opening);
  const { page } = watched;
  await page.locator("main[aria-busy=false]").waitFor();
  const column = (name: string) => page.getByRole("region", { name: new RegExp(`^${name}\\b`) });
  return {
    ...watched,
    problems: async () => [...foreign(watched.requests, opening[1]), ...await watched.problems()],
    column,
    card: (name, title) => column(name).getByRole("listitem").filter({ hasText: title }),
  };
}

/** Requests that left the board's own origin; nothing that the page made itself is one. */
function foreign(requests: readonly string[], url: string): string[] {
  const { origin } = new URL(url);
  return requests.filter((request) => !/^(data|blob):/.test(request) && new URL(request).origin !== origin)
    .map((request) => `left the origin: ${request}`);
}

/** Waits until an expression is true in the page: it is asked again whenever the document changes. */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  const asked = page.evaluate(`new Promise((resolve) => {
    const look = () => {
      if (!(${expression})) return;
      observer.disconnect();
      resolve();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
  })`);
  await within(asked, PATIENCE_MS, () => `Never true in the page: ${expression}`);
}

/** Fails when anything went wrong in the page. */
export async function assertClean(board: WatchedPage): Promise<void> {
  assert.deepEqual(await board.problems(), []);
}

// The two functions below run in the page.

type Watched = typeof globalThis & { violations?: string[] };

function watchPolicy(): void {
  const found: string[] = (globalThis as Watched).violations = [];
  addEventListener("securitypolicyviolation", (event) => {
    const { violatedDirective, blockedURI, sample } = event as unknown as Record<string, unknown>;
    found.push(`policy: ${violatedDirective} ${blockedURI} ${sample}`);
  });
}

function readPolicy(): string[] {
  return (globalThis as Watched).violations ?? ["the page was not watched"];
}
