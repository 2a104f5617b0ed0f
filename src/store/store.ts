/**
 * The store's interface: what the rest of the program may do with the database. Every method that changes
 * something commits the change and its events together, and resolves only after the commit.
 */

import type { Agent } from "../domain/agent.ts";
import type { Need } from "../domain/attention.ts";
import type { Attachment } from "../domain/attachment.ts";
import type { Comment, NewComment } from "../domain/comment.ts";
import type { Actor, Event } from "../domain/event.ts";
import type { ForeignIssue } from "../domain/foreign_issue.ts";
import type {
  CheckState,
  Issue,
  IssuePatch,
  Kind,
  NewIssue,
  Priority,
  Status,
  Trust,
} from "../domain/issue.ts";
import type { LogEntry } from "../domain/log_entry.ts";
import type { Outcome, Phase, Run, RunLease } from "../domain/run.ts";
import type { NewToken, Token } from "../domain/token.ts";
import type { Stats } from "../domain/stats.ts";

export interface Store extends AsyncDisposable {
  readonly kind: "sqlite" | "postgres";
  readonly issues: Issues;
  readonly comments: Comments;
  readonly attachments: Attachments;
  readonly runs: Runs;
  readonly runLog: RunLog;
  readonly events: Events;
  readonly agents: Agents;
  readonly tokens: Tokens;
  readonly stats: StatsReader;
  readonly imports: Imports;
  /** The whole board as lines of JSON (transfer.ts). */
  readonly transfer: Transfer;
  readonly feedback: Feedback;
  /**
   * Calls the listener synchronously after every commit of this store, before the promises of the writes in
   * it resolve. A listener must not throw. Returns the function that ends it.
   */
  onCommit(listener: () => void): () => void;
  /**
   * Calls the listener after another process (or another store on the same database) committed; several
   * commits may be told by one call. SQLite is polled every `poll_ms` (default 100) while somebody listens,
   * PostgreSQL tells by itself; there the listener is also called after a lost connection came back.
   */
  watchForeign(listener: () => void, options?: { poll_ms?: number }): () => void;
  /** Bytes that the database takes on disk. */
  size(): Promise<number>;
  /** Throws when the database can't be written. */
  ping(): Promise<void>;
  /** Waits for the writes under way, then closes. Writes after it are rejected. */
  close(): Promise<void>;
}

/** One value, or any of several. */
type Some<T> = T | readonly T[];

export interface Imports {
  /**
   * Takes an issue of another tracker in, with those of its comments that are not here yet, in one commit. What was
   * imported once stays as people left it. `null` when there was nothing new.
   *
   * @param source where it comes from; keys are unique within it
   */
  add(
    source: string,
    foreign: ForeignIssue,
    actor: Actor,
  ): Promise<{ issue: Issue; created: boolean; comments: number } | null>;
}

export interface Transfer {
  /** Writes the board as of one moment, a row per line. Credentials are not in it. */
  dump(write: (line: string) => Promise<void>): Promise<{
    /** Name of the newest migration. */
    schema: string;
    /** Rows per table. */
    rows: Record<string, number>;
    /** Names of the attachments' files. */
    stored_names: string[];
  }>;
  /**
   * Takes a board into an empty database, all of it or nothing; answers the rows per table.
   * @param allows whether the attachment's file of this name is there
   * @throws TransferError
   */
  load(
    lines: AsyncIterable<string>,
    allows: (stored_name: string) => boolean,
  ): Promise<Record<string, number>>;
}

export interface ListFilter {
  status?: Some<Status>;
  kind?: Some<Kind>;
  priority?: Some<Priority>;
  trust?: Some<Trust>;
  /** What it wants from a human. */
  needs?: Some<Need>;
  /** Who works on it or worked on it last, or is its assignee. */
  agent?: Some<string>;
  assignee?: string;
  /**
   * Words that must all begin a word of the issue (title and body) or of one of its comments; case and
   * diacritics don't matter. A number is the issue's own number too, with # only that. Blank: no filter. Without a
   * letter or digit: nothing matches.
   */
  q?: string;
  /** `accepted`: only what is done, the last accepted first; without `q` and `needs`. Default: by number, newest first. */
  order?: "newest" | "accepted";
  /** At least 1. */
  limit: number;
  /** Only what comes after the issue of this number in the order: the last one of the page before. */
  before?: number;
}

/** A `ref` is an issue's id, or its number in at most 10 decimal digits. */
/** What somebody was shown who moves an issue; left out: it does not matter. */
export interface Seen {
  if_version?: number;
  /** How many comments the thread had. */
  comments?: number;
}

export interface Issues {
  /** @throws RefusedError when this actor may not create an issue in that status */
  create(input: NewIssue, actor: Actor): Promise<Issue>;
  /** @throws NotFoundError */
  get(ref: string): Promise<Issue>;
  /** Newest (highest number) first. */
  list(filter: ListFilter): Promise<Issue[]>;
  /**
   * A patch that changes nothing writes nothing.
   * @throws NotFoundError, StaleVersionError when `if_version` is given and not the present version
   */
  edit(ref: string, patch: IssuePatch, options: { if_version?: number }, actor: Actor): Promise<Issue>;
  /**
   * Moves by hand. For an issue in progress it records a stop request with the target instead; `stopping` is
   * then true and the issue moves when its run has ended.
   * @throws NotFoundError, RefusedError; StaleVersionError, StaleThreadError when it is not as it was seen
   */
  move(ref: string, to: Status, actor: Actor, seen?: Seen): Promise<{ issue: Issue; stopping: boolean }>;
  /**
   * Records a stop request of the running run; the latest request wins.
   * @throws NotFoundError, RefusedError when no run is under way
   */
  requestStop(ref: string, to: Status, actor: Actor): Promise<Issue>;
  counts(): Promise<Record<Status, number>>;
}

export interface Comments {
  /** Oldest first. */
  list(issue_id: string): Promise<Comment[]>;
  /**
   * A human comment on a blocked issue moves it to ready in the same commit (`unblocked`).
   * @throws NotFoundError
   */
  add(
    ref: string,
    input: NewComment,
    actor: Actor,
  ): Promise<{ comment: Comment; issue: Issue; unblocked: boolean }>;
  /**
   * Notes that the comments were handed to the agent, and tells it by an issue.updated event; those already handed
   * keep their time.
   * @throws FencedError
   */
  markDelivered(run_id: string, fence: number, comment_ids: string[]): Promise<void>;
}

export interface Attachments {
  /** @throws NotFoundError */
  add(
    ref: string,
    input: { name: string; content_type: string; size: number; stored_name: string },
    actor: Actor,
  ): Promise<Attachment>;
  /** Oldest first. */
  list(issue_id: string): Promise<Attachment[]>;
  /** @throws NotFoundError */
  get(id: string): Promise<Attachment & { stored_name: string }>;
  /** What the attachments of all issues take together. */
  totalBytes(): Promise<number>;
}

/** What a report is known by when it is sent again. */
export interface ReportKey {
  /** Of the idempotency key; of chance when there is none. */
  hash: string;
  /** Of what the request said. */
  input_hash: string;
}

/** `before`: the same request had filed it. `mismatch`: the key is another report's. `full`: enough for today. */
export type FeedbackFiled = { done: "now" | "before"; id: string } | { done: "mismatch" | "full" };

export interface NewPicture {
  name: string;
  content_type: string;
  size: number;
  stored_name: string;
}

/** Bytes that the pictures of all reports may take. */
export interface PictureLimits {
  per_day: number;
  in_all: number;
}

export interface Feedback {
  /** What was filed under this key; `null`: nothing. */
  find(key: ReportKey): Promise<FeedbackFiled | null>;
  /**
   * Files a report once per key, in one commit with its key and its count. Keys are known for 30 days.
   * @param max_per_day most reports of one day (UTC); 0: no limit
   */
  file(input: NewIssue, key: ReportKey, max_per_day: number, actor: Actor): Promise<FeedbackFiled>;
  /**
   * Attaches the one picture of a report. `none`: there is no such report, or it is too old. `taken`: it has its
   * picture. `full`: no room for it.
   */
  takePicture(
    issue_id: string,
    input: NewPicture,
    limits: PictureLimits,
    actor: Actor,
  ): Promise<Attachment | "none" | "taken" | "full">;
  /** What receipts are made with: made at the first call, the same for every process on this database. */
  secret(): Promise<string>;
}

export interface Claim {
  /** As it is after the claim: in progress. */
  issue: Issue;
  run: Run;
  lease: RunLease;
  /** The issue's last conversation, "" when it had none. */
  session_id: string;
  /** The commit that the last run with changes left on the issue's branch, "" when there is none. */
  last_commit: string;
  /** When a human last handed the issue to the agents: texts of strangers that are newer nobody has looked at. */
  promoted_at: string;
  /** The cumulative cost of that conversation in USD. */
  session_cost_usd: number;
  /** Transient failures in a row so far. */
  failures: number;
}

export interface ClaimRequest {
  id: string;
  host: string;
  pid: number;
  token_hash?: string;
  issue?: string;
  lease_ms?: number;
}

/** An unfinished run with what its rescuer needs. */
export interface LeasedRun {
  run: Run;
  lease: RunLease;
  issue: Issue;
}

export interface Runs {
  /**
   * Picks the next claimable issue (priority, then age), moves it to in_progress and starts a run, in one
   * commit. `null` when nothing is claimable. No two calls, in whatever process, get the same issue.
   * @param agent.token_hash hash of the secret with which the run's agent may speak until the run ends
   * @param agent.issue only this one. @throws NotFoundError, RefusedError when it can't be claimed now
   * @param agent.lease_ms default LEASE_MS
   */
  claim(agent: ClaimRequest): Promise<Claim | null>;
  /** @throws NotFoundError */
  get(id: string): Promise<Run>;
  /** Oldest first. */
  list(issue_id: string): Promise<Run[]>;
  /** The commit that the issue's first run with a workspace began with, "" when there is none. */
  firstBase(issue_id: string): Promise<string>;
  /**
   * Extends the lease and notes a sign of life of the agent. Answers the stop request, empty strings if none.
   * @param lease_ms default LEASE_MS
   * @throws FencedError when the fence is stale or the run finished
   */
  heartbeat(
    run_id: string,
    fence: number,
    lease_ms?: number,
  ): Promise<{ stop_requested_by: string; stop_to: Status | "" }>;
  /**
   * Facts learned on the way. A change of phase is told by an agent.status event.
   * @throws FencedError
   */
  update(run_id: string, fence: number, patch: RunPatch): Promise<void>;
  /**
   * Ends the run: run, issue, comments and all events in one commit. A stop that a human asked for meanwhile
   * decides where the issue goes; the outcome becomes `stopped` unless the run had come to an end by itself
   * (implemented, checks_failed, needs_input, no_change). A trusted human comment that came while the run was under
   * way and that no agent was told sends an issue that would wait for a human back to ready.
   * @throws FencedError
   */
  finish(run_id: string, fence: number, end: RunEnd): Promise<{ issue: Issue; run: Run }>;
  /**
   * What runs that finished since then (ISO-8601 UTC) cost in USD, and how many are under way; those by hand spend
   * nothing that Autopilot knows of.
   */
  spending(since: string): Promise<{ usd: number; unfinished: number }>;
  /** Unfinished runs whose lease has ended. */
  expired(): Promise<LeasedRun[]>;
  /** All unfinished runs. */
  active(): Promise<LeasedRun[]>;
  /**
   * Takes an unfinished run, whether its lease has ended or not: raises the fence and starts a new lease.
   * `null` when the fence is no longer the run's (somebody was faster) or the run is finished.
   */
  takeOver(run_id: string, fence: number, by: { host: string; pid: number }): Promise<LeasedRun | null>;
}

export interface RunPatch {
  phase?: Exclude<Phase, "finished">;
  session_id?: string;
  agent_pid?: number;
  base_commit?: string;
  branch?: string;
  commit?: string;
  session_cost_usd?: number;
}

/** How a run ended. Empty `commit`, `branch`, `session_id` leave what `update` noted before. */
export interface RunEnd {
  outcome: Outcome;
  reason: string;
  commit: string;
  branch: string;
  pr_url: string;
  result: string;
  session_id: string;
  /** The session can't be continued: the issue's next run begins a new one. */
  forget_session?: boolean;
  turns: number;
  cost_usd: number;
  /** The session's cumulative cost at the end of this run, in USD. */
  session_cost_usd: number;
  input_tokens: number;
  output_tokens: number;
  /** See Run; left out: none. */
  refused_hosts?: readonly string[];
  checks: CheckState;
  /**
   * The failure's cause may pass: counts as one more failure in a row, and the issue is tried again while
   * attempts are left. Otherwise the count starts anew (usage_limited, lost and stopped keep it).
   */
  transient: boolean;
  /**
   * No claim before this time (ISO-8601 UTC), if the issue goes to ready; "" and transient: the back-off of retry.ts.
   * With it, an `over_budget` issue waits for that time instead of for a human.
   */
  not_before: string;
  /** Written in this order. */
  comments: NewComment[];
}

export interface RunLog {
  /**
   * Appends entries; their `seq` must go on from the last one without a gap.
   * @throws FencedError when the fence is stale or the run finished
   */
  append(run_id: string, fence: number, entries: LogEntry[]): Promise<void>;
  /** Entries with `seq > after`, at most `limit`; `next` is the last seq returned, or `after`. */
  read(run_id: string, after: number, limit: number): Promise<{ entries: LogEntry[]; next: number }>;
  /** 0 while the log is empty. */
  lastSeq(run_id: string): Promise<number>;
}

export interface Events {
  /** 0 while the log is empty. */
  lastSeq(): Promise<number>;
  /** The oldest event that is kept; 1 while the log is empty. */
  firstSeq(): Promise<number>;
  /** Events with `seq > after` in order, at most `limit`. */
  read(after: number, limit: number): Promise<Event[]>;
  forIssue(issue_id: string, after: number, limit: number): Promise<Event[]>;
}

export interface Agents {
  /**
   * Registers the agent for this process, unless a living one has it: `null`, or who has it. One that is stale, or
   * whose process is said to be dead, is taken over.
   */
  enter(
    agent: { id: string; host: string; pid: number },
    dead?: { host: string; pid: number },
  ): Promise<{ host: string; pid: number } | null>;
  /** Registers the agent or notes a sign of life. An event is written only when it is new or was stale. */
  seen(agent: { id: string; host: string; pid: number }): Promise<void>;
  /** By id. `stale` follows from the last sign of life and the clock. */
  list(): Promise<Agent[]>;
  /** A graceful stop: the agent is stale at once. */
  gone(id: string): Promise<void>;
}

/** A session to begin. */
export interface SessionStart {
  /** Hash of the cookie's secret. */
  hash: string;
  expires_at: string;
}

/** Hashes are SHA-256 in hexadecimal digits: the store never sees a secret. */
export interface Tokens {
  mint(input: NewToken, hash: string, actor: Actor): Promise<Token>;
  /**
   * The token with this hash, unless it was revoked or its run has ended; a time in `expires_at` may have passed.
   * `null` for all others.
   */
  find(hash: string): Promise<Token | null>;
  /** Uses a login link up and begins the session. `null` when it is unknown, used, withdrawn or too old. */
  redeem(hash: string, session: SessionStart): Promise<Token | null>;
  /** Begins a session for a token. `null` when that was revoked meanwhile. */
  startSession(token_id: string, session: SessionStart): Promise<Token | null>;
  /**
   * Revokes a token, a login link or a session; the sessions of a token end with it. Again: changes nothing.
   * @throws NotFoundError
   */
  revoke(id: string, actor: Actor): Promise<Token>;
  /** Revokes the unused login links that the server itself made. */
  withdrawLinks(actor: Actor): Promise<void>;
  /** All but those of runs, oldest first, the ended ones included. */
  list(): Promise<Token[]>;
  /** Whether an admin has ever logged in or been given a token. */
  adminExists(): Promise<boolean>;
  /** Notes a sign of use. */
  used(id: string): Promise<void>;
}

export interface StatsReader {
  /** The last `days` UTC days, today included; 1 to 90. */
  read(days: number): Promise<Stats>;
}
