/** What a session's report makes of its issue: outcome, comments, branch. */

import type { NewComment } from "../../domain/comment.ts";
import { handComment, UNCOUNTED } from "../../domain/by_hand.ts";
import { messageOfError } from "../../domain/errors.ts";
import { BRANCH_PREFIX, branchName, type Issue } from "../../domain/issue.ts";
import { commentsFor, resultOf } from "../../domain/messages.ts";
import type { Judgement } from "../../domain/outcome.ts";
import type { Outcome } from "../../domain/run.ts";
import type { LeasedRun, RunEnd } from "../../store/store.ts";
import { withoutAgentsSecrets } from "../agent_text.ts";
import { ApiError } from "../errors.ts";
import { type McpContext, writerOf } from "./context.ts";
import type { REPORTS } from "./schemas.ts";

type ReportOutcome = typeof REPORTS[number];

export interface ReportInput {
  outcome: ReportOutcome;
  summary: string;
  branch: string;
  commit: string;
  pr_url: string;
  /** What changesOn() could not find. */
  note: string;
}

/**
 * The branch with the work. Only names of the issue's own: the runner goes on on it, and must never be led to a branch
 * of a person.
 *
 * @throws ApiError for every other
 */
export function branchOf(issue: Issue, said: string): string {
  const own = issue.branch || branchName(issue.number, issue.title);
  if (said === "" || said === own) return own;
  const prefix = `${BRANCH_PREFIX}${issue.number}`;
  if (said.startsWith(prefix) && /^(-[a-z0-9-]{1,60})?$/.test(said.slice(prefix.length))) return said;
  throw new ApiError(
    "invalid",
    `The branch of issue ${issue.number} must be named ${own}: rename yours with "git branch -m ${own}", then report`,
  );
}

/** What the server's repository has on the branch; `branch` is empty where that is nothing. */
export async function changesOn(
  { diff, store }: McpContext,
  issue: Issue,
  branch: string,
): Promise<{ branch: string; commit: string; note: string }> {
  const nothing = { branch: "", commit: "" };
  if (diff === null) {
    return { ...nothing, note: "This server has no repository, so the board can't show the changes." };
  }
  try {
    const base_commit = await store.runs.firstBase(issue.id);
    const { head, files } = await diff({ branch, commit: "", base_commit });
    if (head !== "" && files.length > 0) return { branch, commit: head, note: "" };
  } catch (error) {
    return { ...nothing, note: `The branch could not be compared: ${messageOfError(error)}.` };
  }
  return {
    ...nothing,
    note:
      `The board's repository has no changes on ${branch}, so the board shows none: commit them there in that ` +
      "repository, or push them to it.",
  };
}

const OUTCOMES: Readonly<Record<ReportOutcome, Outcome>> = {
  implemented: "implemented",
  no_change: "no_change",
  needs_input: "needs_input",
  failed: "failed",
  // To where it was before the claim.
  handed_back: "lost",
};

const REASONS: Readonly<Record<ReportOutcome, string>> = {
  implemented: "The session that took it by hand says that it is done",
  no_change: "The session that took it by hand changed nothing",
  needs_input: "The session that took it by hand asks a question",
  failed: "The session that took it by hand could not do it",
  handed_back: "The session that took it by hand gave it back",
};

export function endOf(context: McpContext, { run, issue }: LeasedRun, input: ReportInput): RunEnd {
  const { branch, commit, outcome: said, ...texts } = input;
  const { summary, pr_url, note } = withoutAgentsSecrets(context, writerOf(context), texts);
  const outcome = OUTCOMES[said];
  const reason = REASONS[said];
  const judgement: Judgement = {
    outcome,
    reason,
    question: outcome === "needs_input" ? summary : "",
    advice: "",
    answer: summary,
    transient: false,
    not_before: "",
    fresh_session: false,
  };
  const own: NewComment = { author: run.agent_id, author_kind: "agent", trust: "agent", body: summary };
  const comments = outcome === "failed" || outcome === "lost"
    ? [own, handComment(`${reason}. ${NEXT[outcome]}`)]
    : commentsFor({
      judgement,
      kind: issue.kind,
      agent_id: run.agent_id,
      branch,
      commit,
      changed_files: 0,
      left_out: [],
      // People who review it see it too.
      warnings: outcome === "implemented" && note !== "" ? [note] : [],
      pr_url,
      publish_error: "",
      failures: 0,
      retry_at: "",
      kept_folder: "",
    });
  return {
    outcome,
    reason,
    commit,
    branch: commit === "" ? "" : branch,
    pr_url,
    result: resultOf({ judgement, kind: issue.kind }),
    session_id: "",
    // The runner's own conversation knows nothing of what this session did.
    forget_session: outcome !== "lost",
    ...UNCOUNTED,
    comments,
  };
}

const NEXT = {
  failed: "Write a comment to hand it to the agents again, or move it.",
  lost: "The issue is ready again.",
} as const;
