/** The picture of a report: small, a picture by its bytes, once. */

import { MAX_FEEDBACK_PICTURE_BYTES } from "../domain/feedback.ts";
import { bodyWithin } from "./body.ts";
import type { RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { mediaTypeOf } from "./media.ts";

export const PICTURE_TYPES = ["image/png", "image/jpeg", "image/webp"] as const;

/** What the pictures of strangers may take of the disk, apart from the attachments' own limit. */
const LIMITS = { per_day: 100 << 20, in_all: 1 << 30 } as const;

/** Takes the body as the report's picture; one that is there already stays. @throws ApiError */
export async function takePicture(deps: RouteDeps, issue_id: string, request: Request): Promise<void> {
  const { store, blobs, options } = deps;
  const type = request.headers.get("content-type") ?? "";
  if (!PICTURE_TYPES.some((one) => one === type)) {
    throw new ApiError(
      "unsupported_media_type",
      `Content-Type must be one of ${PICTURE_TYPES.join(", ")}: it is ${JSON.stringify(type)}`,
    );
  }
  const bytes = await bodyWithin(request, MAX_FEEDBACK_PICTURE_BYTES);
  const content_type = mediaTypeOf(bytes);
  const known = PICTURE_TYPES.find((one) => one === content_type);
  if (known === undefined) {
    throw new ApiError("unsupported_media_type", "The bytes are no picture of a type that is taken");
  }
  const max_total = options.max_uploads_bytes ?? 0;
  if (max_total > 0 && await store.attachments.totalBytes() + bytes.byteLength > max_total) throw full();

  const { stored_name, size } = await blobs.write(new Blob([bytes]).stream(), MAX_FEEDBACK_PICTURE_BYTES);
  let taken = false;
  try {
    const input = { name: `screenshot.${known.slice(6)}`, content_type: known, size, stored_name };
    const answer = await store.feedback.takePicture(issue_id, input, LIMITS, {
      kind: "external",
      name: "visitor",
    });
    if (answer === "full") throw full();
    if (answer === "none") {
      throw new ApiError("unauthorized", "This report takes no picture any more: file another");
    }
    taken = answer !== "taken";
  } finally {
    if (!taken) await blobs.remove(stored_name);
  }
}

function full(): ApiError {
  return new ApiError("uploads_full", "There is no room for pictures now: the report is filed without one");
}
