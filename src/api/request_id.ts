/**
 * Ids by which an answer and the log's lines about it find each other. Made when one is needed: most requests go well
 * and cost nothing. A trusted proxy may have given one already, which its own log has too.
 */

import type { AsyncLocalStorage } from "node:async_hooks";

const HEADER = "x-request-id";
/** What a proxy may call a request: nothing that could break a line of the log. */
const USABLE = /^[\w.:/+=@-]{1,128}$/;

/** Loaded with the first id that a proxy gives: hardly any start is behind one. */
let given: AsyncLocalStorage<string> | null = null;
const boot = crypto.randomUUID().slice(0, 8);
let made = 0;

/** The id that a request brings, "" for none that can be used. Whether its sender may give one is the caller's matter. */
export function givenRequestId(request: Request): string {
  const id = request.headers.get(HEADER) ?? "";
  return USABLE.test(id) ? id : "";
}

/** The id of the request under way: what a proxy gave it, else a new one. */
export function currentRequestId(): string {
  return given?.getStore() ?? `${boot}-${(++made).toString(36)}`;
}

/** Answers a request under an id that was given to it, and sends that back with the answer. */
export async function underRequestId(
  id: string,
  handler: () => Response | Promise<Response>,
): Promise<Response> {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  given ??= new AsyncLocalStorage<string>();
  return await given.run(id, async () => {
    const response = await handler();
    // The answer to an upgrade is not ours to change.
    if (response.status !== 101) response.headers.set(HEADER, id);
    return response;
  });
}
