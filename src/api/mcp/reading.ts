/**
 * MCP tools that read. Everything from the board stands in a fence. An agent of the runner that works on texts of people
 * is not shown what strangers or other agents wrote: its profile is the wide one.
 */

import type { z } from "zod";
import type { Attachment } from "../../domain/attachment.ts";
import type { Comment } from "../../domain/comment.ts";
import { NotFoundError } from "../../domain/errors.ts";
import { isTrusted, oneLine, type Texts } from "../../domain/fenced.ts";
import type { Issue, Trust } from "../../domain/issue.ts";
import { capText } from "../../domain/log_entry.ts";
import type { Run } from "../../domain/run.ts";
import type { ListFilter } from "../../store/store.ts";
import { addressed } from "../base_path.ts";
import { type McpContext, newTexts, refOf, type Said } from "./context.ts";
import type * as schemas from "./schemas.ts";

/** Together below MAX_ANSWER, so that the newest comment is never cut off. In characters. */
const MAX_BODY_SHOWN = 12_000;
const MAX_COMMENT_SHOWN = 3_000;
export const COMMENTS_SHOWN = 12;
const RUNS_SHOWN = 5;
const FILES_SHOWN = 20;
/** What an agent of the runner may read beside its own issue. */
const FOR_RUNS: readonly Trust[] = ["operator", "member"];

export function listIssues(context: McpContext, input: z.output<typeof schemas.List>): Promise<Said> {
  return page(context, input);
}

export function searchIssues(
  context: McpContext,
  { query, ...rest }: z.output<typeof schemas.Search>,
): Promise<Said> {
  return page(context, { ...rest, q: query });
}

async function page({ store, credential }: McpContext, filter: ListFilter): Promise<Said> {
  const trust = credential.via === "run" ? { trust: FOR_RUNS } : {};
  const found = await store.issues.list({ ...filter, ...trust, limit: filter.limit + 1 });
  const issues = found.slice(0, filter.limit);
  if (issues.length === 0) return { text: "No issue fits." };
  const texts = newTexts();
  const more = found.length > issues.length
    ? `There are more: the next page is before: ${issues[issues.length - 1].number}.`
    : "";
  const lines = issues.map((issue) => `#${issue.number} ${factsOf(issue)}: ${oneLine(issue.title)}`);
  return { text: joined([texts.note, texts.write(lines.join("\n"), "issues", "external"), more]) };
}

function factsOf({ status, kind, priority, trust, claimed_by, outcome }: Issue): string {
  return [
    status,
    kind,
    `${priority} priority`,
    ...outcome === "" ? [] : [`last run ${outcome}`],
    ...status === "in_progress" ? [`with ${oneLine(claimed_by)}`] : [],
    ...isTrusted(trust) ? [] : [trust === "agent" ? "filed by an agent" : "from outside"],
  ].join(", ");
}

export async function readIssue(
  { store, credential, options }: McpContext,
  { issue: ref, skip_comments }: z.output<typeof schemas.Read>,
): Promise<Said> {
  const issue = await store.issues.get(refOf(ref));
  const of_run = credential.via === "run";
  if (of_run && issue.id !== credential.issue_id && !FOR_RUNS.includes(issue.trust)) {
    // As if it were not there: its title alone is a text of somebody that this agent must not read.
    throw new NotFoundError("issue", refOf(ref));
  }
  const [all, runs, files] = await Promise.all([
    store.comments.list(issue.id),
    store.runs.list(issue.id),
    store.attachments.list(issue.id),
  ]);
  const comments = of_run ? all.filter(({ trust }) => trust !== "external") : all;
  const texts = newTexts();
  const hidden = all.length - comments.length;
  return {
    text: joined([
      `Issue ${issue.number}: ${factsOf(issue)}.`,
      texts.note,
      issueText(issue, texts),
      filesText(files, options.base_path, texts),
      ...threadText(comments, skip_comments, texts),
      hidden === 0 ? "" : `${hidden} comments from outside are not shown to agents at work.`,
      ...runsText(runs, texts),
    ]),
  };
}

/** Title and body, fenced. */
export function issueText(issue: Issue, texts: Texts): string {
  const body = cut(issue.body.trim() === "" ? "(no description)" : issue.body, MAX_BODY_SHOWN);
  const more = issue.result === ""
    ? ""
    : `\n\nResult of the last run: ${cut(issue.result, MAX_COMMENT_SHOWN)}`;
  const own = texts.write(
    `Title: ${oneLine(issue.title)}\n\n${body}`,
    `issue, by ${oneLine(issue.created_by) || "unknown"}`,
    issue.trust,
  );
  return more === "" ? own : `${own}\n\n${texts.write(more.trim(), "result", "agent")}`;
}

/** Attached files, and where they are; empty when there are none. */
export function filesText(files: readonly Attachment[], base_path: string | undefined, texts: Texts): string {
  if (files.length === 0) return "";
  const lines = files.slice(0, FILES_SHOWN).map((file) => {
    const { name, content_type, size, url } = addressed(file, base_path);
    return `${JSON.stringify(oneLine(name))} (${content_type}, ${size} bytes): GET ${url} with the token`;
  });
  return texts.write(lines.join("\n"), "attached files", "external");
}

/** The newest comments but some, oldest of them first. */
export function threadText(comments: readonly Comment[], skip: number, texts: Texts): string[] {
  const end = Math.max(0, comments.length - skip);
  const begin = Math.max(0, end - COMMENTS_SHOWN);
  if (end === 0) return skip === 0 ? ["No comments."] : ["No older comments."];
  const shown = comments.slice(begin, end).map((comment) => commentText(comment, texts));
  const older = begin === 0
    ? []
    : [`${begin} older comments: read_issue with skip_comments: ${comments.length - begin}.`];
  return [...older, `Comments ${begin + 1} to ${end} of ${comments.length}, oldest first:`, ...shown];
}

export function commentText({ body, author, author_kind, trust }: Comment, texts: Texts): string {
  return texts.write(
    cut(body, MAX_COMMENT_SHOWN),
    `comment of ${author_kind} ${oneLine(author)}`,
    author_kind === "human" ? trust : "agent",
  );
}

function runsText(runs: readonly Run[], texts: Texts): string[] {
  if (runs.length === 0) return [];
  const lines = runs.slice(-RUNS_SHOWN).map((run) =>
    oneLine(
      `Run ${run.attempt} (${run.id}) by ${run.agent_id}: ${run.outcome || run.phase}. ${
        cut(run.reason, 500)
      }`,
    )
  );
  return [texts.write(lines.join("\n"), "the newest runs", "agent")];
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${capText(text, max).text}\n(… ${text.length - max} more characters)`;
}

export function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
