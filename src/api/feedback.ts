/** Feedback: the one route that takes requests from any page, without a credential. It only ever fills the backlog. */

import { createRoute, type z } from "@hono/zod-openapi";
import { z as zod } from "@hono/zod-openapi";
import type { Actor } from "../domain/event.ts";
import type { NewIssue } from "../domain/issue.ts";
import { jsonBody, MAX_FEEDBACK_BYTES } from "./body.ts";
import { API_BASE, type RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { FeedbackSchema } from "./input.ts";
import { AddressLimiter, Idempotency } from "./limits.ts";
import { answer, fails, newRouter, takes } from "./router.ts";
import { FeedbackFiledSchema } from "./wire.ts";

export const FEEDBACK_PATH = `${API_BASE}/feedback`;

/** Any page may send a report and read the answer; never with the visitor's credentials. */
export const FEEDBACK_CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "POST",
  "access-control-allow-headers": "content-type, idempotency-key",
  "access-control-expose-headers": "retry-after",
  "access-control-max-age": "600",
};

/** Characters of the message that become the title. */
const TITLE_LENGTH = 80;

const HeadersSchema = zod.object({
  "idempotency-key": zod.string().min(1).max(200).optional(),
});

type Report = z.output<typeof FeedbackSchema>;

export function feedbackRoutes(deps: RouteDeps) {
  const limiter = new AddressLimiter(deps.clock);
  const repeated = new Idempotency<string>();
  const file = createRoute({
    method: "post",
    path: "/feedback",
    summary: "Report something; no credential needed",
    middleware: jsonBody(MAX_FEEDBACK_BYTES),
    request: { headers: HeadersSchema, body: takes(FeedbackSchema) },
    responses: { 201: answer(FeedbackFiledSchema, "Filed"), ...fails(400, 413, 415, 422, 429) },
  });

  const routes = newRouter().openapi(file, async (c) => {
    const report = c.req.valid("json");
    const key = c.req.valid("header")["idempotency-key"];
    const id = await fileOnce(repeated, key, JSON.stringify(report), async () => {
      await limit(limiter, c.env.remote_address);
      return (await deps.store.issues.create(issueOf(report), actorOf(report))).id;
    });
    return c.json({ ok: true as const, id }, 201);
  });
  routes.options("/feedback", () => new Response(null, { status: 204 }));
  return routes;
}

async function fileOnce(
  repeated: Idempotency<string>,
  key: string | undefined,
  input: string,
  create: () => Promise<string>,
): Promise<string> {
  if (key === undefined) return await create();
  const found = repeated.find(key, input);
  if (found === "mismatch") {
    throw new ApiError(
      "idempotency_mismatch",
      "This Idempotency-Key was used for another report: make a new one",
    );
  }
  return await (found ?? repeated.remember(key, input, create()));
}

async function limit(limiter: AddressLimiter, address: string): Promise<void> {
  const wait_s = await limiter.take(address);
  if (wait_s === 0) return;
  throw new ApiError("too_many_requests", `Too many reports from here: try again in ${wait_s} s`, {
    headers: { "retry-after": String(wait_s) },
  });
}

function actorOf(report: Report): Actor {
  return { kind: "external", name: report.user || "visitor" };
}

function issueOf(report: Report): NewIssue {
  const actor = actorOf(report);
  const source = [report.page && `Page: ${report.page}`, report.user && `User: ${report.user}`].filter(
    Boolean,
  );
  return {
    title: titleOf(report.message),
    body: [report.message, ...source.length === 0 ? [] : [source.join("\n")]].join("\n\n"),
    kind: "feedback",
    priority: "normal",
    status: "backlog",
    assignee: "",
    human_only: false,
    created_by: actor.name,
    trust: "external",
  };
}

function titleOf(message: string): string {
  const line = message.trim().split(/[\r\n]/)[0].replace(/\s+/g, " ");
  return line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH - 1).toWellFormed()}…`;
}
