/** The real parts of the runner: store, repository, sandbox and Claude Code behind the narrow functions of a run. */

import { basename, join } from "node:path";
import type { Clock } from "../clock.ts";
import type { DiskUse } from "../domain/agent.ts";
import type { Event } from "../domain/event.ts";
import type { Issue } from "../domain/issue.ts";
import { secretsOf } from "../domain/redact.ts";
import type { ProfileOptions } from "../domain/profile.ts";
import type { ProjectFile } from "../domain/project_file.ts";
import { failpoint } from "../failpoint.ts";
import { childEnv, loginOnly } from "../process/child_env.ts";
import { type AgentProcess, LOGIN_VARIABLES, startAgent } from "../process/claude.ts";
import { ensurePullRequest } from "../process/gh.ts";
import type { Repository } from "../process/git.ts";
import { filesWithSecrets } from "../process/secret_scan.ts";
import { neutralLine } from "../process/pr_text.ts";
import { type ProcessRow, readProcesses } from "../process/process_table.ts";
import { agentPaths, type Sandbox } from "../process/sandbox.ts";
import type { Blobs } from "../store/blobs.ts";
import type { Claim, LeasedRun, Store } from "../store/store.ts";
import { commandParts, runCaches } from "./command_parts.ts";
import { heldBases, releaseBase } from "../workspace/held_base.ts";
import { type HousekeepingDeps, keepHouse } from "./housekeeping.ts";
import { findLogin, type Login } from "./login.ts";
import type { AgentRequest, CommandParts, Published, PublishRequest, WorkspaceFile } from "./ports.ts";
import { projectReader } from "./project.ts";
import { quarantine, quarantined } from "../workspace/quarantine.ts";
import { boundGrowth, CACHE_BYTES } from "./growth.ts";
import { holdServerLock, removeFreeLocks, serverLives } from "./server_lock.ts";
import { type Snapshot, snapshot } from "../workspace/snapshot.ts";
import { SpareTrees } from "../workspace/spares.ts";
import {
  openWorkspace,
  prepareWorkspace,
  removeFolder,
  removeWorkspace,
  type Workspace,
  workspaceDir,
} from "../workspace/workspace.ts";

export interface RunnerOptions extends ProfileOptions {
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
  /** Longest time of setup, and of one check, in seconds; 0: only the limits of the run. */
  check_timeout_s: number;
  /** How long a stop lets runs go on, in seconds; 0: it ends them at once. */
  stop_timeout_s: number;
  /** USD; 0: no limit. A day is one of UTC, over all servers on the database. */
  max_usd_per_issue: number;
  max_usd_per_day: number;
  /** Megabytes and processes that one run may have; 0: no limit. */
  memory_mb: number;
  max_processes: number;
  /** Megabytes of the largest file that is taken from a workspace; 0: no limit. */
  max_file_mb: number;
  data_dir: string;
  /** Names of further variables of the server's environment that agents may see. */
  pass_env: readonly string[];
  host: string;
  pid: number;
  /** Where agents reach the board; asked when one starts. Left out: they get no token. */
  board_url?: () => string;
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
export interface RunnerParts extends CommandParts {
  /** What the repository says of itself on the base. */
  readProject(): Promise<ProjectFile>;
  prepareWorkspace(claim: Claim, branch: string, files: WorkspaceFile[]): Promise<Workspace>;
  openWorkspace(found: Pick<LeasedRun, "issue" | "run">): Promise<Workspace | null>;
  snapshot(workspace: Workspace, issue: Issue): Promise<Snapshot>;
  removeWorkspace(workspace: Workspace): Promise<void>;
  attachmentsFolder(workspace: Workspace): string;
  startAgent(request: AgentRequest): Promise<AgentProcess>;
  publish: ((request: PublishRequest) => Promise<Published>) | null;
  /** Lets other servers of this machine know that this one lives, until the function returned is called. */
  announce(): Promise<() => Promise<void>>;
  /** Whether a server of this machine lives; `true` when that can't be known for certain. */
  processLives(pid: number): Promise<boolean>;
  login(): Promise<Login>;
  /** All processes of this machine. */
  processes(): Promise<ProcessRow[]>;
  /** Has a work tree made ahead for the next run, now and whenever one is taken, until the function returned is called. */
  keepTreeReady(): () => Promise<void>;
  quarantine(workspace: Pick<Workspace, "dir">): Promise<string>;
  quarantined(found: LeasedRun): Promise<string>;
  /** Clears away what earlier servers left, as far as it is safe. */
  keepHouse(board: HouseBoard): Promise<DiskUse>;
}

/** What housekeeping needs of the board. */
export interface HouseBoard extends Pick<HousekeepingDeps, "now" | "issue" | "tell"> {
  /** Unfinished runs. */
  active(): Promise<LeasedRun[]>;
}

export function realParts(
  { repository, sandbox, options }: Omit<RunnerDeps, "store" | "onEvents">,
): RunnerParts {
  const root = join(options.data_dir, "workspaces");
  const homes = join(options.data_dir, "homes");
  const aside = join(options.data_dir, "quarantine");
  const servers = join(options.data_dir, "servers");
  const spares = new SpareTrees({
    repository,
    root,
    base: options.base === "" ? "HEAD" : options.base,
    pid: options.pid,
    processLives: (pid) => serverLives(servers, options.host, pid),
  });
  const caches = runCaches(repository, sandbox, options);
  const parts: RunnerParts = {
    prepareWorkspace: (claim, branch, attachments) =>
      prepareWorkspace({
        repository,
        root,
        homes,
        issue_number: claim.issue.number,
        run_id: claim.run.id,
        branch,
        ...(options.base === "" ? {} : { base: options.base }),
        attachments,
        max_file_bytes: options.max_file_mb * 1024 * 1024,
        spares,
      }),
    openWorkspace: ({ issue, run }) => openWorkspace({ root, issue_number: issue.number, run_id: run.id }),
    snapshot: (workspace, issue) =>
      snapshot(workspace, {
        repository,
        message: commitMessage(issue),
        name: options.commit_name,
        email: options.commit_email,
      }),
    removeWorkspace: (workspace) => removeWorkspace(workspace, repository),
    attachmentsFolder: (workspace) => agentPaths(sandbox, workspace).attachments,
    readProject: projectReader(repository, options.base),
    ...commandParts({ repository, sandbox, options, caches }),
    startAgent: async ({ workspace, external, token, ...request }) => {
      const { env, read_write } = await caches({ external });
      const { credentials_file } = await findLogin(options);
      // The board holds what strangers wrote and what people keep among themselves; an agent that reads a text of a
      // stranger has the network too, and must not have both. It asks by its last words.
      const board = external ? {} : boardEnv(options, token);
      const agent = startAgent({
        ...request,
        binary: options.claude_bin,
        sandbox,
        tree: workspace.tree,
        home: workspace.home,
        attachments: workspace.attachments,
        objects: repository.objects_dir,
        read_write,
        env: {
          ...childEnv(options.host_env, {
            home: workspace.home,
            pass: [
              ...LOGIN_VARIABLES,
              ...external ? loginOnly(options.host_env, options.pass_env) : options.pass_env,
            ],
          }),
          ...env,
          ...board,
        },
        board_tools: "AUTOPILOT_TOKEN" in board,
        ...(credentials_file === "" ? {} : { credentials_file }),
      });
      spares.next();
      return agent;
    },
    publish: options.push ? (request) => publish(request, repository, options) : null,
    announce: () => holdServerLock(servers, options.host, options.pid),
    processLives: (pid) => serverLives(servers, options.host, pid),
    login: () => findLogin(options),
    processes: () => readProcesses(sandbox, childEnv(options.host_env, { home: root, pass: [] })),
    keepTreeReady: () => spares.keep(),
    quarantine: (workspace) => quarantine(workspace, aside),
    keepHouse: async (board) => {
      await boundGrowth({
        ...board,
        homes,
        caches: join(options.data_dir, "caches"),
        cache_bytes: CACHE_BYTES,
        busy: async () => new Set((await board.active()).map(({ issue }) => issue.id)),
      });
      const disk = await keepHouse({
        ...board,
        root,
        aside,
        others: [homes, join(options.data_dir, "caches")],
        folderOf: (issue, run) => basename(workspaceDir(root, issue.number, run.id)),
        openWorkspace: (issue, run) => parts.openWorkspace({ issue, run }),
        snapshot: (workspace, issue) => parts.snapshot(workspace, issue),
        removeFolder: (dir) => removeFolder(dir, root),
        heldBases: () => heldBases(repository),
        releaseBase: (name) => releaseBase(repository, name),
        quarantine: (workspace) => parts.quarantine(workspace),
      });
      const runs = (await board.active()).map(({ lease }) => ({ host: lease.host, pid: lease.server_pid }));
      const trees = (await spares.owners()).map((pid) => ({ host: options.host, pid }));
      await removeFreeLocks(servers, [...runs, ...trees]);
      return disk;
    },
    quarantined: ({ issue, run }) => quarantined(aside, issue.number, run.id),
  };
  return parts;
}

/** How the agent reaches the board: the token of its run, which a human's would never be in reach of. */
function boardEnv({ board_url }: RunnerOptions, token: string): Record<string, string> {
  if (board_url === undefined || token === "") return {};
  return { AUTOPILOT_URL: board_url(), AUTOPILOT_TOKEN: token };
}

/** Newlines would make a second paragraph of the title. */
function commitMessage({ title, number, trust }: Issue): string {
  const line = trust === "operator" || trust === "member"
    ? title.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim()
    : neutralLine(title);
  return `${line || "Untitled"}\n\nIssue ${number} of Autopilot.\n`;
}

async function publish(
  { issue, branch, commit, summary }: PublishRequest,
  repository: Repository,
  { base, host_env }: RunnerOptions,
): Promise<Published> {
  const base_commit = await repository.resolve(base === "" ? repository.default_branch : base) ?? "";
  const secrets = secretsOf(host_env);
  const holders = await filesWithSecrets(repository, { commit, base: base_commit, secrets });
  if (holders.length > 0) {
    const names = holders.slice(0, 5).map((name) => JSON.stringify(name)).join(", ");
    return {
      pr_url: "",
      error: `it was not pushed, as it holds the value of a secret of this server, in ${names}. ` +
        "Take it out of the branch's history, and change the secret if anybody else may have seen it",
    };
  }
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
