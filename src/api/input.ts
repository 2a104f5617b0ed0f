/** Schemas of what the API takes: bodies, queries and path parameters. */

import { z } from "@hono/zod-openapi";
import { NEEDS } from "../domain/attention.ts";
import { SCOPES } from "../domain/credential.ts";
import { LOGIN_SCOPES } from "../domain/token.ts";
import type { Kind, Priority, Status } from "../domain/issue.ts";
import { MAX_STATS_DAYS } from "../domain/stats.ts";
import { KINDS, MAX_BODY, MAX_NAME, MAX_TITLE, PRIORITIES, STATUSES, TRUSTS } from "../domain/issue.ts";

/** Longest page address in a feedback report, in characters. */
const MAX_PAGE = 2_000;
/** Longest feedback message in characters; its request is capped at 64 KB as well. */
const MAX_MESSAGE = 20_000;
const MAX_QUERY = 200;

/** Text that every database stores and gives back unchanged. */
function text(max: number) {
  return z.string().max(max, { error: `At most ${max} characters` })
    .refine((value) => !value.includes("\0"), { error: "Must not contain the character NUL" })
    .refine((value) => value.isWellFormed(), {
      error: "Must be well-formed Unicode: a surrogate stands alone",
    });
}

const name = text(MAX_NAME);
const body = text(MAX_BODY);
/** One line of a card: the blanks around it are no part of it. */
const title = text(MAX_TITLE).trim().min(1, { error: "Must not be empty" });

/** A choice for which clients may also send an empty string when they leave it open. */
function choice<T extends string>(values: readonly T[], fallback: T) {
  return z.enum([...values, ""]).optional()
    .transform((value): T => value === undefined || value === "" ? fallback : value as T)
    .openapi({ type: "string", enum: [...values, ""], default: fallback });
}

export const NewIssueSchema = z.object({
  title,
  body: body.default(""),
  kind: choice<Kind>(KINDS, "feature"),
  priority: choice<Priority>(PRIORITIES, "normal"),
  status: choice<Status>(STATUSES, "backlog"),
  assignee: name.default(""),
  human_only: z.boolean().default(false),
  created_by: name.default(""),
}).openapi("NewIssue");

export const IssuePatchSchema = z.object({
  title: title.optional(),
  body: body.optional(),
  kind: z.enum(KINDS).optional(),
  priority: z.enum(PRIORITIES).optional(),
  assignee: name.optional(),
  human_only: z.boolean().optional(),
  // Ignoring it would look as if it had worked.
  status: z.undefined({ error: "Can't be edited here: POST it to /issues/{id}/status" }).optional(),
}).transform(({ status: _status, ...patch }) => patch).openapi("IssuePatch", {
  type: "object",
  properties: {
    title: { type: "string", maxLength: MAX_TITLE },
    body: { type: "string", maxLength: MAX_BODY },
    kind: { type: "string", enum: [...KINDS] },
    priority: { type: "string", enum: [...PRIORITIES] },
    assignee: { type: "string", maxLength: MAX_NAME },
    human_only: { type: "boolean" },
  },
});

export const MoveSchema = z.object({
  status: z.enum(STATUSES),
  seen_comments: z.number().int().min(0).optional().openapi({
    description: "How many comments the mover was shown: when there are others by now, it answers 412",
  }),
}).openapi("Move");

export const NewCommentSchema = z.object({
  body: body.refine((value) => value.trim() !== "", { error: "Must not be empty" }),
  author: name.default(""),
  author_kind: z.enum(["human", "agent", ""], {
    error: 'Must be "human" or "agent": "system" is Autopilot\'s own voice',
  }).optional().transform((value) => value || "human")
    .openapi({ type: "string", enum: ["human", "agent", ""], default: "human" }),
}).openapi("NewComment");

export const FeedbackSchema = z.object({
  message: text(MAX_MESSAGE).refine((value) => value.trim() !== "", { error: "Must not be empty" }),
  page: text(MAX_PAGE).default(""),
  user: name.default(""),
  kind: text(40).default(""),
  project: text(MAX_NAME).default(""),
  viewport: text(100).default(""),
  element: z.object({
    selector: text(500).default(""),
    role: text(60).default(""),
    name: text(200).default(""),
    test_id: text(200).default(""),
    text: text(200).default(""),
    rect: text(100).default(""),
    source: text(300).default(""),
  }).nullable().default(null),
  errors: z.array(text(500)).max(20).default([]),
  requests: z.array(text(500)).max(20).default([]),
  website: text(500).default("").openapi({ description: "Stays empty: only machines fill it in" }),
  elapsed_ms: z.number().min(0).optional().openapi({ description: "How long the dialog was open" }),
}).openapi("Feedback");

const originText = z.string().refine((value) => {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value;
}, { error: "Must be an origin: scheme, host and port only, such as https://app.example.com" });

const tokenName = name.trim().min(1, { error: "Must say whose it is" });

export const NewTokenSchema = z.object({
  name: tokenName,
  scope: z.enum(SCOPES),
  origins: z.array(originText).max(50).default([])
    .openapi({
      description:
        "Only pages of these origins may use it, and it is public with them: needed for scope feedback, possible for read, " +
        "which then gives the counts and headlines only",
    }),
  days: z.number().int().min(0).max(3650).default(0).openapi({ description: "0: until it is revoked" }),
}).openapi("NewToken");

export const NewLoginLinkSchema = z.object({
  name: tokenName,
  scope: z.enum(LOGIN_SCOPES).default("admin"),
}).openapi("NewLoginLink");

export const UploadSchema = z.object({
  file: z.instanceof(File, { error: "Must be one file" })
    .openapi({ type: "string", format: "binary" }),
}).openapi("Upload");

/** In a query an empty value is one that was left open, as a form sends it: `?status=&limit=`. */
function leftOpen<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => value === "" ? undefined : value, schema.optional());
}

/** A whole number in a query. */
function whole(min: number, max: number, fallback: number) {
  const number = z.string().regex(/^\d{1,15}$/, { error: "Must be a whole number" }).transform(Number)
    .pipe(z.number().min(min).max(max));
  return leftOpen(number).transform((value) => value ?? fallback)
    .openapi({ type: "integer", minimum: min, maximum: max, default: fallback });
}

/** One value or several, separated by commas. */
function several<T extends string>(values: readonly [T, ...T[]]) {
  return leftOpen(
    z.string().transform((value) => [...new Set(value.split(","))]).pipe(z.array(z.enum(values))),
  ).openapi({ type: "string", description: `One or several of ${values.join(", ")}, separated by commas` });
}

/** Each one costs two looks into the database. */
const MAX_AGENTS = 20;
const names = text(MAX_AGENTS * (MAX_NAME + 1)).transform((
  value,
) => [...new Set(value.split(",").filter((one) => one !== ""))])
  .pipe(z.array(z.string()).max(MAX_AGENTS, { error: `At most ${MAX_AGENTS} names` }));

export const ListQuerySchema = z.object({
  status: several(STATUSES),
  kind: several(KINDS),
  priority: several(PRIORITIES),
  trust: several(TRUSTS),
  needs: several(NEEDS).openapi({
    type: "string",
    description: "What it wants from a human: question, failed, review; several are separated by commas",
  }),
  agent: leftOpen(names).openapi({
    type: "string",
    description: "Who works on it, worked on it last, or is its assignee; several are separated by commas",
  }),
  assignee: leftOpen(name),
  q: text(MAX_QUERY).optional().openapi({
    description:
      "Words of title, body or comments, each by its beginning; or the issue's number, with or without #",
  }),
  order: leftOpen(z.enum(["newest", "accepted"])).openapi({
    type: "string",
    description: "newest (the default): by number. accepted: the last accepted first, with status=done only",
  }),
  limit: whole(1, 500, 500),
  cursor: leftOpen(
    z.string().regex(/^\d{1,10}$/, { error: "Must come from the Link header of the page before" })
      .transform(Number),
  ).openapi({ type: "string" }),
}).refine(
  ({ order, status, q, needs }) =>
    order !== "accepted" || (status?.join() === "done" && (q ?? "").trim() === "" && needs === undefined),
  { path: ["order"], error: "accepted goes with status=done, and not with q or needs" },
);

export const LogQuerySchema = z.object({
  after: whole(0, Number.MAX_SAFE_INTEGER, 0),
  limit: whole(1, 1_000, 500),
});

export const DiffQuerySchema = z.object({
  since: leftOpen(
    z.string().regex(/^[0-9a-f]{7,64}$/, { error: "Must be a commit: 7 to 64 hexadecimal digits" }),
  )
    .openapi({ type: "string", description: "A commit of the branch: only what came after it" }),
});

export const StatsQuerySchema = z.object({ days: whole(1, MAX_STATS_DAYS, 30) });

/** What can't be an id is answered like an unknown one (404), see router.ts. */
const ref = z.string().regex(/^[\w-]{1,100}$/);

export const EventsQuerySchema = LogQuerySchema.extend({
  issue: leftOpen(ref).openapi({ type: "string", description: "Only events of this issue, by id or number" }),
});

export const RefSchema = z.object({ id: ref.openapi({ param: { name: "id", in: "path" } }) });
export const IssueRefSchema = z.object({
  id: ref.openapi({ param: { name: "id", in: "path" }, description: "The issue's id or its number" }),
});
