/** Chromium, where this machine has it. */

import { type Browser, chromium } from "playwright-core";

const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The same engine without anything around the page: half the processor time, but no permissions to ask for. */
const SHELL = "/usr/bin/chromium-headless-shell";

/** Nothing leaves the machine, and nothing that a fresh profile likes to do in the background. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-first-run",
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

/** The path of the whole browser; `null` when it is not installed. */
export function findChromium(): string | null {
  return firstOf(PATHS);
}

/** The path of the lightest there is; `null` when none is installed. */
export function findLightChromium(): string | null {
  return firstOf([SHELL, ...PATHS]);
}

function firstOf(paths: readonly string[]): string | null {
  for (const path of paths) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/** Starts it without a window. */
export function launchChromium(executablePath: string | null): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath ?? undefined, chromiumSandbox: false, args: ARGS });
}
