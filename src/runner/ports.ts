/** What the runner needs of processes and of the repository, as narrow as it needs it. parts.ts fills it in. */

import type { Issue } from "../domain/issue.ts";
import type { CommandProcess } from "../process/command.ts";
import type { Workspace } from "../workspace/workspace.ts";

export interface AgentRequest {
  workspace: Workspace;
  prompt: string;
  session: { id: string; resume: boolean };
  /** What this process may spend; 0 means no limit. */
  max_budget_usd: number;
  /** API rounds; 0 means no limit. */
  max_turns: number;
  /** Empty: the CLI's default. */
  model: string;
  /** Empty: all. */
  allowed_tools: readonly string[];
  denied_tools: readonly string[];
  /** The run reads texts of strangers. */
  external: boolean;
  /** With which the agent speaks to the board, as long as its run is unfinished; "" when it can't. */
  token: string;
}

/** A setup or check to start. */
export interface CommandRequest {
  workspace: Workspace;
  script: string;
  external: boolean;
}

/** What a run needs for its setup and checks. */
export interface CommandParts {
  /** Answers the paths that were brought in. */
  copyFiles(workspace: Workspace, paths: readonly string[]): Promise<string[]>;
  startCommand(request: CommandRequest): Promise<CommandProcess>;
  /** As in own_work.ts. `changed`: the tree holds work of this run. */
  commandBegins(workspace: Workspace): Promise<{ changed: boolean }>;
  commandEnded(
    workspace: Workspace,
    options: { keep: boolean },
  ): Promise<{ taken: string[]; left: string[] }>;
}

export interface PublishRequest {
  issue: Issue;
  branch: string;
  commit: string;
  /** The agent's last words: untrusted. */
  summary: string;
}

export interface Published {
  pr_url: string;
  /** Why pushing or opening the pull request failed; empty when both went well. */
  error: string;
}

/** A file of the host that the agent shall see under a name. */
export interface WorkspaceFile {
  name: string;
  path: string;
}
