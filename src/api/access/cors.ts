/** What pages of the sites in AUTOPILOT_EMBED_ORIGINS may do: ask with a token and read the answer, never with cookies. */

const ALLOWED: Readonly<Record<string, string>> = {
  "access-control-allow-methods": "GET, POST, PATCH, DELETE",
  "access-control-allow-headers": "authorization, content-type, idempotency-key, if-match, if-none-match",
  "access-control-max-age": "600",
};
const EXPOSED = "etag, link, location, retry-after";

/** The answer to a preflight of a page of this origin. */
export function preflight(origin: string): Response {
  return withEmbedCors(new Response(null, { status: 204, headers: ALLOWED }), origin);
}

export function withEmbedCors(response: Response, origin: string): Response {
  if (response.status === 101) return response;
  const { headers } = response;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED);
  headers.set("cross-origin-resource-policy", "cross-origin");
  headers.append("vary", "origin");
  return response;
}
