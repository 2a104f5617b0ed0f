/** The page that shows the scripts for other pages at work. Read when somebody first opens it. */

import demoCss from "../../../static/demo/demo.css" with { type: "text" };
import demoHtml from "../../../static/demo/demo.html" with { type: "text" };
import demoJs from "../../../static/demo/demo.js" with { type: "text" };
import { answerAsset, type Asset, asset, withoutComments } from "./assets_answer.ts";

let page: Asset | null = null;
const FILES: ReadonlyMap<string, Asset> = new Map([
  ["/autopilot/demo/demo.css", asset("text/css; charset=utf-8", demoCss)],
  ["/autopilot/demo/demo.js", asset("text/javascript; charset=utf-8", withoutComments(demoJs))],
]);

/**
 * Answers a request for the page or a file of it; `null` for any other path.
 *
 * @param base the path in front of the board's own, always the same
 * @param page_headers the page's policy
 */
export async function demoAnswer(
  request: Request,
  base: string,
  page_headers: Record<string, string>,
): Promise<Response | null> {
  const path = new URL(request.url).pathname.replace(/\/$/, "");
  page ??= asset("text/html; charset=utf-8", demoHtml.replaceAll('="/autopilot', `="${base}/autopilot`), {
    page: true,
  });
  const found = path === "/autopilot/demo" ? page : FILES.get(path);
  if (found === undefined) return null;
  return await answerAsset(request, found, {
    "cache-control": "no-cache",
    "cross-origin-resource-policy": "same-origin",
    ...found.page ? withFrame(page_headers) : {},
  });
}

/** The launcher shows the board in a frame of the page. */
function withFrame(headers: Record<string, string>): Record<string, string> {
  const policy = "content-security-policy";
  return { ...headers, [policy]: `${headers[policy]}; frame-src 'self'` };
}
