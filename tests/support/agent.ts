/** The real Claude Code in a real workspace and sandbox, against the scripted API. */

import { join } from "node:path";
import type { AgentEvent, AgentExit, AgentResult } from "../../src/domain/agent_output.ts";
import { childEnv } from "../../src/process/child_env.ts";
import { type AgentProcess, type AgentStart, startAgent } from "../../src/process/claude.ts";
import { openRepository, type Repository } from "../../src/process/git.ts";
import { probeSandbox, type Sandbox } from "../../src/process/sandbox.ts";
import { prepareWorkspace } from "../../src/workspace/workspace.ts";
import type { Workspace } from "../../src/workspace/workspace_state.ts";
import { CLAUDE_BINARY } from "./claude_binary.ts";
import { type MessagesApi, type Script, startMessagesApi } from "./messages_api.ts";
import { makeRepo, type TestRepo } from "./repo.ts";

export interface AgentBench extends AsyncDisposable {
  repo: TestRepo;
  repository: Repository;
  api: MessagesApi;
  sandbox: Sandbox;
  workspace: Workspace;
  start(prompt: string, more?: Partial<AgentStart>): AgentProcess;
}

/** A sandbox that is none, as on a system without bubblewrap; the real one is refused to root. */
export const NO_SANDBOX: Sandbox = {
  kind: "off",
  warnings: [],
  wrap: ({ command, args, env, tree, home }) => ({ command, args, env: { ...env, HOME: home }, cwd: tree }),
};

export async function agentBench(script: Script, files?: Record<string, string>): Promise<AgentBench> {
  const repo = await makeRepo(files);
  const api = startMessagesApi(script);
  const repository = await openRepository(repo.path, repo.env);
  const sandbox = await probeSandbox("bwrap", { env: repo.env });
  const workspace = await prepareWorkspace({
    repository,
    root: join(repo.dir, "workspaces"),
    homes: join(repo.dir, "homes"),
    issue_number: 1,
    run_id: crypto.randomUUID(),
    branch: "autopilot/1-test",
    attachments: [],
  });
  return {
    repo,
    repository,
    api,
    sandbox,
    workspace,
    start: (prompt, more = {}) =>
      startAgent({
        binary: CLAUDE_BINARY,
        sandbox,
        tree: workspace.tree,
        home: workspace.home,
        attachments: workspace.attachments,
        objects: repository.objects_dir,
        prompt,
        session: { id: crypto.randomUUID(), resume: false },
        model: "",
        max_turns: 0,
        max_budget_usd: 0,
        env: { ...childEnv(repo.env, { home: workspace.home, pass: [] }), ...api.env },
        ...more,
      }),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await repo[Symbol.asyncDispose]();
    },
  };
}

export interface AgentStory {
  events: AgentEvent[];
  exit: AgentExit;
  /** The last result; null when the process ended without one. */
  result: AgentResult | null;
}

/** Reads an agent to its end; lets it finish after its first result. */
export async function tell(agent: AgentProcess, onEvent?: (event: AgentEvent) => void): Promise<AgentStory> {
  const events: AgentEvent[] = [];
  let result: AgentResult | null = null;
  for await (const event of agent.events) {
    events.push(event);
    onEvent?.(event);
    if (event.type !== "result") continue;
    result = event.result;
    await agent.closeInput();
  }
  return { events, result, exit: await agent.exited };
}

/** How many living processes have this text in their command line. */
export async function countProcesses(text: string): Promise<number> {
  let found = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // A process may end while it is looked at; one without a command line is a zombie.
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.replaceAll("\0", " ").includes(text)) found++;
  }
  return found;
}

/** Resolves when so many processes with this text in their command line are alive; throws after 30 s. */
export async function processesAppear(text: string, count: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (await countProcesses(text) < count) {
    if (performance.now() > deadline) throw new Error(`${count} processes with "${text}" did not appear`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
