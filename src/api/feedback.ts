/**
 * Feedback: the routes that take requests from any page, without a credential. A report only ever fills the backlog;
 * its receipt tells what became of it, and lets one picture follow.
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { Actor } from "../domain/event.ts";
import { type Report, reportBody, reportStateOf, reportTitle } from "../domain/feedback.ts";
import type { NewIssue } from "../domain/issue.ts";
import type { FeedbackFiled } from "../store/store.ts";
import { jsonBody, MAX_FEEDBACK_BYTES } from "./body.ts";
import { API_BASE, type RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { createFeedbackGate, refuseMachine } from "./feedback_gate.ts";
import { FeedbackSchema } from "./input.ts";
import { PICTURE_TYPES, takePicture } from "./feedback_picture.ts";
import { receiptsWith } from "./receipts.ts";
import { answer, fails, newRouter, takes } from "./router.ts";
import { FeedbackFiledSchema, FeedbackStateSchema, OkSchema } from "./wire.ts";

export const FEEDBACK_PATH = `${API_BASE}/feedback`;

const HeadersSchema = z.object({
  "idempotency-key": z.string().min(1).max(200).optional(),
});
const ReceiptSchema = z.object({
  receipt: z.string().regex(/^[\w-]{1,200}$/).openapi({ param: { name: "receipt", in: "path" } }),
});

export function feedbackRoutes(deps: RouteDeps) {
  const { store } = deps;
  const { feedback_origins = [], feedback_per_day = 0, origins } = deps.options;
  const gate = createFeedbackGate(deps.clock, { feedback: feedback_origins, own: origins });
  const receipts = receiptsWith(() => store.feedback.secret());
  const file = createRoute({
    method: "post",
    path: "/feedback",
    summary: "Report something; no credential needed",
    middleware: jsonBody(MAX_FEEDBACK_BYTES),
    request: { headers: HeadersSchema, body: takes(FeedbackSchema) },
    responses: { 201: answer(FeedbackFiledSchema, "Filed"), ...fails(400, 413, 415, 422, 429) },
  });
  const state = createRoute({
    method: "get",
    path: "/feedback/{receipt}",
    summary: "What became of a report, for who holds its receipt",
    request: { params: ReceiptSchema },
    responses: { 200: answer(FeedbackStateSchema, "Its state"), ...fails(404, 429) },
  });
  const picture = createRoute({
    method: "put",
    path: "/feedback/{receipt}/screenshot",
    summary: "The one picture of a report, for who holds its receipt",
    request: {
      params: ReceiptSchema,
      body: {
        required: true,
        content: Object.fromEntries(
          PICTURE_TYPES.map((type) => [type, { schema: { type: "string", format: "binary" } as const }]),
        ),
      },
    },
    responses: { 200: answer(OkSchema, "It is there"), ...fails(401, 404, 413, 415, 429, 507) },
  });

  const routes = newRouter();
  routes.options("/feedback/*", () => new Response(null, { status: 204 }));
  routes.use("/feedback/*", gate.middleware);
  routes.openapi(file, async (c) => {
    const { website, elapsed_ms, ...report } = c.req.valid("json");
    const key = c.req.valid("header")["idempotency-key"];
    const credential = c.get("credential");
    const hashes = {
      hash: await sha256(key ?? crypto.randomUUID()),
      input_hash: await sha256(JSON.stringify(report)),
    };
    let filed = key === undefined ? null : await store.feedback.find(hashes);
    if (filed === null) {
      refuseMachine({ website, elapsed_ms });
      await gate.takeReport(c.env.remote_address, credential.scope === "feedback" ? credential.id : "");
      filed = await store.feedback.file(issueOf(report), hashes, feedback_per_day, actorOf(report));
    }
    const id = idOf(filed);
    return c.json({ ok: true as const, id, receipt: await receipts.of(id) }, 201);
  });
  routes.openapi(state, async (c) => {
    const id = await receipts.read(c.req.valid("param").receipt);
    if (id === null) throw new ApiError("not_found", "No report has this receipt");
    const { status } = await store.issues.get(id);
    return c.json({ state: reportStateOf(status) }, 200);
  });
  routes.openAPIRegistry.registerPath(picture);
  routes.put("/feedback/:receipt{[\\w-]{1,200}}/screenshot", async (c) => {
    const id = await receipts.read(c.req.param("receipt"));
    if (id === null) throw new ApiError("unauthorized", "A picture needs the receipt of its report");
    await takePicture(deps, id, c.req.raw);
    return c.json({ ok: true as const }, 200);
  });
  return routes;
}

/** @throws ApiError when it was not filed */
function idOf(filed: FeedbackFiled): string {
  switch (filed.done) {
    case "now":
    case "before":
      return filed.id;
    case "mismatch":
      throw new ApiError(
        "idempotency_mismatch",
        "This Idempotency-Key was used for another report: make a new one",
      );
    case "full":
      throw new ApiError("too_many_requests", "Enough reports for today (UTC): try again tomorrow", {
        headers: { "retry-after": "3600" },
      });
  }
}

function actorOf({ user }: Report): Actor {
  return { kind: "external", name: user || "visitor" };
}

function issueOf(report: Report): NewIssue {
  return {
    title: reportTitle(report),
    body: reportBody(report),
    kind: "feedback",
    priority: "normal",
    status: "backlog",
    assignee: "",
    human_only: false,
    created_by: actorOf(report).name,
    trust: "external",
  };
}

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
