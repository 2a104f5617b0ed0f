/** The errors of the API: one table, one place that answers. */

import { HTTPException } from "hono/http-exception";
import {
  FencedError,
  messageOfError,
  NotFoundError,
  RefusedError,
  StaleThreadError,
  StaleVersionError,
} from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { currentRequestId } from "./request_id.ts";

/** Every code that an answer may carry, with its status. Clients may rely on the codes. */
export const ERROR_STATUS = {
  malformed: 400,
  wrong_host: 421,
  unauthorized: 401,
  wrong_origin: 403,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_slow: 408,
  refused: 409,
  stale_version: 412,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  idempotency_mismatch: 422,
  automated: 422,
  upgrade_required: 426,
  too_many_requests: 429,
  internal: 500,
  not_ready: 503,
  too_many_connections: 503,
  uploads_full: 507,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

/** One field that was refused. */
export interface ErrorDetail {
  /** Path of the field, e.g. `title`; empty for the body as a whole. */
  field: string;
  message: string;
}

/** What an error answers. A refusal by the workflow has the workflow's own code (409). */
export interface ErrorBody {
  error: string;
  code: string;
  details?: ErrorDetail[];
  /** The statuses to which the caller may move the issue now. */
  allowed?: readonly string[];
}

/** A request that is answered with an error of the table. */
export class ApiError extends Error {
  override name = "ApiError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly options: { details?: ErrorDetail[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
  }
}

/** The answer to anything that was thrown. What is not in the table is a defect: logged, and told to nobody. */
export function errorResponse(thrown: unknown): Response {
  if (thrown instanceof ApiError) {
    const { details, headers } = thrown.options;
    const body = { error: thrown.message, code: thrown.code, ...(details === undefined ? {} : { details }) };
    return jsonError(ERROR_STATUS[thrown.code], body, headers);
  }
  if (thrown instanceof NotFoundError) {
    return jsonError(ERROR_STATUS.not_found, { error: thrown.message, code: "not_found" });
  }
  if (thrown instanceof RefusedError) {
    const { message: error, code, allowed } = thrown;
    return jsonError(ERROR_STATUS.refused, { error, code, allowed });
  }
  if (thrown instanceof FencedError) {
    return jsonError(ERROR_STATUS.refused, { error: thrown.message, code: "fenced" });
  }
  if (thrown instanceof StaleVersionError || thrown instanceof StaleThreadError) {
    return jsonError(ERROR_STATUS.stale_version, { error: thrown.message, code: "stale_version" });
  }
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return jsonError(thrown.status, { error: thrown.message, code: codeOfStatus(thrown.status) });
  }
  const request_id = currentRequestId();
  loggerOf("api").error("Request {request_id} failed: {error}", {
    request_id,
    error: thrown instanceof Error ? thrown.stack ?? thrown.message : messageOfError(thrown),
  });
  const error = `Something went wrong in the server; its log says what, at request ${request_id}`;
  return jsonError(ERROR_STATUS.internal, { error, code: "internal" }, { "x-request-id": request_id });
}

function codeOfStatus(status: number): string {
  const found = Object.entries(ERROR_STATUS).find(([, value]) => value === status);
  return found === undefined ? "malformed" : found[0];
}

function jsonError(status: number, body: ErrorBody, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}
