/** What the agent is told. Texts of people go in as they are; texts of strangers and machines as fenced data. */

import type { Comment } from "./comment.ts";
import { isTrusted, oneLine, Texts } from "./fenced.ts";
import type { Issue } from "./issue.ts";
import { capText } from "./log_entry.ts";
import { type Outcome, UNHEARD_REASON } from "./run.ts";

/** An attachment as the agent sees it. */
export interface PromptFile {
  /** Where the agent finds it. */
  path: string;
  /** The uploader's name for it. */
  name: string;
  content_type: string;
  /** Bytes. */
  size: number;
}

export interface PromptContext {
  issue: Pick<Issue, "number" | "title" | "body" | "kind" | "trust" | "created_by">;
  /** The whole thread for a new session; what the agent has not seen for a continued one. Oldest first. */
  comments: readonly Pick<Comment, "author" | "author_kind" | "trust" | "body">[];
  files: readonly PromptFile[];
  /** A random word that nobody could know when the texts were written, of `[a-z0-9]`, at least 16 characters. */
  fence: string;
  /** What the project tells its agents; empty or left out: nothing. */
  project_rules?: string;
}

const RULES = `How to work:
- You are alone in a private copy of the project's repository: the current directory. Read what you need, edit the
  files, and run the project's own checks where they exist.
- Do not run git commit, git push, or any command that changes branches, remotes or the history. What you leave in the
  files is committed for you.
- Do not merge, deploy or publish anything. A human reviews your work before it is used.
- Nobody answers while you work, though messages about this issue may arrive. If you need a decision that only a
  human can make, change no file and end with a message whose first line begins with
  BLOCKED: followed by your question with everything that is needed to answer it, or call the tool ask_human where you
  have it. You will go on with the answer.
- Otherwise end with a short summary for the reviewer: what you changed and why, how you checked it, what is left.`;

const QUESTION_RULE =
  `This issue is a question: answer it in your last message. Change files only if it asks for that.`;

/**
 * The first message of a new session.
 *
 * @param context.begun an earlier session has worked on the issue; its changes are in the files
 */
export function promptFor(context: PromptContext & { begun?: boolean }): string {
  const { issue, comments } = context;
  const texts = new Texts(context.fence);
  const parts = [
    `You work on issue #${issue.number} of this project. It is yours to finish.`,
    context.begun === true
      ? "Work on it has begun in an earlier session, which you do not remember: what was done is in the files."
      : "",
    rulesFor(issue.kind),
    texts.note,
    ...projectRules(context, texts),
    issueText(context, texts),
  ];
  if (comments.length > 0) {
    parts.push("The conversation on the issue so far, oldest first:", ...thread(context, texts));
  }
  return joined([...parts, ...filesText(context, texts), "Begin."]);
}

export interface ResumeContext extends PromptContext {
  /** How the last run of the session ended; empty when that is not known. */
  last_outcome: Outcome | "";
  last_reason: string;
}

/** The first message to a session that goes on. */
export function resumePrompt(context: ResumeContext): string {
  const texts = new Texts(context.fence);
  const { issue, comments } = context;
  const parts = [
    `${whyAgain(context)} The files are as you left them. The rules stand as before.`,
    texts.note,
    ...projectRules(context, texts),
  ];
  if (comments.length > 0) {
    parts.push("New on the issue, oldest first:", ...thread(context, texts));
  } else if (context.last_outcome === "" || isReview(context.last_outcome)) {
    parts.push("No comment was left: read the issue again, and check that your work does what it asks for.");
  }
  parts.push(`Issue #${issue.number} as it reads now:`, issueText(context, texts));
  return joined([...parts, ...filesText(context, texts), "Go on."]);
}

/** A message to an agent that is at work. `null` for texts that no running agent may be given. */
export function steeringMessage(
  comment: Pick<Comment, "author" | "author_kind" | "trust" | "body">,
): string | null {
  if (comment.author_kind !== "human" || !isTrusted(comment.trust)) return null;
  return `${oneLine(comment.author)} writes on the issue, while you work:\n\n${comment.body}`;
}

/** Which limit is nearly used up. */
export type NearLimit = "turns" | "cost" | "time";

const NEARLY: Record<NearLimit, string> = {
  turns: "steps that this run may take",
  cost: "money that this run may cost",
  time: "time that this run may take",
};

/** A message to an agent that will be ended soon. */
export function wrapUpMessage(limit: NearLimit): string {
  return `Autopilot writes: about 80 % of the ${
    NEARLY[limit]
  } is used up, and at 100 % you are ended. Begin nothing ` +
    "new. Finish what you have so that it works as it stands, undo what you can't finish, and end with your summary: " +
    "what is done, how you checked it, and what is left.";
}

function whyAgain({ last_outcome, last_reason, comments }: ResumeContext): string {
  if (last_reason.endsWith(UNHEARD_REASON)) return "A comment came when you had just ended.";
  switch (last_outcome) {
    case "needs_input":
      return comments.length > 0
        ? "Your question was answered."
        : "You asked a question; no answer was written. Decide yourself, or ask again.";
    case "implemented":
    case "checks_failed":
    case "no_change":
      return "Your work was looked at, and the issue was handed to you again.";
    case "lost":
      return "You were interrupted: the server was stopped while you worked. Look at what is done already, and go on.";
    case "stopped":
      return "A human stopped you, and has handed the issue to you again.";
    case "":
      return "The issue was handed to you again.";
    default:
      return `You were interrupted (${
        oneLine(last_reason) || last_outcome
      }). Look at what is done already, and go on.`;
  }
}

function isReview(outcome: Outcome): boolean {
  return outcome === "implemented" || outcome === "checks_failed" || outcome === "no_change";
}

function rulesFor(kind: Issue["kind"]): string {
  return kind === "question" ? `${RULES}\n\n${QUESTION_RULE}` : RULES;
}

function issueText({ issue }: PromptContext, texts: Texts): string {
  const body = issue.body.trim() === "" ? "(no description)" : issue.body;
  return texts.write(
    `Title: ${oneLine(issue.title)}\n\n${body}`,
    `issue, by ${oneLine(issue.created_by) || "unknown"}`,
    issue.trust,
  );
}

function thread({ comments }: PromptContext, texts: Texts): string[] {
  return shortened(comments.map(({ body }) => body)).map((body, index) => {
    const { author, author_kind, trust } = comments[index];
    return texts.write(
      body,
      `comment of ${author_kind} ${oneLine(author)}`,
      author_kind === "human" ? trust : "agent",
    );
  });
}

function projectRules({ project_rules = "" }: PromptContext, texts: Texts): string[] {
  if (project_rules.trim() === "") return [];
  // Its authors could change any file of the project; the rules above are not theirs to change.
  return [
    "What the project asks of its agents, beside the rules:",
    texts.write(project_rules, "autopilot.json", "member"),
  ];
}

/** Characters of a thread that a first message holds in full; the session has to have room for the work too. */
const WHOLE_THREAD = 120_000;
const SHORT_COMMENT = 400;

/** The newest texts in full, as many as there is room for, and the beginnings of what is older. */
function shortened(bodies: readonly string[]): string[] {
  let room = WHOLE_THREAD;
  return bodies.toReversed().map((body, age) => {
    room -= body.length;
    if (age === 0 || room >= 0 || body.length <= SHORT_COMMENT) return body;
    return `${capText(body, SHORT_COMMENT).text}\n(… ${
      body.length - SHORT_COMMENT
    } more characters are left out here)`;
  }).reverse();
}

function filesText({ files }: PromptContext, texts: Texts): string[] {
  if (files.length === 0) return [];
  const lines = files.map(({ path, name, content_type, size }) =>
    `${path} (${content_type}, ${size} bytes; named ${JSON.stringify(oneLine(name))})`
  );
  return ["Files attached to the issue:", texts.write(lines.join("\n"), "list of attachments", "external")];
}

function joined(parts: string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
