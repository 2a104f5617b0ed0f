/** Attachments: take files under an issue, and give them back harmlessly. */

import { createRoute, z } from "@hono/zod-openapi";
import { MAX_ATTACHMENT_BYTES } from "../domain/attachment.ts";
import type { Attachment } from "../domain/attachment.ts";
import { actorOf } from "../domain/credential.ts";
import type { Actor } from "../domain/event.ts";
import { addressed } from "./base_path.ts";
import { multipartBody } from "./body.ts";
import type { RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { IssueRefSchema, RefSchema, UploadSchema } from "./input.ts";
import { mediaTypeOf, rangeOf, safeFileName, SERVED_TYPES, sliceOf, uploadHeaders } from "./media.ts";
import { answer, fails, newRouter } from "./router.ts";
import { AttachmentSchema } from "./wire.ts";

/** What an upload may be served as. */
const FILE_CONTENT = Object.fromEntries(
  SERVED_TYPES.map((type) => [type, { schema: { type: "string" as const, format: "binary" } }]),
);

/** Files per issue, and bytes that they may take together. */
const MAX_FILES = 100;
const MAX_ISSUE_BYTES = 500 * 1024 * 1024;

export function attachmentRoutes(deps: RouteDeps) {
  const { store } = deps;
  /** One file is taken at a time, so that no two of them go over a quota together. */
  let last: Promise<unknown> = Promise.resolve();
  const attachInTurn = (ref: string, file: File, actor: Actor): Promise<Attachment> => {
    const mine = last.then(() => attach(deps, ref, file, actor));
    last = mine.catch(() => {}); // its own caller hears of the failure
    return mine;
  };
  const list = createRoute({
    method: "get",
    path: "/issues/{id}/attachments",
    summary: "The files of an issue, oldest first",
    request: { params: IssueRefSchema },
    responses: { 200: answer(z.array(AttachmentSchema), "The attachments"), ...fails(404) },
  });
  const add = createRoute({
    method: "post",
    path: "/issues/{id}/attachments",
    summary: "Attach a file of at most 25 MB",
    middleware: multipartBody(MAX_ATTACHMENT_BYTES),
    request: {
      params: IssueRefSchema,
      body: { required: true, content: { "multipart/form-data": { schema: UploadSchema } } },
    },
    responses: { 201: answer(AttachmentSchema, "Attached"), ...fails(400, 404, 413, 415, 422, 507) },
  });
  const download = createRoute({
    method: "get",
    path: "/uploads/{id}",
    summary: "The bytes of an attachment; only images, video, audio and PDF are shown inline",
    request: { params: RefSchema },
    responses: {
      200: { description: "The file", content: FILE_CONTENT },
      206: { description: "The range of it that was asked for", content: FILE_CONTENT },
      416: { description: "The range lies outside of the file" },
      ...fails(404),
    },
  });

  const routes = newRouter()
    .openapi(list, async (c) => {
      const issue = await store.issues.get(c.req.valid("param").id);
      const files = await store.attachments.list(issue.id);
      return c.json(files.map((file) => addressed(file, deps.options.base_path)), 200);
    })
    .openapi(add, async (c) => {
      const { file } = c.req.valid("form");
      const actor = actorOf(c.get("credential"));
      const added = await attachInTurn(c.req.valid("param").id, file, actor);
      return c.json(addressed(added, deps.options.base_path), 201);
    });
  routes.openAPIRegistry.registerPath(download);
  routes.get("/uploads/:id{[\\w-]{1,100}}", async (c) => {
    const file = await store.attachments.get(c.req.param("id"));
    return await serveFile(deps, file, c.req.raw);
  });
  return routes;
}

async function attach(
  { store, blobs, options }: RouteDeps,
  ref: string,
  file: File,
  actor: Actor,
): Promise<Attachment> {
  const issue = await store.issues.get(ref);
  const present = await store.attachments.list(issue.id);
  const bytes = present.reduce((sum, { size }) => sum + size, file.size);
  if (present.length >= MAX_FILES || bytes > MAX_ISSUE_BYTES) {
    const limit = `${MAX_FILES} files and ${MAX_ISSUE_BYTES} bytes`;
    throw new ApiError("too_large", `An issue takes at most ${limit}: this one has ${present.length} files`);
  }
  if (file.size > MAX_ATTACHMENT_BYTES) {
    throw new ApiError("too_large", `The file is larger than ${MAX_ATTACHMENT_BYTES} bytes`);
  }
  const max_total = options.max_uploads_bytes ?? 0;
  if (max_total > 0 && await store.attachments.totalBytes() + file.size > max_total) {
    throw new ApiError(
      "uploads_full",
      `All attachments together may take ${max_total} bytes, and this one would be too much: raise ` +
        "AUTOPILOT_MAX_UPLOADS_MB, or attach less",
    );
  }
  const { stored_name, size, head } = await blobs.write(file.stream(), MAX_ATTACHMENT_BYTES);
  try {
    const content_type = mediaTypeOf(head);
    const input = { name: safeFileName(file.name), content_type, size, stored_name };
    return await store.attachments.add(issue.id, input, actor);
  } catch (error) {
    await blobs.remove(stored_name);
    throw error;
  }
}

async function serveFile(
  { blobs }: RouteDeps,
  file: Attachment & { stored_name: string },
  request: Request,
): Promise<Response> {
  const headers = uploadHeaders(file);
  const range = rangeOf(request.headers.get("range") ?? undefined, file.size);
  if (range === "unsatisfiable") {
    return new Response(null, {
      status: 416,
      headers: { ...headers, "content-range": `bytes */${file.size}` },
    });
  }
  // A HEAD request would leave the file open: nobody reads or cancels the stream.
  const body = request.method === "HEAD" ? null : await blobs.open(file.stored_name);
  if (range === null) {
    return new Response(body, { headers: { ...headers, "content-length": String(file.size) } });
  }
  headers["content-range"] = `bytes ${range.start}-${range.end}/${file.size}`;
  headers["content-length"] = String(range.end - range.start + 1);
  return new Response(body?.pipeThrough(sliceOf(range)) ?? null, { status: 206, headers });
}
