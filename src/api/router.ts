/** What every sub-app is made with: validation errors in the API's own words, and short forms for its routes. */

import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { ApiEnv } from "./env.ts";
import { ApiError, ERROR_STATUS } from "./errors.ts";
import { ErrorSchema } from "./wire.ts";

/** An empty router. Invalid input throws an ApiError, which the app answers. */
export function newRouter(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) return;
      if (result.target === "param") {
        throw new ApiError("not_found", `Nothing exists at ${JSON.stringify(c.req.path)}`);
      }
      const details = result.error.issues.slice(0, 20).map((issue) => ({
        // A list in a query is one text with commas: its field has the query's name.
        field: (result.target === "query" ? issue.path.slice(0, 1) : issue.path).join("."),
        message: issue.message,
      }));
      const where = result.target === "query" ? "query" : "body";
      const first = details[0].field === ""
        ? details[0].message
        : `${details[0].field}: ${details[0].message}`;
      throw new ApiError("invalid", `The ${where} is invalid: ${first}`, { details });
    },
  });
}

/** A JSON answer. */
export function answer<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** A JSON request body. */
export function takes<T extends z.ZodType>(schema: T) {
  return { required: true, content: { "application/json": { schema } } };
}

/** For routes whose answers carry an ETag. */
export const UNCHANGED = { 304: { description: "As it was when it had the ETag in If-None-Match" } };

type ErrorStatus = typeof ERROR_STATUS[keyof typeof ERROR_STATUS];

const WHY: Partial<Record<ErrorStatus, string>> = {
  400: "The body is malformed",
  401: "A credential is needed",
  404: "No such thing",
  408: "The body did not come in time",
  409: "Refused by the workflow; `allowed` says what may be done",
  412: "The issue changed since the version in If-Match",
  413: "The body is too large",
  415: "Another content type is needed",
  422: "A field is invalid; `details` says which",
  429: "Too many requests; see Retry-After",
  503: "Not ready",
  507: "No room for more attachments",
};

/** The errors that a route documents. 403 and 421 of the guard, and 500, may come from everywhere. */
export function fails<S extends ErrorStatus>(...statuses: S[]) {
  const entries = statuses.map((status) => [status, answer(ErrorSchema, WHY[status] ?? "Refused")]);
  return Object.fromEntries(entries) as Record<S, ReturnType<typeof answer<typeof ErrorSchema>>>;
}
