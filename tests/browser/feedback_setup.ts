/** A shop of somebody else that has the feedback button, in a browser. */

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Issue } from "../../src/domain/issue.ts";
import { openPage, type WatchedPage } from "../support/browser.ts";
import { type Site, type SiteOptions, startSite } from "../support/pages.ts";
import { PATIENCE_MS, within } from "../support/wait.ts";
import { startServer, type TestServer } from "../support/server.ts";

export const SHOP = `<header><h1>A shop</h1></header><main>
  <form><button type="button" id="buy" data-testid="buy-now" data-source-loc="src/shop.tsx:12">Buy <b>now</b></button>
  <label>Card number <input name="card" value="4111-secret"></label>
  <label>Note <textarea>typed-secret</textarea></label>
  <select aria-label="Size"><option selected>chosen-secret</option></select></form>
  <p>Some words</p></main>`;

export interface Shop extends WatchedPage {
  readonly server: TestServer;
  readonly site: Site;
  /** All issues that were filed, newest first. */
  issues(): Promise<Issue[]>;
  /** Opens the dialog by its button, and waits until it has everything. */
  open(): Promise<void>;
}

export interface ShopOptions extends SiteOptions {
  /** Attributes of the script tag. */
  attributes?: string;
  copies?: number;
  context?: BrowserContextOptions;
  prepare?: (page: Page) => Promise<unknown>;
  /** The board wants logins, and the script has a publishable key for its site. */
  key?: boolean;
}

/** Waits until an expression is true in the page. For what no change of the document tells; needs no `eval`. */
export async function untilSo(page: Page, expression: string): Promise<void> {
  const asked = page.evaluate(`new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!(${expression})) return;
      clearInterval(timer);
      resolve();
    }, 20);
  })`);
  await within(asked, PATIENCE_MS, () => `Never true in the page: ${expression}`);
}

async function keyFor(server: TestServer, site: Site): Promise<string> {
  await server.login();
  return (await server.mint("feedback", { origins: [site.url] })).token;
}

export async function openShop(browser: Browser, options: ShopOptions = {}): Promise<Shop> {
  const { attributes = "", copies = 1, context, prepare, key = false, ...more } = options;
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startServer(key ? { env: { AUTOPILOT_AUTH: "on" } } : {}));
  const of_site: SiteOptions = { connect: server.url, body: SHOP, ...more };
  const site = stack.use(startSite(of_site));
  const key_attribute = key ? `data-key="${await keyFor(server, site)}"` : "";
  const tag =
    `<script nonce="%NONCE%" src="${server.url}/autopilot/feedback.js" ${attributes} ${key_attribute}></script>`;
  of_site.head = (more.head ?? "") + tag.repeat(copies);
  const watched = stack.use(await openPage(browser, site.url, context, prepare));
  const { page } = watched;
  const held = stack.move();
  return {
    ...watched,
    server,
    site,
    issues: async () => (await server.api<Issue[]>("/issues")).body,
    open: async () => {
      await page.getByRole("button", { name: "Feedback" }).click();
      await page.getByRole("button", { name: "Point at something" }).waitFor();
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
