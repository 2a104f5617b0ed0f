/** A site of somebody else: serves pages on an origin of its own, under a policy as strict as a site can have. */

export interface SiteOptions {
  /** Markup of the head and of the body; `%NONCE%` stands for the nonce of the policy. */
  head?: string;
  body?: string;
  /** Origins that the page may talk to. */
  connect?: string;
  /** Further parts of the policy, e.g. `img-src data:`. */
  policy?: string;
  /** The page's own style sheet. */
  css?: string;
  /** Language and direction of the page, as attributes of `<html>`. */
  html?: string;
}

export interface Site extends AsyncDisposable {
  readonly url: string;
}

/** What a page does to widgets that are not its own. */
export const HOSTILE_CSS =
  `* { all: unset !important; display: none !important; visibility: hidden !important;
    opacity: 0 !important; pointer-events: none !important; transform: scale(0) !important }
  html, body { display: block !important; visibility: visible !important; opacity: 1 !important; transform: none !important;
    pointer-events: auto !important }
  ::backdrop { display: none !important } dialog, button, div { position: static !important; left: -9999px !important }`;

/** The options are read with every request. Nothing but scripts with the nonce, no inline style, markup only as trusted types. */
export function startSite(options: SiteOptions): Site {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { head = "", body = "<h1>A shop</h1>", connect = "", policy = "", css = "", html = 'lang="en"' } =
      options;
    const { pathname } = new URL(request.url);
    if (pathname === "/site.css") return new Response(css, { headers: { "content-type": "text/css" } });
    if (pathname === "/favicon.ico") return new Response(null, { status: 204 });
    if (pathname.startsWith("/fail/")) return new Response("no", { status: Number(pathname.slice(6)) });
    const nonce = crypto.randomUUID();
    const fill = (text: string) => text.replaceAll("%NONCE%", nonce);
    const text = `<!DOCTYPE html><html ${html}><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/site.css">${
      fill(head)
    }</head>
<body>${fill(body)}</body></html>`;
    return new Response(text, {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": [
          "default-src 'none'",
          `script-src 'nonce-${nonce}'`,
          "style-src 'self'",
          `connect-src 'self' ${connect}`,
          "base-uri 'none'",
          "require-trusted-types-for 'script'",
          "trusted-types 'none'",
          policy,
        ].filter((part) => part !== "").join("; "),
      },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
