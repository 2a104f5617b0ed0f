/**
 * Executes one run: workspace, agent, transcript. It says what happened and never writes the issue's state; that
 * is the completer's. An agent may be started more than once in a run: for a comment that came too late for the
 * last process, and with a new session when the old one can't be continued.
 */

import type { AgentResult } from "../domain/agent_output.ts";
import { LEAST_USD, limitForProcess, shareOf, UNLIMITED } from "../domain/budget.ts";
import type { Comment } from "../domain/comment.ts";
import { EgressNote } from "../domain/egress.ts";
import { messageOfError } from "../domain/errors.ts";
import { branchName } from "../domain/issue.ts";
import type { LogBody } from "../domain/log_entry.ts";
import { judge, unreviewedCommit } from "../domain/outcome.ts";
import { AskedByTool, blockedQuestion } from "../domain/question.ts";
import { hasExternalText, type RunProfile } from "../domain/profile.ts";
import { steeringMessage } from "../domain/prompt.ts";
import { failpoint } from "../failpoint.ts";
import type { Claim } from "../store/store.ts";
import { Briefing } from "./briefing.ts";
import { Checks, SetupError } from "./checks.ts";
import { runCommand } from "./command_run.ts";
import { converse } from "./conversation.ts";
import type { Execution, ExecutorDeps } from "./execution.ts";
import { Spending } from "./spending.ts";
import { Steering } from "./steering.ts";
import type { Supervisor } from "./supervisor.ts";
import { Transcript } from "./transcript.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { WrapUp } from "./wrap_up.ts";

/** Most processes of one run, so that comments that always come too late can't keep it going for ever. */
const MAX_STARTS = 6;

/** A run under way, as the service sees it. */
export interface RunInHand {
  readonly steering: Steering;
  /** Never rejects. */
  readonly execution: Promise<Execution>;
}

export function executeRun(claim: Claim, supervisor: Supervisor, deps: ExecutorDeps): RunInHand {
  const steering = new Steering({
    comments: deps.comments,
    markDelivered: deps.markDelivered,
    onError: (error) => supervisor.heed(error),
  });
  return { steering, execution: new Executor(claim, supervisor, deps, steering).run() };
}

class Executor {
  readonly #claim: Claim;
  readonly #supervisor: Supervisor;
  readonly #deps: ExecutorDeps;
  readonly #steering: Steering;
  readonly #transcript: Transcript;
  readonly #execution: Execution;
  /** The session's cumulative cost when this run took it up. */
  #cost_at_start: number;
  /** This run's share in sessions that were given up. */
  #spent_before = 0;
  #profile!: RunProfile;
  #wrap_up!: WrapUp;
  #external = false;
  readonly #egress = new EgressNote();
  readonly #spending = new Spending();

  constructor(claim: Claim, supervisor: Supervisor, deps: ExecutorDeps, steering: Steering) {
    this.#claim = claim;
    this.#supervisor = supervisor;
    this.#deps = deps;
    this.#steering = steering;
    this.#transcript = new Transcript({
      append: deps.append,
      clock: deps.clock,
      timers: deps.timers,
      onError: (error) => supervisor.heed(error),
    });
    this.#cost_at_start = claim.session_id === "" ? 0 : claim.session_cost_usd;
    this.#execution = {
      workspace: null,
      exit: null,
      start_error: "",
      start_advice: "",
      setup: null,
      checks: { state: "", report: null, rounds: 0 },
      results: [],
      asked: "",
      forced_exit: false,
      resumed: claim.session_id !== "",
      session_id: claim.session_id === "" ? deps.newId() : claim.session_id,
      budget: UNLIMITED,
      session_cost_usd: this.#cost_at_start,
      cost_usd: 0,
      turns: 0,
      input_tokens: 0,
      output_tokens: 0,
      refused_hosts: [],
      earlier: [],
    };
  }

  async run(): Promise<Execution> {
    try {
      await this.#work();
    } catch (error) {
      // Everything that goes wrong before or between processes: the repository, the database, the programs.
      this.#supervisor.heed(error);
      this.#execution.exit = null;
      this.#execution.start_error = messageOfError(error);
      if (error instanceof SetupError) {
        this.#execution.setup = error.report;
        this.#execution.start_advice = error.advice;
      }
    }
    this.#supervisor.stopLimits();
    if (this.#execution.start_error !== "") {
      void this.#transcript.write({ type: "error", text: this.#execution.start_error });
    }
    await this.#transcript.drain();
    return this.#execution;
  }

  async #work(): Promise<void> {
    const { issue, run } = this.#claim;
    const [comments, attachments, runs] = await Promise.all([
      this.#deps.comments(),
      this.#deps.attachments(),
      this.#deps.runs(),
    ]);
    const earlier = runs.filter(({ id }) => id !== run.id);
    this.#execution.earlier = earlier;
    const briefing = new Briefing({
      claim: this.#claim,
      attachments,
      earlier,
      newFence: this.#deps.newFence,
    });
    const branch = issue.branch === "" ? branchName(issue.number, issue.title) : issue.branch;
    const workspace = await this.#deps.prepareWorkspace(branch, briefing.files);
    this.#execution.workspace = workspace;
    failpoint("workspace_made");
    briefing.filesAreIn(this.#deps.attachmentsFolder(workspace));

    this.#external = hasExternalText(issue, comments);
    this.#profile = await this.#deps.profile({ external: this.#external });
    this.#supervisor.setLimits(this.#profile);
    briefing.project_rules = this.#profile.extra_prompt;
    await this.#takeBudget();
    if (this.#supervisor.cause !== "") return;
    for (const text of this.#profile.notes) void this.#transcript.write({ type: "system", text });
    await this.#deps.commands.copyFiles(workspace, this.#profile.copy);
    const checks = this.#newChecks(workspace);
    await checks.setUp(workspace);
    failpoint("setup_done");

    let told = this.#execution.resumed ? briefing.news(comments) : comments;
    let prompt = this.#execution.resumed ? briefing.resumed(told) : briefing.first(told);
    for (let start = 1; this.#supervisor.cause === ""; start++) {
      await this.#converse(workspace, prompt, told);
      if (this.#supervisor.cause !== "") break;
      if (start === 1 && this.#execution.resumed && this.#mustBeginAnew()) {
        await this.#transcript.write({
          type: "system",
          text: "The session can't be continued: a new one begins with the thread of the issue",
        });
        this.#openNewSession();
        told = await this.#deps.comments();
        this.#external = hasExternalText(issue, told);
        prompt = briefing.first(told);
        continue;
      }
      if (this.#execution.results.at(-1)?.ok !== true) break;
      const more = start < MAX_STARTS && this.#mayStartAgain();
      told = more ? await this.#steering.missed() : [];
      // What a human just said may change the work: it is checked after that.
      const red = told.length > 0 ? null : await this.#check(checks, workspace, more);
      if (!more) break;
      if (told.length === 0) told = await this.#steering.missed();
      const messages = told.map((comment) => steeringMessage(comment));
      if (red !== null) messages.unshift(red);
      if (messages.length === 0) break;
      this.#execution.resumed = true;
      prompt = messages.join("\n\n");
    }
  }

  /** What the run may spend, and who says so to the agent in time. Without anything left no agent starts. */
  async #takeBudget(): Promise<void> {
    const { max_usd, max_turns } = this.#profile;
    const budget = await this.#deps.budget(max_usd === 0 ? Infinity : max_usd);
    this.#execution.budget = budget;
    this.#wrap_up = new WrapUp({
      budget,
      max_turns,
      tell: (text) => this.#steering.say(text),
      note: (text) => void this.#transcript.write({ type: "system", text }),
      overBudget: () => this.#supervisor.end("over_budget"),
    });
    this.#supervisor.onTimeNear(() => this.#wrap_up.near("time"));
    if (budget.usd < LEAST_USD) this.#supervisor.end("over_budget");
  }

  #newChecks(workspace: Workspace): Checks {
    const { commands, timers, command_limit_ms, newId, note, newFence } = this.#deps;
    const write = (body: LogBody) => this.#transcript.write(body);
    const checks = new Checks({
      profile: this.#profile,
      run: (kind, command) =>
        runCommand(kind, command, {
          start: (script) => commands.startCommand({ workspace, script, external: this.#external }),
          write,
          supervisor: this.#supervisor,
          timers,
          limit_ms: command_limit_ms,
          newId,
        }),
      commandBegins: commands.commandBegins,
      commandEnded: commands.commandEnded,
      note,
      write,
      newFence,
    });
    this.#execution.checks = checks.result;
    return checks;
  }

  /** A question is asked before anything is checked. */
  async #check(checks: Checks, workspace: Workspace, more: boolean): Promise<string | null> {
    const { results, earlier, asked } = this.#execution;
    if (asked !== "" || blockedQuestion(results.at(-1)?.text ?? "") !== null) return null;
    const red = await checks.check(workspace, { unreviewed: unreviewedCommit(earlier) !== "", more });
    failpoint("checks_done");
    return red;
  }

  /** Another process with nothing to spend would only turn good work into a run that is over its budget. */
  #mayStartAgain(): boolean {
    const { max_turns } = this.#profile;
    return this.#execution.cost_usd < this.#execution.budget.usd &&
      (max_turns === 0 || this.#wrap_up.rounds < max_turns);
  }

  /** One process, from its start to its exit. */
  async #converse(workspace: Workspace, prompt: string, told: readonly Comment[]): Promise<void> {
    const execution = this.#execution;
    await this.#deps.note({
      phase: "running",
      session_id: execution.session_id,
      session_cost_usd: this.#cost_at_start,
      base_commit: workspace.base_commit,
    });
    failpoint("session_noted");
    if (this.#supervisor.cause !== "") return;
    const agent = await this.#deps.startAgent({
      workspace,
      prompt,
      session: { id: execution.session_id, resume: execution.resumed },
      max_budget_usd: limitForProcess(execution.budget.usd, execution.cost_usd),
      // The CLI counts those of its process.
      max_turns: roundsLeft(this.#profile.max_turns, this.#wrap_up.rounds),
      model: this.#profile.model,
      allowed_tools: this.#profile.allowed_tools,
      denied_tools: this.#profile.denied_tools,
      external: this.#external,
    });
    failpoint("agent_started");
    this.#supervisor.attach(agent);
    this.#supervisor.startLimits();
    const notes = Promise.all([
      this.#deps.note({ agent_pid: agent.pid }).catch((error) => this.#supervisor.heed(error)),
      this.#steering.handed(told).then(() => this.#steering.attach((text) => agent.send(text))),
    ]);
    let sent = this.#steering.sent;
    const asked = new AskedByTool();
    const talk = await converse(agent, {
      timers: this.#deps.timers,
      write: (body) => {
        this.#egress.see(body);
        asked.see(body, this.#steering.heard);
        return this.#transcript.write(body, this.#spending.news());
      },
      sign: (event) => {
        this.#supervisor.sign(event);
        const session = { spent_before: this.#spent_before, cost_at_start: this.#cost_at_start };
        this.#spending.sign(event, session);
        this.#wrap_up.sign(event, { ...session, askCost: () => void agent.askCost() });
      },
      onSession: (session_id) => this.#heardOfSession(session_id),
      hush: async () => {
        await notes;
        await this.#steering.detach();
        const more = this.#steering.sent > sent;
        sent = this.#steering.sent;
        // With nothing left to do only the exit is waited for, and that has its own, shorter limit.
        if (!more) this.#supervisor.stopLimits();
        return more;
      },
    });
    failpoint("agent_exited");
    await notes;
    await this.#steering.detach();
    this.#supervisor.detach();
    this.#account(talk.results);
    execution.refused_hosts = this.#egress.hosts;
    execution.exit = talk.exit;
    execution.results = talk.results;
    execution.asked = asked.openQuestion(this.#steering.heard);
    execution.forced_exit = talk.forced_exit;
  }

  #heardOfSession(session_id: string): void {
    if (session_id === "" || session_id === this.#execution.session_id) return;
    this.#execution.session_id = session_id;
    this.#deps.note({ session_id }).catch((error) => this.#supervisor.heed(error));
  }

  #account(results: readonly AgentResult[]): void {
    const execution = this.#execution;
    for (const result of results) {
      execution.turns += result.turns;
      execution.input_tokens += result.input_tokens;
      execution.output_tokens += result.output_tokens;
      execution.session_cost_usd = Math.max(execution.session_cost_usd, result.session_cost_usd);
    }
    execution.cost_usd = this.#spent_before + shareOf(execution.session_cost_usd, this.#cost_at_start);
  }

  #mustBeginAnew(): boolean {
    return judge({
      ...this.#execution,
      cause: "",
      tree: "unchanged",
      tree_error: "",
      now: this.#deps.clock.now(),
    }).fresh_session;
  }

  #openNewSession(): void {
    this.#spent_before = this.#execution.cost_usd;
    this.#cost_at_start = 0;
    Object.assign(this.#execution, { session_id: this.#deps.newId(), resumed: false, session_cost_usd: 0 });
  }
}

/** What a process may use of the run's API rounds; 0 means no limit. */
function roundsLeft(max_turns: number, rounds: number): number {
  return max_turns === 0 ? 0 : Math.max(1, max_turns - rounds);
}
