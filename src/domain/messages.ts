/** What people read on the issue when a run has ended: what happened, what it means, what to do. */

import { type CommandReport, outputBlock } from "./check.ts";
import type { NewComment } from "./comment.ts";
import type { Kind } from "./issue.ts";
import { MAX_BODY } from "./issue.ts";
import { capText } from "./log_entry.ts";
import type { Judgement } from "./outcome.ts";
import { MAX_ATTEMPTS } from "./retry.ts";

/** The author of comments in Autopilot's own voice. */
export const AUTOPILOT = "autopilot";

export interface EndContext {
  judgement: Judgement;
  kind: Kind;
  agent_id: string;
  branch: string;
  /** What the branch holds beyond its base; empty when nothing. */
  commit: string;
  changed_files: number;
  /** What could not be committed, with the reasons. */
  left_out: readonly string[];
  /** Further things to say about what was committed. */
  warnings: readonly string[];
  pr_url: string;
  /** Why the branch could not be pushed or the pull request not be opened; empty when both went well. */
  publish_error: string;
  /** The setup that failed, or the check that is red; left out or null: none. */
  command?: CommandReport | null;
  /** The branch would have been pushed, but not with red checks. */
  held_back?: boolean;
  /** Transient failures in a row, this one included. */
  failures: number;
  /** When it is tried again, ISO-8601 UTC; empty when it is not, or at once. */
  retry_at: string;
  /** The folder that is kept because its work could not be committed; empty otherwise. */
  kept_folder: string;
  /** Hosts that tools were refused or could not reach; left out: none. */
  refused_hosts?: readonly string[];
}

/** The comments of a finished run, in the order in which they are written; the last one is the one to act on. */
export function commentsFor(context: EndContext): NewComment[] {
  const { outcome, question, answer } = context.judgement;
  const system = systemText(context);
  switch (outcome) {
    case "needs_input": {
      const before = system === "" ? [] : [autopilot(system)];
      return [...before, agent(context, question)];
    }
    case "implemented":
    case "checks_failed":
    case "no_change":
      return answer.trim() === "" ? [autopilot(system)] : [agent(context, answer), autopilot(system)];
    default:
      return [autopilot(system)];
  }
}

/** The issue's `result`: what the run did, or why it did not. */
export function resultOf({ judgement, kind }: Pick<EndContext, "judgement" | "kind">): string {
  const { outcome, question, answer, reason } = judgement;
  if (outcome === "needs_input") return capText(question, MAX_BODY).text;
  const has_answer = outcome === "implemented" || outcome === "checks_failed" ||
    (outcome === "no_change" && kind === "question");
  return capText(has_answer && answer.trim() !== "" ? answer : reason, MAX_BODY).text;
}

/** What the run says of itself in one sentence, with a back-off or a missing attempt. */
function systemText(context: EndContext): string {
  return [headline(context), ...commandLines(context), ...workLines(context), nextStep(context)].filter((
    line,
  ) => line !== "").join(
    "\n\n",
  );
}

function commandLines({ judgement, command, held_back, branch }: EndContext): string[] {
  if (!command || (judgement.outcome !== "checks_failed" && judgement.outcome !== "failed")) return [];
  const push = held_back === true
    ? [
      `The branch was not pushed, as its checks are red: \`git push origin ${branch}\` does it all the same.`,
    ]
    : [];
  return [outputBlock(command), ...push];
}

function headline({ judgement, kind }: EndContext): string {
  switch (judgement.outcome) {
    case "implemented":
      return "The work is ready for review.";
    case "checks_failed":
      return `The work is ready for review, but the checks are still **red**. ${judgement.reason}.`;
    case "needs_input":
      return "";
    case "no_change":
      return kind === "question"
        ? "The question is answered; no file was changed."
        : "The agent ended well but changed no file, so there is nothing to review.";
    case "failed":
    case "over_budget":
    case "timed_out":
    case "stalled":
    case "usage_limited":
    case "stopped":
    case "lost":
      return `${judgement.reason}.`;
  }
}

function workLines(context: EndContext): string[] {
  const { branch, commit, changed_files, left_out, warnings, pr_url, publish_error, kept_folder } = context;
  const { refused_hosts = [] } = context;
  const lines: string[] = [];
  if (commit !== "") {
    const files = changed_files === 0
      ? ""
      : `, ${changed_files} ${changed_files === 1 ? "file" : "files"} changed by this run`;
    lines.push(`Branch \`${branch}\` at \`${commit.slice(0, 12)}\`${files}.`);
  }
  if (pr_url !== "") lines.push(`Pull request: ${pr_url}`);
  if (publish_error !== "") {
    lines.push(
      `The branch is in the local repository, but publishing it failed: ${publish_error}\n\n` +
        `Mend the cause and push it yourself: \`git push origin ${branch}\`.`,
    );
  }
  if (left_out.length > 0) lines.push(`Not in the commit:\n\n${listed(left_out)}`);
  if (warnings.length > 0) lines.push(`Look at this before you accept:\n\n${listed(warnings)}`);
  if (refused_hosts.length > 0) {
    lines.push(
      `Not reached from the run, as far as its transcript tells: ${
        refused_hosts.map((host) => `\`${host}\``).join(", ")
      }.`,
    );
  }
  if (kept_folder !== "") {
    lines.push(`The agent's files could not be committed. They are kept in \`${kept_folder}\`.`);
  }
  return lines;
}

function nextStep({ judgement, kind, failures, retry_at, commit }: EndContext): string {
  const kept = commit === "" ? "" : " What was done so far is kept on the branch.";
  switch (judgement.outcome) {
    case "implemented":
    case "checks_failed":
      return "Accept it by moving the issue to Done, or write what to change and move it to Ready.";
    case "needs_input":
      return "";
    case "no_change":
      return kind === "question"
        ? "Accept the answer by moving the issue to Done, or ask on and move it to Ready."
        : "Say in a comment what is still to do, and the agent goes on; or move the issue to Done or Backlog.";
    case "failed":
    case "stalled":
      if (!judgement.transient) return `${judgement.advice || GENERAL_ADVICE}${kept}`;
      return retry_at === ""
        ? `That was attempt ${failures} of ${MAX_ATTEMPTS} in a row to fail like this, so it is not tried again by ` +
          `itself. When the cause is gone, write a comment or move the issue to Ready.${kept}`
        : `The cause may pass: attempt ${
          failures + 1
        } of ${MAX_ATTEMPTS} follows by itself after ${retry_at}.${kept}`;
    case "over_budget":
      return judgement.not_before === ""
        ? `${judgement.advice || LIMIT_ADVICE}${kept}`
        : `The issue waits and goes on by itself after ${judgement.not_before}.${kept}`;
    case "timed_out":
      return `${LIMIT_ADVICE}${kept}`;
    case "usage_limited":
      return `The issue waits and goes on by itself after ${judgement.not_before}; no attempt is counted.${kept}`;
    case "stopped":
      return `Move the issue to Ready to let an agent go on where this run stopped.${kept}`;
    case "lost":
      return `The issue is ready again and goes on in the same session.${kept}`;
  }
}

/** Said behind the comments of a run that ended while a human wrote, and sent its issue back to ready. */
export function unheardComment(): NewComment {
  return autopilot(
    "A comment came while the run was ending, and the agent did not hear it: the issue is ready again, and the agent " +
      "goes on with the comment.",
  );
}

const LIMIT_ADVICE =
  "To let the agent go on in the same session, write a comment or move the issue to Ready; " +
  "splitting the issue or a higher limit may help.";
const GENERAL_ADVICE =
  "Trying again would fail in the same way. Mend the cause, then write a comment or move the issue to Ready.";

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 20).map((item) => `- ${item.replace(/\p{Cc}/gu, " ")}`);
  return [...shown, ...(items.length > 20 ? [`- and ${items.length - 20} more`] : [])].join("\n");
}

function agent({ agent_id }: EndContext, body: string): NewComment {
  return {
    author: agent_id,
    author_kind: "agent",
    trust: "agent",
    body: capText(body.trim(), MAX_BODY).text,
  };
}

function autopilot(body: string): NewComment {
  return { author: AUTOPILOT, author_kind: "system", trust: "agent", body: capText(body, MAX_BODY).text };
}
