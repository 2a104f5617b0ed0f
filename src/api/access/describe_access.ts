/** What the description of the API says of credentials: by which rows of `access.ts`, so the two can't differ. */

import { needOf } from "./access.ts";
import { cookieName } from "./cookies.ts";

/** As much of an OpenAPI document as is changed here. */
interface Described {
  paths?: Record<string, Record<string, Operation>>;
  components?: Record<string, Record<string, unknown>>;
}
interface Operation {
  summary?: string;
  description?: string;
  requestBody?: unknown;
  responses: Record<string, unknown>;
  security?: Record<string, string[]>[];
}

const REFUSALS: Readonly<Record<number, string>> = {
  401: "No credential, or none that is valid",
  403: "The credential may not, or the request comes from a foreign page",
  421: "The Host is none of this board's",
};
const WANTED: Record<string, string[]>[] = [{ token: [] }, { session: [] }];
const OPTIONAL: Record<string, string[]>[] = [{}, { token: [] }];
const SLOW = "The body did not come in time";

/**
 * Adds to every operation what may be refused before its route is asked, and which credential it wants. Public ones
 * want none, and refuse a wrong one all the same.
 *
 * @param board what the session's cookie is named by
 */
export function withAccess<T extends object>(
  document: T,
  { port, base_path }: { port: number; base_path?: string },
): T {
  const { paths = {}, components = {} } = document as Described;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const need = needOf(method.toUpperCase(), path.replace(/\{\w+\}/g, "1"));
      operation.security = need === "public" ? OPTIONAL : WANTED;
      for (const [status, description] of Object.entries(REFUSALS)) {
        operation.responses[status] ??= refusal(description);
      }
      if (operation.requestBody !== undefined) operation.responses[408] ??= refusal(SLOW);
      if (need === null || need === "public" || need === "any") continue;
      operation.description = [operation.description, `Needs the right to ${need}.`].filter(Boolean).join(
        " ",
      );
    }
  }
  components.securitySchemes = {
    token: { type: "http", scheme: "bearer", description: "A token, or the agent's of a run" },
    session: {
      type: "apiKey",
      in: "cookie",
      name: cookieName(false, port, base_path),
      description: `The login of a browser; over HTTPS the cookie is ${cookieName(true, port, base_path)}`,
    },
  };
  return document;
}

function refusal(description: string) {
  return {
    description,
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
}
