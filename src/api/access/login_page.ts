/** The login page: no script, one style, and every word that helps to get in. */

import { createHash } from "node:crypto";
import { SECURITY_HEADERS } from "../headers.ts";
import { LOGIN_PATH } from "./access.ts";

/** Why a login did not work. */
export type LoginTrouble = "malformed" | "unknown_token" | "used_link" | "wrong_scope" | "too_many";

const TROUBLES: Readonly<Record<LoginTrouble, { status: number; text: string }>> = {
  malformed: {
    status: 401,
    text: "This is no token and no login link: both hold a word that begins with <code>ap_</code>.",
  },
  unknown_token: {
    status: 401,
    text: "This token is not valid: it may be revoked, expired, or of another board.",
  },
  used_link: {
    status: 401,
    text: "This link was used already, or is too old: each works once. If it was you, " +
      '<a href="%BOARD%">open the board</a>; else make a new one as below.',
  },
  wrong_scope: {
    status: 401,
    text: "This token is for programs and pages: people log in with one of their own.",
  },
  too_many: { status: 429, text: "Too many attempts from here. Try again in a moment." },
};

const STYLE = `
:root { color-scheme: light dark; --bg: light-dark(#f6f7f9, #101116); --surface: light-dark(#fff, #191a20);
  --sunken: light-dark(#eef0f4, #14151a); --line: light-dark(#e3e5ea, #292b33); --strong: light-dark(#8a8f9c, #6d7180);
  --text: light-dark(#1a1c23, #e9eaef); --muted: light-dark(#4d525e, #b4b8c4); --accent: light-dark(#554dd6, #9d97ff);
  --fill: light-dark(#554dd6, #5f57dc); --fill-hover: light-dark(#463fc0, #6861e2);
  --bad: light-dark(#a81f3a, #ff8097); --bad-soft: light-dark(#fdebee, #3a1a22); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 24px 16px; background: var(--bg);
  color: var(--text); font: 0.875rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 400px; padding: 32px; background: var(--surface); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 16px 48px light-dark(rgb(20 22 40 / .08), rgb(0 0 0 / .4)); }
svg { width: 40px; height: 40px; display: block; }
h1 { margin: 16px 0 20px; font-size: 1.25rem; line-height: 1.3; }
h2 { margin: 0 0 4px; font-size: 0.8125rem; }
label { display: block; margin-bottom: 6px; font-weight: 600; font-size: 0.8125rem; }
input, button { width: 100%; min-height: 44px; border-radius: 9px; font: inherit; font-size: 1rem; }
input { padding: 0 12px; color: inherit; background: var(--bg); border: 1px solid var(--strong); }
button { margin-top: 12px; border: 0; color: #fff; background: var(--fill); font-weight: 600; cursor: pointer; }
button:hover { background: var(--fill-hover); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.trouble { margin: 0 0 20px; padding: 10px 12px; border-radius: 9px; color: var(--bad); background: var(--bad-soft); }
.help { margin-top: 24px; padding-top: 20px; border-top: 1px solid var(--line); color: var(--muted); }
.help h2 { color: var(--text); }
p { margin: 0 0 10px; } p:last-child { margin: 0; }
code { font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; font-size: 0.8125rem; }
.command { display: block; margin: 0 0 10px; padding: 9px 12px; border-radius: 6px; background: var(--sunken);
  color: var(--text); user-select: all; overflow-x: auto; }
a { color: inherit; font-weight: 600; }
@media (max-width: 480px) { body { place-items: start center; } main { padding: 24px 20px; } }
`;

const ICON =
  '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#5750d9"/>' +
  '<path d="M24.6 12.8A9.2 9.2 0 1 0 25.2 16" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>' +
  '<circle cx="16" cy="16" r="3.3" fill="#fff"/></svg>';

const POLICY = `default-src 'none'; style-src 'sha256-${
  createHash("sha256").update(STYLE).digest("base64")
}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** @param base the path in front of the board's own */
export function loginPage(
  { trouble, wait_s, base }: { trouble?: LoginTrouble; wait_s?: number; base: string },
): Response {
  const { status, text } = trouble === undefined ? { status: 200, text: "" } : TROUBLES[trouble];
  const alert = text === ""
    ? ""
    : `<p class="trouble" role="alert" id="trouble">${text.replace("%BOARD%", `${base}/autopilot`)}</p>`;
  const invalid = text === "" ? "" : ' aria-invalid="true" aria-describedby="trouble"';
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Log in · Autopilot</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${ICON}
<h1>Log in to Autopilot</h1>
${alert}
<form method="post" action="${base}${LOGIN_PATH}">
<label for="token">Token or login link</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password" spellcheck="false"${invalid}>
<button type="submit">Log in</button>
</form>
<section class="help">
<h2>Where is my login link?</h2>
<p>Autopilot prints one in its terminal when it starts for the first time. Each link works once. For a new one, run on the machine where Autopilot runs:</p>
<code class="command">autopilot login-link</code>
<p>Does somebody else run it? Ask them for a link or a token.</p>
</section>
</main>
</body>
</html>
`;
  return new Response(page, {
    status,
    headers: {
      ...SECURITY_HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
      // With no-referrer the form would be sent with "Origin: null", as a foreign page's is.
      "referrer-policy": "same-origin",
      ...(wait_s === undefined ? {} : { "retry-after": String(wait_s) }),
    },
  });
}
