/** What the MCP server's tools take. Limits are those of the API, and smaller where a model writes. */

import { z } from "zod";
import { HAND_LEASE_MINUTES } from "../../domain/by_hand.ts";
import { KINDS, MAX_TITLE, PRIORITIES, STATUSES } from "../../domain/issue.ts";
import { MAX_QUESTION } from "../../domain/question.ts";

/** Longest text that a tool takes, in characters. */
const MAX_TEXT = 20_000;

/** As in the API: text that every database stores and gives back unchanged. */
function text(max: number) {
  return z.string().trim().min(1).max(max).refine((value) => !value.includes("\0") && value.isWellFormed(), {
    error: "Must be well-formed Unicode without the character NUL",
  });
}

const issue = z.union([z.string().min(1).max(64), z.number().int().positive()])
  .describe("The issue's number or id");
const before = z.number().int().positive().optional().describe(
  "Only issues with a lower number: the next page",
);
const limit = z.number().int().min(1).max(50).default(20);
const run_id = z.string().min(1).max(64).describe("As claim_issue answered it");

export const List = z.object({
  status: z.enum(STATUSES).optional(),
  kind: z.enum(KINDS).optional(),
  priority: z.enum(PRIORITIES).optional(),
  limit,
  before,
});

export const Search = z.object({ query: text(200), limit, before });

export const Read = z.object({
  issue,
  skip_comments: z.number().int().min(0).max(100_000).default(0)
    .describe("Leave out that many of the newest comments, to read older ones"),
});

export const File = z.object({
  title: text(MAX_TITLE).describe("One line"),
  body: text(MAX_TEXT).describe("What is wanted and why, and how to see that it is done; Markdown"),
  kind: z.enum(KINDS).default("feature"),
  priority: z.enum(PRIORITIES).default("normal"),
});

export const Comment = z.object({ issue, body: text(MAX_TEXT).describe("Markdown") });

const question = text(MAX_QUESTION)
  .describe("The question, with all that is needed to answer it; best with the options that you see");

export const AskFromRun = z.object({ question });
export const AskByHand = z.object({ run_id, question });

export const Claim = z.object({ issue: issue.optional() });

export const Keep = z.object({
  run_id,
  minutes: z.number().int().min(1).max(HAND_LEASE_MINUTES).default(HAND_LEASE_MINUTES)
    .describe("How long silence shall be allowed from now on"),
  quiet: z.boolean().default(false).describe(
    "For programs: don't tell comments, and don't note them as told",
  ),
});

/** How a session may say that it went. */
export const REPORTS = ["implemented", "no_change", "needs_input", "failed", "handed_back"] as const;

export const Report = z.object({
  run_id,
  outcome: z.enum(REPORTS).describe(
    "implemented: ready for review · no_change: nothing had to change, or the question is answered · needs_input: a " +
      "human must decide · failed: it can't be done so · handed_back: somebody else shall take it",
  ),
  summary: text(MAX_TEXT).describe("What you did and how you checked it; the question; or why not"),
  branch: z.string().max(200).default("").describe(
    "The branch with the work, when it is not the issue's own name",
  ),
  pr_url: z.union([z.literal(""), z.string().max(500).regex(/^https?:\/\/[^\s<>"'`\\]+$/)]).default("")
    .describe("The pull request, when there is one"),
});
