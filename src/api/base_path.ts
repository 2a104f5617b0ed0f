/**
 * A board below a path of a site (`/tools/autopilot`). Everything inside of the application knows its paths without it:
 * here it is taken off what comes in and put in front of what goes out. A proxy may take it off itself.
 */

type Handler<Info> = (request: Request, info: Info) => Response | Promise<Response>;

/** What came in, by the request that was made of it. */
const originals = new WeakMap<Request, Request>();

/** The request as it came: its URL is what the client asked for, and only it can become a WebSocket. */
export function originalOf(request: Request): Request {
  return originals.get(request) ?? request;
}

/** @param base `/tools/autopilot`, or empty: then the handler is answered as it is */
export function mounted<Info>(base: string, handler: Handler<Info>): Handler<Info> {
  if (base === "") return handler;
  return (request, info) => {
    const answer = handler(withoutBase(request, base), info);
    return answer instanceof Response ? outward(answer, base) : answer.then((one) => outward(one, base));
  };
}

function withoutBase(request: Request, base: string): Request {
  const { url } = request;
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start === -1 || !url.startsWith(base, start)) return request;
  const rest = url.slice(start + base.length);
  if (rest !== "" && !/^[/?]/.test(rest)) return request;
  // Parsed anew here, so whoever looks at the path, the list of public ones too, sees the one that is served.
  let inner: Request;
  try {
    inner = new Request(url.slice(0, start) + (rest.startsWith("/") ? rest : `/${rest}`), request);
  } catch (error) {
    // A Host that makes no URL: the guard refuses the request as it came.
    if (error instanceof TypeError) return request;
    throw error;
  }
  originals.set(inner, request);
  return inner;
}

/** Attachments with the path under which clients find them. */
export function addressed<T extends { url: string }>(attachment: T, base = ""): T {
  return base === "" ? attachment : { ...attachment, url: base + attachment.url };
}

/** Paths of this server in headers. */
function outward(response: Response, base: string): Response {
  if (response.status === 101) return response;
  const { headers } = response;
  const location = headers.get("location");
  if (location?.startsWith("/")) headers.set("location", base + location);
  const link = headers.get("link");
  if (link?.startsWith("</")) headers.set("link", `<${base}${link.slice(1)}`);
  return response;
}
