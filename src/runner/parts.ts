/** The real parts of the runner: store, repository, sandbox and Claude Code behind the narrow functions of a run. */

import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Event } from "../domain/event.ts";
import type { Issue } from "../domain/issue.ts";
import { failpoint } from "../failpoint.ts";
import { childEnv } from "../process/child_env.ts";
import { type AgentProcess, LOGIN_VARIABLES, startAgent } from "../process/claude.ts";
import { ensurePullRequest } from "../process/gh.ts";
import type { Repository } from "../process/git.ts";
import { processLives } from "../process/lives.ts";
import { agentPaths, type Sandbox } from "../process/sandbox.ts";
import type { Blobs } from "../store/blobs.ts";
import type { Claim, LeasedRun, Store } from "../store/store.ts";
import type { AgentRequest, Published, PublishRequest, WorkspaceFile } from "./ports.ts";
import { type Snapshot, snapshot } from "./snapshot.ts";
import { openWorkspace, prepareWorkspace, removeWorkspace, type Workspace } from "./workspace.ts";

export interface RunnerOptions {
  /** Id of the first agent; the n-th further one is `<agent_id>-<n>`. */
  agent_id: string;
  /** Agents at a time, from 1. */
  concurrency: number;
  poll_seconds: number;
  /** Absolute path, as findClaude() answers it. */
  claude_bin: string;
  push: boolean;
  commit_name: string;
  commit_email: string;
  /** Branch or commit from which new work starts; empty: HEAD. */
  base: string;
  /** Empty: the CLI's default. */
  model: string;
  /** API rounds per run; 0: no limit. */
  max_turns: number;
  /** 0: no limit. */
  max_usd_per_run: number;
  /** Seconds; 0: no limit. */
  run_timeout_s: number;
  silence_timeout_s: number;
  data_dir: string;
  /** Names of further variables of the server's environment that agents may see. */
  pass_env: readonly string[];
  host: string;
  pid: number;
  /** The server's own environment. */
  host_env: Record<string, string>;
}

export interface RunnerDeps {
  store: Store;
  clock: Clock;
  blobs: Pick<Blobs, "path">;
  repository: Repository;
  sandbox: Sandbox;
  /** Calls the listener with every new event of the log. Returns the function that ends it. */
  onEvents(listener: (events: Event[]) => void): () => void;
  /** In [0, 1). */
  random(): number;
  options: RunnerOptions;
}

/** What a run does outside of the store. A test replaces single ones. */
export interface RunnerParts {
  prepareWorkspace(claim: Claim, branch: string, files: WorkspaceFile[]): Promise<Workspace>;
  openWorkspace(found: LeasedRun): Promise<Workspace | null>;
  snapshot(workspace: Workspace, issue: Issue): Promise<Snapshot>;
  removeWorkspace(workspace: Workspace): Promise<void>;
  attachmentsFolder(workspace: Workspace): string;
  startAgent(request: AgentRequest): Promise<AgentProcess>;
  publish: ((request: PublishRequest) => Promise<Published>) | null;
  processLives(pid: number): Promise<boolean>;
}

export function realParts(
  { repository, sandbox, options }: Omit<RunnerDeps, "store" | "onEvents">,
): RunnerParts {
  const root = join(options.data_dir, "workspaces");
  return {
    prepareWorkspace: (claim, branch, attachments) =>
      prepareWorkspace({
        repository,
        root,
        homes: join(options.data_dir, "homes"),
        issue_number: claim.issue.number,
        run_id: randomPart(claim.run.id),
        branch,
        ...(options.base === "" ? {} : { base: options.base }),
        attachments,
      }),
    openWorkspace: ({ issue, run }) =>
      openWorkspace({ root, issue_number: issue.number, run_id: randomPart(run.id) }),
    snapshot: (workspace, issue) =>
      snapshot(workspace, {
        repository,
        message: commitMessage(issue),
        name: options.commit_name,
        email: options.commit_email,
      }),
    removeWorkspace,
    attachmentsFolder: (workspace) => agentPaths(sandbox, workspace).attachments,
    startAgent: async ({ workspace, ...request }) => {
      const credentials_file = await credentialsFile(options);
      return await startAgent({
        ...request,
        binary: options.claude_bin,
        sandbox,
        tree: workspace.tree,
        home: workspace.home,
        attachments: workspace.attachments,
        objects: repository.objects_dir,
        model: options.model,
        max_turns: options.max_turns,
        env: childEnv(options.host_env, {
          home: workspace.home,
          pass: [...LOGIN_VARIABLES, ...options.pass_env],
        }),
        ...(credentials_file === "" ? {} : { credentials_file }),
      });
    },
    publish: options.push ? (request) => publish(request, repository, options) : null,
    processLives: (pid) => processLives(pid, childEnv(options.host_env, { home: root, pass: [] })),
  };
}

/**
 * Ids begin with the time, and folders are named by the beginning of what they are given: two runs of an issue within
 * a minute would share one, and the second would delete what was kept of the first.
 */
function randomPart(id: string): string {
  return id.slice(-12);
}

/** Newlines would make a second paragraph of the title. */
function commitMessage({ title, number }: Issue): string {
  return `${
    title.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim() || "Untitled"
  }\n\nIssue ${number} of Autopilot.\n`;
}

const KEYS = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
];

/**
 * The user's own login, when no key is set; empty when there is none. With several agents it is not offered: its
 * refresh token can be used once, and two agents that refresh at one time would log everybody out.
 */
async function credentialsFile({ host_env, concurrency }: RunnerOptions): Promise<string> {
  if (concurrency > 1 || KEYS.some((name) => (host_env[name] ?? "") !== "")) return "";
  const folder = host_env.CLAUDE_CONFIG_DIR || (host_env.HOME ? join(host_env.HOME, ".claude") : "");
  if (folder === "") return "";
  const path = join(folder, ".credentials.json");
  try {
    return (await Deno.stat(path)).isFile ? path : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function publish(
  { issue, branch, commit, summary }: PublishRequest,
  repository: Repository,
  { base }: RunnerOptions,
): Promise<Published> {
  const pushed = await repository.pushBranch({ commit, branch });
  if (!pushed.ok) return { pr_url: "", error: `the push was refused: ${pushed.message}` };
  failpoint("pushed");
  // A commit as the base says nothing about the branch that the work shall go to.
  const isBranch = base !== "" && await repository.resolve(`refs/heads/${base}`) !== null;
  const { url } = await ensurePullRequest({
    repository,
    branch,
    base: isBranch ? base : repository.default_branch,
    title: issue.title,
    body: `${summary.trim() || "The agent left no summary."}\n\n---\n` +
      `For issue ${issue.number} on the Autopilot board. Written by an agent: review it before you merge.`,
  });
  failpoint("pr_opened");
  return { pr_url: url, error: "" };
}
