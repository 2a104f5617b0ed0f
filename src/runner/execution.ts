/** What an execution needs, and what it says of a run. */

import type { Clock } from "../clock.ts";
import type { AgentExit, AgentResult } from "../domain/agent_output.ts";
import type { Attachment } from "../domain/attachment.ts";
import type { Budget } from "../domain/budget.ts";
import type { CommandReport } from "../domain/check.ts";
import type { Comment } from "../domain/comment.ts";
import type { LogEntry } from "../domain/log_entry.ts";
import type { RunProfile } from "../domain/profile.ts";
import type { Run } from "../domain/run.ts";
import type { AgentProcess } from "../process/claude.ts";
import type { RunPatch } from "../store/store.ts";
import type { CheckState } from "./checks.ts";
import type { AgentRequest, CommandParts, WorkspaceFile } from "./ports.ts";
import type { Timers } from "./timers.ts";
import type { Workspace } from "../workspace/workspace.ts";

export interface ExecutorDeps {
  clock: Clock;
  timers: Timers;
  comments(): Promise<Comment[]>;
  attachments(): Promise<(Attachment & { path: string })[]>;
  /** All runs of the issue, oldest first. */
  runs(): Promise<Run[]>;
  /** Facts of the run, under its fence. */
  note(patch: RunPatch): Promise<void>;
  append(entries: LogEntry[]): Promise<void>;
  markDelivered(comment_ids: string[]): Promise<void>;
  prepareWorkspace(branch: string, files: WorkspaceFile[]): Promise<Workspace>;
  /** Where the agent finds the folder of attachments. */
  attachmentsFolder(workspace: Workspace): string;
  startAgent(request: Omit<AgentRequest, "token">): Promise<AgentProcess>;
  newId(): string;
  /** A random word of `[a-z0-9]`. */
  newFence(): string;
  /**
   * What the run may do.
   *
   * @throws ProjectFileError when the project's own file can't be used
   */
  profile(situation: { external: boolean }): Promise<RunProfile>;
  commands: CommandParts;
  /** What the run may spend. @param max_usd its own limit, `Infinity` for none */
  budget(max_usd: number): Promise<Budget>;
  /** Longest time of setup, and of one check; 0: only the limits of the run. */
  command_limit_ms: number;
}

/** What happened; the completer makes an end of it. */
export interface Execution {
  /** `null` when it could not be made. */
  workspace: Workspace | null;
  exit: AgentExit | null;
  start_error: string;
  /** What a human does about it; empty when nothing special is known. */
  start_advice: string;
  /** The setup that failed. */
  setup: CommandReport | null;
  checks: CheckState;
  results: AgentResult[];
  /** By the tool ask_human, and not answered since; empty: nothing. */
  asked: string;
  forced_exit: boolean;
  resumed: boolean;
  session_id: string;
  budget: Budget;
  /** The session's cumulative cost at the end, and this run's share. */
  session_cost_usd: number;
  cost_usd: number;
  turns: number;
  input_tokens: number;
  output_tokens: number;
  /** Hosts that tools were refused or could not reach, as far as the transcript tells. */
  refused_hosts: readonly string[];
  /** The earlier runs, oldest first. */
  earlier: Run[];
}
