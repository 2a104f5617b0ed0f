/** What the issue routes do beyond one call of the store. */

import type { z } from "@hono/zod-openapi";
import type { Actor, Event } from "../domain/event.ts";
import type { Issue, Status } from "../domain/issue.ts";
import type { Feed } from "../events/feed.ts";
import type { Issues, Seen, Store } from "../store/store.ts";
import { addressed } from "./base_path.ts";
import { ApiError } from "./errors.ts";
import type { ListQuerySchema } from "./input.ts";

/** So long a move out of in_progress waits for the run to end before it answers 202, in milliseconds. */
const STOP_WAIT_MS = 15_000;

/** One page of issues, and the cursor of the next (`null`: this is the last). */
export async function listPage(
  issues: Pick<Issues, "list">,
  query: z.output<typeof ListQuerySchema>,
): Promise<{ issues: Issue[]; next: number | null }> {
  const { limit, cursor: before, ...filter } = query;
  // One more than asked for tells whether there is a next page.
  const found = await issues.list({ ...filter, limit: limit + 1, before });
  if (found.length <= limit) return { issues: found, next: null };
  const page = found.slice(0, limit);
  return { issues: page, next: page[page.length - 1].number };
}

/** The Link header (RFC 8288) of the page after `cursor`, relative to the server. */
export function nextLink(url: string, cursor: number): string {
  const next = new URL(url);
  next.searchParams.set("cursor", String(cursor));
  return `<${next.pathname}${next.search}>; rel="next"`;
}

/** An issue with everything that its panel shows. */
export async function issueDetail(store: Store, ref: string, base_path?: string) {
  const issue = await store.issues.get(ref);
  const [comments, attachments, runs] = await Promise.all([
    store.comments.list(issue.id),
    store.attachments.list(issue.id),
    store.runs.list(issue.id),
  ]);
  return { issue, comments, attachments: attachments.map((file) => addressed(file, base_path)), runs };
}

/**
 * The version in an If-Match header: `3`, `"3"`, or an ETag of this issue, which begins with its version.
 * `null` when any version will do.
 *
 * @throws ApiError stale_version for a tag that is no version of an issue: it can't match
 */
export function versionOf(header: string | undefined): number | null {
  if (header === undefined || header.trim() === "*") return null;
  const found = /^(?:W\/)?"?(\d{1,15})(?:-e[0-9a-f]+-\d+)?"?$/.exec(header.trim());
  if (found === null) {
    throw new ApiError("stale_version", `If-Match ${JSON.stringify(header)} is no version of an issue`);
  }
  return Number(found[1]);
}

/**
 * Moves an issue by hand. Out of in_progress the run is stopped first: waits for its end, and answers
 * `stopping` when it has not ended after 15 s.
 */
export async function moveAndWait(
  { store, feed }: { store: Store; feed: Feed },
  ref: string,
  to: Status,
  { actor, signal, seen }: { actor: Actor; signal: AbortSignal; seen?: Seen },
): Promise<{ issue: Issue; stopping: boolean }> {
  const moved = await store.issues.move(ref, to, actor, seen);
  if (!moved.stopping) return moved;
  const answered = new AbortController();
  const ended = feed.waitFor(
    (event) => leavesProgress(event, moved.issue.id),
    STOP_WAIT_MS,
    AbortSignal.any([signal, answered.signal]),
  );
  try {
    // The run may have ended before the waiting began.
    const now = await store.issues.get(moved.issue.id);
    if (now.status !== "in_progress") return { issue: now, stopping: false };
    await ended;
    const issue = await store.issues.get(moved.issue.id);
    return { issue, stopping: issue.status === "in_progress" };
  } finally {
    answered.abort();
  }
}

function leavesProgress(event: Event, issue_id: string): boolean {
  return event.issue_id === issue_id && event.type === "issue.status" && event.data.status !== "in_progress";
}
