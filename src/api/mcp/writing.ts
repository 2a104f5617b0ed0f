/** MCP tools that add to the board: an issue for the backlog, a comment, a question of a running agent. */

import type { z } from "zod";
import { mayCommentOn, trustOf } from "../../domain/credential.ts";
import { withoutAgentsSecrets } from "../agent_text.ts";
import { ApiError } from "../errors.ts";
import { type McpContext, refOf, type Said, writerOf } from "./context.ts";
import type * as schemas from "./schemas.ts";

export async function fileIssue(
  context: McpContext,
  input: z.output<typeof schemas.File>,
): Promise<Said> {
  const { store, credential, quota } = context;
  const actor = writerOf(context);
  quota.take(credential, "issue");
  const issue = await store.issues.create(
    withoutAgentsSecrets(context, actor, {
      ...input,
      title: input.title.replace(/\s+/g, " "),
      status: "backlog" as const,
      assignee: "",
      human_only: false,
      created_by: actor.name,
      trust: trustOf(credential, actor),
    }),
    actor,
  );
  return { text: `Filed as issue ${issue.number}, in the backlog. A human decides whether agents take it.` };
}

export async function comment(
  context: McpContext,
  { issue: ref, body }: z.output<typeof schemas.Comment>,
): Promise<Said> {
  const { store, credential, quota } = context;
  const issue = await store.issues.get(refOf(ref));
  if (!mayCommentOn(credential, issue.id)) {
    const own = await store.issues.get(credential.issue_id);
    throw new ApiError("forbidden", `You work on issue ${own.number} and can comment on that one only`);
  }
  quota.take(credential, "comment");
  const actor = writerOf(context);
  const input = {
    author: actor.name,
    author_kind: "agent" as const,
    trust: trustOf(credential, actor),
    body,
  };
  const { issue: now } = await store.comments.add(
    issue.id,
    withoutAgentsSecrets(context, actor, input),
    actor,
  );
  return { text: `Added to issue ${now.number}, which is ${now.status.replace("_", " ")} as before.` };
}

/** The question is taken from the run's transcript when the agent has ended: runner and board may be two processes. */
export async function askFromRun(
  { store, credential }: McpContext,
  _input: z.output<typeof schemas.AskFromRun>,
): Promise<Said> {
  const { number } = await store.issues.get(credential.issue_id);
  return {
    text:
      `Your question is noted for issue ${number}. Nobody answers while you work: undo what depends on the answer, ` +
      "and end your turn now. You go on in this conversation when a human has replied.",
  };
}
