/** The tables as Kysely sees them: rows, not domain objects. Times are ISO-8601 UTC texts, flags 0 or 1. */

import type { Generated, Selectable } from "kysely";
import type { AuthorKind } from "../domain/comment.ts";
import type { Scope } from "../domain/credential.ts";
import type { ActorKind, EventType } from "../domain/event.ts";
import type { CheckState, Kind, Status, Trust } from "../domain/issue.ts";
import type { Outcome, Phase } from "../domain/run.ts";
import type { TokenKind } from "../domain/token.ts";

/** Which database it is. */
export type Backend = "sqlite" | "postgres";

export interface Schema {
  issues: IssueTable;
  comments: CommentTable;
  attachments: AttachmentTable;
  runs: RunTable;
  run_log_pages: RunLogPageTable;
  events: EventTable;
  agents: AgentTable;
  tokens: TokenTable;
  stays: StayTable;
  feedback_reports: FeedbackReportTable;
  feedback_days: FeedbackDayTable;
  imports: ImportTable;
  meta: { key: string; value: string };
}

export interface ImportTable {
  /** Where it came from, such as `github:owner/repo`. */
  source: string;
  /** Its name there. */
  key: string;
  /** What it became here. */
  issue_id: string;
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
  claimed_by: Generated<string>;
  claimed_at: Generated<string>;
  branch: Generated<string>;
  pr_url: Generated<string>;
  result: Generated<string>;
  checks: CheckState;
  outcome: Generated<Outcome | "">;
  /** Of its last finished run, separated by commas. */
  refused_hosts: Generated<string>;
  not_before: Generated<string>;
  attempts: Generated<number>;
  cost_usd: Generated<number>;
  version: Generated<number>;
  created_at: string;
  updated_at: string;
  /** The number that the latest claim or takeover handed out. Internal, as all below. */
  fence: Generated<number>;
  /** Transient failures in a row. */
  failures: Generated<number>;
  session_id: Generated<string>;
  session_cost_usd: Generated<number>;
  last_commit: Generated<string>;
  /** When a human last handed it to the agents; empty before. */
  promoted_at: Generated<string>;
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
  reason: Generated<string>;
  branch: Generated<string>;
  commit: Generated<string>;
  session_id: Generated<string>;
  turns: Generated<number>;
  cost_usd: Generated<number>;
  input_tokens: Generated<number>;
  output_tokens: Generated<number>;
  started_at: string;
  finished_at: Generated<string>;
  fence: number;
  lease_until: string;
  host: string;
  server_pid: number;
  agent_pid: Generated<number>;
  base_commit: Generated<string>;
  session_cost_usd: Generated<number>;
  stop_requested_at: Generated<string>;
  stop_requested_by: Generated<string>;
  stop_to: Status;
  /** `seq` of the last entry in the run's log. */
  log_seq: Generated<number>;
  /** Separated by commas. */
  refused_hosts: Generated<string>;
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
  /** Id of the token; empty when none was needed. */
  credential: Generated<string>;
  /** JSON object. */
  data: string;
}

export type EventRow = Selectable<EventTable>;

export interface TokenTable {
  id: string;
  /** SHA-256 of the secret, in hexadecimal digits. */
  hash: string;
  kind: TokenKind;
  name: Generated<string>;
  scope: Scope;
  parent_id: Generated<string>;
  issue_id: Generated<string>;
  run_id: Generated<string>;
  /** JSON array. */
  origins: Generated<string>;
  created_by: Generated<string>;
  created_at: string;
  expires_at: Generated<string>;
  revoked_at: Generated<string>;
  last_used_at: Generated<string>;
}
export type TokenRow = Selectable<TokenTable>;
/** How long an issue stood in a status; written by triggers alone. Times in milliseconds since the epoch. */
export interface StayTable {
  issue_id: string;
  /** Place in the issue's course, from 1. */
  n: number;
  status: Status;
  entered_ms: number;
  /** Hours since the epoch. */
  entered_hour: number;
  /** `null` while it stands there. */
  left_ms: number | null;
  left_hour: number | null;
  /** When agents first got the issue in this round of work; `null` before. */
  ready_ms: number | null;
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

export interface FeedbackReportTable {
  issue_id: string;
  /** Of the idempotency key; of chance when the request had none. */
  key_hash: string;
  /** Of the request: tells a repetition from another report. */
  input_hash: string;
  pictures: Generated<number>;
  created_at: string;
}

export interface FeedbackDayTable {
  /** `2026-01-31`, UTC. */
  day: string;
  reports: number;
  picture_bytes: Generated<number>;
}
