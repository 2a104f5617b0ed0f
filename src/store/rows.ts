/** Rows of the database as values of the domain. */

import type { Attachment } from "../domain/attachment.ts";
import type { Comment } from "../domain/comment.ts";
import type { Event } from "../domain/event.ts";
import { type Issue, PRIORITIES, type Priority } from "../domain/issue.ts";
import type { Run, RunLease } from "../domain/run.ts";
import type { AttachmentTable, CommentTable, EventRow, IssueRow, RunRow } from "./schema.ts";

/** Priorities are stored as their rank, so that the claim's index is in the order of claims. */
export function rankOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

export function issueOf(row: IssueRow): Issue {
  return {
    id: row.id,
    number: row.number,
    title: row.title,
    body: row.body,
    status: row.status,
    kind: row.kind,
    priority: PRIORITIES[row.priority],
    assignee: row.assignee,
    human_only: row.human_only === 1,
    created_by: row.created_by,
    trust: row.trust,
    claimed_by: row.claimed_by,
    claimed_at: row.claimed_at,
    branch: row.branch,
    pr_url: row.pr_url,
    result: row.result,
    checks: row.checks,
    outcome: row.outcome,
    refused_hosts: hostsOf(row),
    not_before: row.not_before,
    attempts: row.attempts,
    cost_usd: row.cost_usd,
    version: row.version,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

export function commentOf(row: CommentTable): Comment {
  return {
    id: row.id,
    issue_id: row.issue_id,
    author: row.author,
    author_kind: row.author_kind,
    trust: row.trust,
    body: row.body,
    delivered_at: row.delivered_at,
    created_at: row.created_at,
  };
}

export function attachmentOf(row: AttachmentTable): Attachment {
  return {
    id: row.id,
    issue_id: row.issue_id,
    name: row.name,
    content_type: row.content_type,
    size: row.size,
    url: `/api/autopilot/uploads/${row.id}`,
    created_at: row.created_at,
  };
}

export function runOf(row: RunRow): Run {
  return {
    id: row.id,
    issue_id: row.issue_id,
    attempt: row.attempt,
    agent_id: row.agent_id,
    phase: row.phase,
    outcome: row.outcome,
    reason: row.reason,
    branch: row.branch,
    commit: row.commit,
    session_id: row.session_id,
    turns: row.turns,
    cost_usd: row.cost_usd,
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    refused_hosts: hostsOf(row),
    started_at: row.started_at,
    finished_at: row.finished_at,
  };
}

function hostsOf({ refused_hosts }: { refused_hosts: string }): string[] {
  return refused_hosts === "" ? [] : refused_hosts.split(",");
}

export function leaseOf(row: RunRow): RunLease {
  return {
    run_id: row.id,
    fence: row.fence,
    lease_until: row.lease_until,
    host: row.host,
    server_pid: row.server_pid,
    agent_pid: row.agent_pid,
    base_commit: row.base_commit,
    session_cost_usd: row.session_cost_usd,
    stop_requested_at: row.stop_requested_at,
    stop_requested_by: row.stop_requested_by,
    stop_to: row.stop_to,
  };
}

export function eventOf(row: EventRow): Event {
  return {
    seq: row.seq,
    at: row.at,
    type: row.type,
    issue_id: row.issue_id,
    run_id: row.run_id,
    actor: {
      kind: row.actor_kind,
      name: row.actor,
      ...(row.credential === "" ? {} : { credential: row.credential }),
    },
    data: JSON.parse(row.data),
  };
}
