/** Headers that every answer carries, unless its route sets stricter or deliberately wider ones. */

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

/** For answers of the API that are no document: should a browser render one after all, nothing in it works. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Adds what is missing. */
export function secured(response: Response, is_api: boolean): Response {
  // A WebSocket upgrade is not ours to change.
  if (response.status === 101) return response;
  const headers = response.headers;
  for (const name in SECURITY_HEADERS) {
    if (!headers.has(name)) headers.set(name, SECURITY_HEADERS[name]);
  }
  if (is_api) {
    if (!headers.has("content-security-policy")) headers.set("content-security-policy", API_POLICY);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  }
  return response;
}
