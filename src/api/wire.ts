/** Schemas of what the API answers: the source of the OpenAPI document and of the tests' checks of every answer. */

import { z } from "@hono/zod-openapi";
import { AGENT_STATUSES } from "../domain/agent.ts";
import { AUTHOR_KINDS } from "../domain/comment.ts";
import { PERMISSIONS, SCOPES } from "../domain/credential.ts";
import { ACTOR_KINDS, EVENT_TYPES } from "../domain/event.ts";
import { REPORT_STATES } from "../domain/feedback.ts";
import { FILE_STATUSES } from "../domain/diff.ts";
import { CHECK_STATES, KINDS, PRIORITIES, STATUSES, TRUSTS } from "../domain/issue.ts";
import { OUTCOMES, PHASES } from "../domain/run.ts";
import { TOKEN_KINDS } from "../domain/token.ts";

const time = z.iso.datetime().openapi({ description: "ISO-8601, UTC" });
const timeOrEmpty = z.union([time, z.literal("")]);
const count = z.number().int().min(0);

export const ErrorSchema = z.object({
  error: z.string().openapi({ description: "What and why, for people" }),
  code: z.string().openapi({ description: "Stable, for programs" }),
  details: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  allowed: z.array(z.enum(STATUSES)).optional(),
}).openapi("Error");

export const IssueSchema = z.object({
  id: z.string(),
  number: z.number().int().min(1),
  title: z.string(),
  body: z.string(),
  status: z.enum(STATUSES),
  kind: z.enum(KINDS),
  priority: z.enum(PRIORITIES),
  assignee: z.string(),
  human_only: z.boolean(),
  created_by: z.string(),
  trust: z.enum(TRUSTS),
  claimed_by: z.string(),
  claimed_at: timeOrEmpty,
  branch: z.string(),
  pr_url: z.string(),
  result: z.string(),
  checks: z.enum(CHECK_STATES),
  outcome: z.enum([...OUTCOMES, ""]).openapi({ description: "How its last finished run ended" }),
  refused_hosts: z.array(z.string()).openapi({
    description:
      "Hosts that its last finished run was refused or could not reach, as far as the transcript tells",
  }),
  not_before: timeOrEmpty,
  attempts: count,
  cost_usd: z.number(),
  version: count,
  created_at: time,
  updated_at: time,
}).openapi("Issue");

export const CountsSchema = z.record(z.enum(STATUSES), count).openapi("Counts");

export const CommentSchema = z.object({
  id: z.string(),
  issue_id: z.string(),
  author: z.string(),
  author_kind: z.enum(AUTHOR_KINDS),
  trust: z.enum(TRUSTS),
  body: z.string(),
  delivered_at: timeOrEmpty,
  created_at: time,
}).openapi("Comment");

export const AttachmentSchema = z.object({
  id: z.string(),
  issue_id: z.string(),
  name: z.string(),
  content_type: z.string(),
  size: count,
  url: z.string(),
  created_at: time,
}).openapi("Attachment");

export const RunSchema = z.object({
  id: z.string(),
  issue_id: z.string(),
  attempt: z.number().int().min(1),
  agent_id: z.string(),
  phase: z.enum(PHASES),
  outcome: z.enum([...OUTCOMES, ""]),
  reason: z.string(),
  branch: z.string(),
  commit: z.string(),
  session_id: z.string(),
  turns: count,
  cost_usd: z.number(),
  input_tokens: count,
  output_tokens: count,
  refused_hosts: z.array(z.string()).openapi({
    description: "Hosts that its tools were refused or could not reach, as far as the transcript tells",
  }),
  started_at: time,
  finished_at: timeOrEmpty,
}).openapi("Run");

const entryBase = {
  seq: z.number().int().min(1),
  at: time,
  so_far: z.object({ input_tokens: count, output_tokens: count, cost_usd: z.number() }).optional().openapi({
    description: "What the run used so far, as far as its agent has told, where that has changed",
  }),
};
const cut = { truncated: z.boolean().optional() };
const parent = { parent: z.string().optional() };

export const LogEntrySchema = z.discriminatedUnion("type", [
  z.object({ ...entryBase, type: z.enum(["text", "thinking"]), text: z.string(), ...cut, ...parent }),
  z.object({
    ...entryBase,
    type: z.literal("tool_call"),
    call_id: z.string(),
    tool: z.string(),
    input: z.string(),
    ...cut,
    ...parent,
  }),
  z.object({
    ...entryBase,
    type: z.literal("tool_result"),
    call_id: z.string(),
    ok: z.boolean(),
    text: z.string(),
    ...cut,
    ...parent,
  }),
  z.object({
    ...entryBase,
    type: z.literal("todo"),
    items: z.array(z.object({ text: z.string(), status: z.string() })),
  }),
  z.object({ ...entryBase, type: z.enum(["system", "error"]), text: z.string(), ...cut }),
  z.object({
    ...entryBase,
    type: z.literal("result"),
    ok: z.boolean(),
    text: z.string(),
    ...cut,
    turns: count,
    cost_usd: z.number(),
    input_tokens: count,
    output_tokens: count,
    duration_ms: z.number(),
  }),
]).openapi("LogEntry");

export const FileDiffSchema = z.object({
  path: z.string(),
  old_path: z.string().openapi({ description: "Before a rename; else the same as path" }),
  status: z.enum(FILE_STATUSES),
  additions: count,
  deletions: count,
  binary: z.boolean(),
  patch: z.string().openapi({
    description: "As git apply takes it; empty for a binary file and when it was left out for its size",
  }),
  truncated: z.boolean().optional().openapi({ description: "The patch was left out for its size" }),
}).openapi("FileDiff");

export const DiffSchema = z.object({
  base: z.string().openapi({ description: "Commit; empty while there is nothing to compare" }),
  head: z.string(),
  files: z.array(FileDiffSchema),
  truncated: z.boolean().optional().openapi({ description: "There are more files than these" }),
}).openapi("Diff");

export const AgentSchema = z.object({
  id: z.string(),
  status: z.enum(AGENT_STATUSES),
  issue_id: z.string(),
  run_id: z.string(),
  since: time,
  last_seen_at: time,
}).openapi("Agent");

/** An event as a flat message; further fields depend on the type. */
export const EventSchema = z.object({
  type: z.enum(EVENT_TYPES),
  seq: z.number().int().min(1),
  at: time,
  issue_id: z.string(),
  id: z.string().optional(),
  run_id: z.string().optional(),
  actor: z.string(),
  actor_kind: z.enum(ACTOR_KINDS),
}).catchall(z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).openapi("Event");

export const IssueDetailSchema = z.object({
  issue: IssueSchema,
  comments: z.array(CommentSchema),
  attachments: z.array(AttachmentSchema),
  runs: z.array(RunSchema),
}).openapi("IssueDetail");

export const CommentAddedSchema = z.object({ comment: CommentSchema, unblocked: z.boolean() })
  .openapi("CommentAdded");

export const LogPageSchema = z.object({ entries: z.array(LogEntrySchema), next: count }).openapi("LogPage");
export const EventPageSchema = z.object({ events: z.array(EventSchema), next: count }).openapi("EventPage");
export const OkSchema = z.object({ ok: z.literal(true) }).openapi("Ok");
export const FeedbackFiledSchema = OkSchema.extend({
  id: z.string(),
  receipt: z.string().openapi({ description: "Asks for the report later: GET /feedback/{receipt}" }),
}).openapi("FeedbackFiled");
export const FeedbackStateSchema = z.object({ state: z.enum(REPORT_STATES) }).openapi("FeedbackState");

export const MeSchema = z.object({
  name: z.string(),
  kind: z.enum(ACTOR_KINDS),
  scope: z.enum(SCOPES),
  auth: z.enum(["off", "on"]).openapi({ description: "off: the board is open, everyone is its operator" }),
  permissions: z.array(z.enum(PERMISSIONS)),
}).openapi("Me");

export const TokenSchema = z.object({
  id: z.string(),
  kind: z.enum(TOKEN_KINDS),
  name: z.string(),
  scope: z.enum(SCOPES),
  parent_id: z.string().openapi({ description: "The token for which a session was got" }),
  issue_id: z.string(),
  run_id: z.string(),
  origins: z.array(z.string()),
  created_by: z.string(),
  created_at: time,
  expires_at: timeOrEmpty,
  revoked_at: timeOrEmpty,
  last_used_at: timeOrEmpty,
}).openapi("Token");

export const MintedTokenSchema = TokenSchema.extend({
  token: z.string().openapi({ description: "The secret: shown this once" }),
}).openapi("MintedToken");

export const LoginLinkSchema = z.object({ id: z.string(), url: z.string(), expires_at: time }).openapi(
  "LoginLink",
);

export const HealthSchema = z.object({ status: z.literal("ok"), version: z.string() }).openapi("Health");

export const ReadySchema = z.object({
  status: z.literal("ready"),
  version: z.string(),
  database: z.enum(["sqlite", "postgres"]),
  runner: z.union([
    z.literal("off"),
    z.object({
      sandbox: z.enum(["bwrap", "off"]).openapi({
        description: "off: agents have all rights of the server's user",
      }),
      concurrency: count,
      error: z.string().openapi({ description: "What it can't do now; empty while all is well" }),
      warnings: z.array(z.string()).openapi({
        description: "What the operator should know of sandbox and login",
      }),
      waits: z.string().openapi({
        description: "Why nothing is claimed for now; empty while nothing holds it",
      }),
      demo: z.boolean().openapi({ description: "A script plays the agents: `autopilot demo`" }),
    }),
  ]),
}).openapi("Ready");
