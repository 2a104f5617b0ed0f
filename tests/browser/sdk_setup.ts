/** A site of somebody else that has the launcher, in a browser. */

import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import type { Issue } from "../../src/domain/issue.ts";
import { openPage, type WatchedPage } from "../support/browser.ts";
import { type Site, type SiteOptions, startSite } from "../support/pages.ts";
import { startServer, type TestServer } from "../support/server.ts";

export interface Desk extends WatchedPage {
  readonly server: TestServer;
  readonly site: Site;
  readonly main: Locator;
  readonly toasts: Locator;
  file(title: string): Promise<Issue>;
  move(issue: Issue, status: string): Promise<void>;
}

export interface DeskOptions extends SiteOptions {
  /** Attributes of the script tag; `%TOKEN%` stands for a token that may read. */
  attributes?: string;
  copies?: number;
  context?: BrowserContextOptions;
  prepare?: (page: Page) => Promise<unknown>;
  /** The board takes connections of pages of this site. @default true */
  allowed?: boolean;
  /** The board wants logins. @default false */
  auth?: boolean;
  /** A further origin that the board knows, and that the token is for. */
  origin?: string;
}

/** The state of the connection, as the page hears it. */
export const STATES = `document.addEventListener("autopilot:status", ({ detail }) =>
  (globalThis.states ??= []).push(detail.state))`;

export async function openDesk(browser: Browser, options: DeskOptions = {}): Promise<Desk> {
  const { attributes = "", copies = 1, context, prepare, allowed = true, auth = false, origin, ...more } =
    options;
  await using stack = new AsyncDisposableStack();
  const of_site: SiteOptions = { body: "<main><h1>A desk</h1><p><button>Work</button></p></main>", ...more };
  const site = stack.use(startSite(of_site));
  const origins = [site.url, ...(origin === undefined ? [] : [origin])];
  const server = stack.use(
    await startServer({
      env: {
        ...(allowed ? { AUTOPILOT_EMBED_ORIGINS: origins.join() } : {}),
        ...(auth ? { AUTOPILOT_AUTH: "on" } : {}),
      },
    }),
  );
  if (auth) await server.login();
  const token = auth ? (await server.mint("read", { origins })).token : "";
  of_site.connect ??= `${server.url} ${server.url.replace("http", "ws")}`;
  of_site.policy ??= `frame-src ${server.url}`;
  const tag = `<script nonce="%NONCE%" src="${server.url}/autopilot/sdk.js" ${attributes}></script>`;
  of_site.head = (more.head ?? "") + tag.replace("%TOKEN%", token).repeat(copies);
  const watched = stack.use(
    await openPage(browser, site.url, context, async (page) => {
      await page.addInitScript(STATES);
      await prepare?.(page);
    }),
  );
  const { page } = watched;
  const held = stack.move();
  return {
    ...watched,
    server,
    site,
    main: page.getByRole("button", { name: "Autopilot", exact: true }),
    toasts: page.getByRole("region", { name: "News of Autopilot" }).getByRole("listitem"),
    file: async (title) => (await server.api<Issue>("/issues", { json: { title } })).body,
    move: async ({ id }, status) => {
      await server.api(`/issues/${id}/status`, { json: { status } });
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Waits until the launcher says so of itself. */
export async function says(page: Page, words: string): Promise<void> {
  await page.locator(`.pill > button[title*="${words}"]`).waitFor();
}
