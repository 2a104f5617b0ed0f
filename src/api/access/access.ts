/**
 * What each route needs. A route that is not listed needs the right to administer, so one that was forgotten is
 * closed; a test walks all routes and fails for it.
 */

import type { Permission } from "../../domain/credential.ts";

/** `public`: no credential. `any`: any credential. */
export type Need = Permission | "public" | "any";

interface Row {
  method: string;
  pattern: RegExp;
  need: Need;
}

const API = "/api/autopilot";
export const LOGIN_PATH = "/autopilot/login";
export const LOGOUT_PATH = "/autopilot/logout";

/** `:x` is one segment, `*` all that follows. */
const TABLE: readonly [method: string, path: string, need: Need][] = [
  ["GET", "/healthz", "public"],
  ["GET", LOGIN_PATH, "public"],
  ["POST", LOGIN_PATH, "public"],
  ["POST", `${API}/feedback`, "public"],
  ["OPTIONS", `${API}/feedback`, "public"],
  ["GET", `${API}/feedback/:receipt`, "public"],
  ["OPTIONS", `${API}/feedback/:receipt`, "public"],
  ["PUT", `${API}/feedback/:receipt/screenshot`, "public"],
  ["OPTIONS", `${API}/feedback/:receipt/screenshot`, "public"],
  ["GET", "/autopilot/feedback.js", "public"],
  ["GET", "/autopilot/sdk.js", "public"],
  ["GET", "/autopilot/s/*", "public"],

  ["POST", LOGOUT_PATH, "any"],
  ["GET", `${API}/me`, "any"],
  ["GET", `${API}/ws`, "watch"],
  ["GET", `${API}/counts`, "glance"],

  ["POST", `${API}/issues`, "file"],
  ["PATCH", `${API}/issues/:id`, "edit"],
  ["POST", `${API}/issues/:id/status`, "decide"],
  ["POST", `${API}/issues/:id/stop`, "decide"],
  ["POST", `${API}/issues/:id/comments`, "comment"],
  ["POST", `${API}/issues/:id/attachments`, "attach"],

  ["GET", `${API}/tokens`, "administer"],
  ["POST", `${API}/tokens`, "administer"],
  ["DELETE", `${API}/tokens/:id`, "administer"],
  ["POST", `${API}/login-links`, "administer"],

  ["GET", `${API}/issues`, "read"],
  ["GET", `${API}/issues/:id`, "read"],
  ["GET", `${API}/issues/:id/comments`, "read"],
  ["GET", `${API}/issues/:id/attachments`, "read"],
  ["GET", `${API}/issues/:id/runs`, "read"],
  ["GET", `${API}/issues/:id/diff`, "read"],
  ["GET", `${API}/uploads/:id`, "read"],
  ["GET", `${API}/runs/:id`, "read"],
  ["GET", `${API}/runs/:id/log`, "read"],
  ["GET", `${API}/agents`, "read"],
  ["GET", `${API}/events`, "read"],
  ["GET", `${API}/stats`, "read"],
  ["GET", `${API}/openapi.json`, "read"],
  // What a tool needs beyond reading is the tool's own question.
  ["POST", "/mcp", "read"],
  ["GET", "/readyz", "read"],
  ["GET", "/metrics", "read"],
  ["GET", "/", "read"],
  ["GET", "/favicon.ico", "read"],
  ["GET", "/autopilot", "read"],
  ["GET", "/autopilot/*", "read"],
];

const ROWS: readonly Row[] = TABLE.map(([method, path, need]) => ({
  method,
  need,
  pattern: patternOf(path),
}));
const PUBLIC = ROWS.filter(({ need }) => need === "public");

function patternOf(path: string): RegExp {
  const source = path.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+").replace(/\*$/, ".+");
  return new RegExp(`^${source}$`);
}

/** A segment of dots, in any spelling: who reads the path as a URL ends elsewhere than its letters say. */
const DOTS = /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|%5c|%2f|$)/i;

export function isPublic(method: string, path: string): boolean {
  if (DOTS.test(path)) return false;
  const asked = method === "HEAD" ? "GET" : method;
  return PUBLIC.some((row) => row.method === asked && row.pattern.test(path));
}

/** What the request needs; `null` when no row is for it. */
export function needOf(method: string, path: string): Need | null {
  if (DOTS.test(path)) return null;
  const asked = method === "HEAD" ? "GET" : method;
  return ROWS.find((row) => row.method === asked && row.pattern.test(path))?.need ?? null;
}
