/** The tables as Kysely sees them: rows, not domain objects. Times are ISO-8601 UTC texts, flags 0 or 1. */

import type { Generated, Selectable } from "kysely";
import type { AuthorKind } from "../domain/comment.ts";
import type { ActorKind, EventType } from "../domain/event.ts";
import type { CheckState, Kind, Status, Trust } from "../domain/issue.ts";
import type { Outcome, Phase } from "../domain/run.ts";

export interface Schema {
  issues: IssueTable;
  comments: CommentTable;
  attachments: AttachmentTable;
  runs: RunTable;
  run_log_pages: RunLogPageTable;
  events: EventTable;
  agents: AgentTable;
  meta: { key: string; value: string };
}

export interface IssueTable {
  number: Generated<number>;
  id: string;
  title: string;
  body: string;
  status: Status;
  kind: Kind;
  /** Index in PRIORITIES. */
  priority: number;
  assignee: string;
  human_only: number;
  created_by: string;
  trust: Trust;
  claimed_by: string;
  claimed_at: string;
  branch: string;
  pr_url: string;
  result: string;
  checks: CheckState;
  not_before: string;
  attempts: number;
  cost_usd: number;
  version: number;
  created_at: string;
  updated_at: string;
  /** The number that the latest claim or takeover handed out. Internal, as all below. */
  fence: number;
  /** Transient failures in a row. */
  failures: number;
  session_id: string;
  session_cost_usd: number;
  last_commit: string;
}
export type IssueRow = Selectable<IssueTable>;

export interface CommentTable {
  id: string;
  issue_id: string;
  /** Place in the thread, from 1. */
  n: number;
  author: string;
  author_kind: AuthorKind;
  trust: Trust;
  body: string;
  delivered_at: string;
  created_at: string;
}

export interface AttachmentTable {
  id: string;
  issue_id: string;
  n: number;
  name: string;
  content_type: string;
  size: number;
  stored_name: string;
  created_at: string;
}

export interface RunTable {
  id: string;
  issue_id: string;
  attempt: number;
  agent_id: string;
  phase: Phase;
  outcome: Outcome | "";
  reason: string;
  branch: string;
  commit: string;
  session_id: string;
  turns: number;
  cost_usd: number;
  input_tokens: number;
  output_tokens: number;
  started_at: string;
  finished_at: string;
  fence: number;
  lease_until: string;
  host: string;
  server_pid: number;
  agent_pid: number;
  base_commit: string;
  session_cost_usd: number;
  stop_requested_at: string;
  stop_requested_by: string;
  stop_to: Status;
  /** `seq` of the last entry in the run's log. */
  log_seq: number;
}
export type RunRow = Selectable<RunTable>;

export interface RunLogPageTable {
  run_id: string;
  first_seq: number;
  last_seq: number;
  /** JSON array of log entries. */
  entries: string;
}

export interface EventTable {
  seq: number;
  at: string;
  type: EventType;
  issue_id: string;
  run_id: string;
  actor_kind: ActorKind;
  actor: string;
  /** JSON object. */
  data: string;
}

export interface AgentTable {
  id: string;
  /** What it works on; both empty while idle. */
  issue_id: string;
  run_id: string;
  since: string;
  last_seen_at: string;
  /** When it said goodbye; empty while it is expected to give signs of life. */
  gone_at: string;
  host: string;
  pid: number;
}
export type AgentRow = Selectable<AgentTable>;
