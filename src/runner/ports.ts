/** What the runner needs of processes and of the repository, as narrow as it needs it. parts.ts fills it in. */

import type { Issue } from "../domain/issue.ts";
import type { Workspace } from "./workspace.ts";

export interface AgentRequest {
  workspace: Workspace;
  prompt: string;
  session: { id: string; resume: boolean };
  /** What this process may spend; 0 means no limit. */
  max_budget_usd: number;
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
