/**
 * MCP tools of a session that takes an issue by hand. Its run has a lease and a fence like every other; the credential
 * that claimed it is the only one that may speak for it.
 */

import type { z } from "zod";
import { HAND_LEASE_MINUTES, handAgent, handHost, handOwner } from "../../domain/by_hand.ts";
import { type Comment, seenByHumans } from "../../domain/comment.ts";
import { isTrusted } from "../../domain/fenced.ts";
import { branchName } from "../../domain/issue.ts";
import { STATUS_WORDS } from "../../domain/workflow.ts";
import type { Claim, LeasedRun } from "../../store/store.ts";
import { ApiError } from "../errors.ts";
import { type McpContext, newTexts, refOf, type Said } from "./context.ts";
import { COMMENTS_SHOWN, commentText, filesText, issueText, joined, threadText } from "./reading.ts";
import { branchOf, changesOn, endOf } from "./report.ts";
import type * as schemas from "./schemas.ts";

/** In the place of a transcript, which stays in the session's terminal. */
const NO_TRANSCRIPT = "A session has taken the issue by hand: what it says and does stays where it works";
const MINUTE_MS = 60_000;

export async function claimIssue(
  context: McpContext,
  { issue: ref }: z.output<typeof schemas.Claim>,
): Promise<Said> {
  const { store, credential, options } = context;
  const taken = new Set(
    (await store.agents.list()).filter(({ run_id }) => run_id !== "").map(({ id }) => id),
  );
  const claim = await store.runs.claim({
    id: handAgent(credential.name || "human", taken),
    host: handHost(credential.id),
    pid: 0,
    lease_ms: HAND_LEASE_MINUTES * MINUTE_MS,
    ...ref === undefined ? {} : { issue: refOf(ref) },
  });
  if (claim === null) {
    return {
      text:
        "Nothing is ready to be claimed. list_issues shows what there is; a human moves issues to ready on the board.",
    };
  }
  const { run, lease, issue, promoted_at } = claim;
  await store.runs.update(run.id, lease.fence, { phase: "running" });
  const at = context.clock.now().toISOString();
  await store.runLog.append(run.id, lease.fence, [{ seq: 1, at, type: "system", text: NO_TRANSCRIPT }]);
  const comments = seenByHumans(await store.comments.list(issue.id), promoted_at);
  await store.comments.markDelivered(run.id, lease.fence, untold(comments).map(({ id }) => id));
  const files = filesText(await store.attachments.list(issue.id), options.base_path, newTexts());
  return { text: joined([claimText(claim, comments), files]), run_id: run.id };
}

function claimText({ run, issue }: Claim, comments: readonly Comment[]): string {
  const texts = newTexts();
  const branch = issue.branch || branchName(issue.number, issue.title);
  return joined([
    `Issue ${issue.number} is yours, as run_id ${run.id}.`,
    `Work in a checkout of the project's repository, on the branch ${branch} (make it from the default branch if it ` +
    "does not exist), and commit there. Don't merge and don't deploy: a human reviews. Then call report with the " +
    `run_id. Call keep_claim at least every ${HAND_LEASE_MINUTES / 2} minutes while you work; after ` +
    `${HAND_LEASE_MINUTES} minutes of silence the issue goes back to the other agents.`,
    texts.note,
    issueText(issue, texts),
    ...threadText(comments, 0, texts),
  ]);
}

export async function keepClaim(
  context: McpContext,
  { run_id, minutes, quiet }: z.output<typeof schemas.Keep>,
): Promise<Said> {
  const { run, lease, issue } = await heldRun(context, run_id);
  await context.store.runs.heartbeat(run.id, lease.fence, minutes * MINUTE_MS);
  const kept = `Issue ${issue.number} stays yours for ${minutes} minutes.`;
  if (quiet) return { text: kept };
  const fresh = await tellUntold(context, { run, lease, issue });
  return { text: joined([kept, ...fresh.length === 0 ? [] : ["New on the issue:", ...fresh]]) };
}

export async function report(
  context: McpContext,
  said: Omit<z.output<typeof schemas.Report>, "outcome"> & {
    outcome: z.output<typeof schemas.Report>["outcome"];
  },
): Promise<Said> {
  const { store } = context;
  const held = await heldRun(context, said.run_id);
  const branch = branchOf(held.issue, said.branch);
  if (said.outcome !== "handed_back") {
    const fresh = await tellUntold(context, held);
    if (fresh.length > 0) {
      throw new ApiError(
        "refused",
        joined(["Not reported yet: people wrote meanwhile. Heed it, then report again.", ...fresh]),
      );
    }
  }
  const changes = await changesOn(context, held.issue, branch);
  const end = endOf(context, held, { ...said, ...changes });
  const { issue } = await store.runs.finish(held.run.id, held.lease.fence, end);
  return {
    text: joined([
      `Reported. Issue ${issue.number} is in ${STATUS_WORDS[issue.status]} now.`,
      said.outcome === "implemented" ? changes.note : "",
    ]),
  };
}

/** The unfinished run that the caller claimed. @throws ApiError, NotFoundError */
async function heldRun({ store, credential }: McpContext, run_id: string): Promise<LeasedRun> {
  const found = (await store.runs.active()).find(({ run }) => run.id === run_id);
  if (found === undefined) {
    const run = await store.runs.get(run_id);
    const { number, status } = await store.issues.get(run.issue_id);
    throw new ApiError(
      "refused",
      `The claim has ended (${run.outcome}: ${run.reason}). Issue ${number} is ${status} now: ` +
        (status === "ready"
          ? "claim it again if you want to go on, then report"
          : "it is no longer yours. Tell the human in front of you where your work is"),
    );
  }
  if (handOwner(found.lease.host) !== credential.id) {
    throw new ApiError(
      "forbidden",
      "This run was not claimed with your token, and only its owner may speak for it",
    );
  }
  if (found.lease.stop_requested_at !== "") {
    throw new ApiError(
      "refused",
      `${found.lease.stop_requested_by} stopped this work: end it, and report nothing`,
    );
  }
  return found;
}

/** What people of the project wrote and no agent was told. */
function untold(comments: readonly Comment[]): Comment[] {
  return comments.filter(({ author_kind, trust, delivered_at }) =>
    author_kind === "human" && isTrusted(trust) && delivered_at === ""
  );
}

async function tellUntold({ store }: McpContext, { run, lease, issue }: LeasedRun): Promise<string[]> {
  // What is too much for one answer is told by the next.
  const fresh = untold(await store.comments.list(issue.id)).slice(0, COMMENTS_SHOWN);
  if (fresh.length === 0) return [];
  await store.comments.markDelivered(run.id, lease.fence, fresh.map(({ id }) => id));
  const texts = newTexts();
  return [texts.note, ...fresh.map((comment) => commentText(comment, texts))];
}
