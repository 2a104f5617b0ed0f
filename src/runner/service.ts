/** The runner: claims, executes, completes and rescues until it is stopped. */

import type { RunnerStatus } from "../domain/agent.ts";
import { type Budget, budgetOf } from "../domain/budget.ts";
import { messageOfError } from "../domain/errors.ts";
import type { Event } from "../domain/event.ts";
import { type Redact, redactor, secretsOf } from "../domain/redact.ts";
import { HEARTBEAT_MS } from "../domain/run.ts";
import { failpoint } from "../failpoint.ts";
import { loggerOf } from "../log.ts";
import { newSecret } from "../store/secrets.ts";
import type { Claim } from "../store/store.ts";
import { enterAgents } from "./agent_names.ts";
import { Breaker } from "./breaker.ts";
import { Claimer } from "./claimer.ts";
import { DayBudget, type Hold } from "./day_budget.ts";
import { Housekeeper } from "./housekeeper.ts";
import { realParts, type RunnerDeps, type RunnerParts } from "./parts.ts";
import { rescueRuns } from "./rescuer.ts";
import { systemTimers, type Timers } from "./timers.ts";
import { UsageWatch } from "./usage_watch.ts";
import { startWork, withoutSecrets, type Work } from "./work.ts";

/** Ready issues whose back-off is looked up at start. */
const ALARMS_AT_START = 500;

export interface Runner extends AsyncDisposable {
  /** Rescues what an earlier server left, then claims. Starting twice is starting once. */
  start(): Promise<void>;
  /** Claims no more, ends the agents, keeps their work and hands the issues back. May be called at any time. */
  stop(): Promise<void>;
  readonly status: RunnerStatus;
}

export interface RunnerExtras {
  timers?: Timers;
  parts?: Partial<RunnerParts>;
  newId?: () => string;
  /** Milliseconds of a clock that never jumps. */
  steady?: () => number;
}

export function createRunner(deps: RunnerDeps, extras: RunnerExtras = {}): Runner {
  return new RunnerService(deps, extras);
}

class RunnerService implements Runner {
  readonly status: RunnerStatus;
  readonly #deps: RunnerDeps;
  readonly #timers: Timers;
  readonly #parts: RunnerParts;
  readonly #newId: () => string;
  readonly #claimer: Claimer;
  /** Secrets of runs that were claimed and do not work yet. */
  readonly #tokens = new Map<string, string>();
  readonly #breaker: Breaker;
  readonly #housekeeper: Housekeeper;
  readonly #redact: Redact;
  readonly #day: DayBudget;
  readonly #usage: UsageWatch;
  /** The runs of this process, by issue. */
  readonly #in_hand = new Map<string, Work>();
  #state: "new" | "running" | "stopping" | "stopped" = "new";
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #drop_tree: (() => Promise<void>) | null = null;
  /** Whether runs under this process's number are of a living process. */
  #pid_is_taken = true;
  #release: (() => Promise<void>) | null = null;
  /** Of this process's agents. */
  #names: string[] = [];
  #unsubscribe: (() => void) | null = null;
  #cancel_care: (() => void) | null = null;
  #caring: Promise<void> | null = null;

  constructor(deps: RunnerDeps, extras: RunnerExtras) {
    const { options, store } = deps;
    this.#deps = deps;
    this.#timers = extras.timers ?? systemTimers;
    this.#parts = { ...realParts(deps), ...extras.parts };
    this.#newId = extras.newId ?? (() => crypto.randomUUID());
    this.#redact = redactor(secretsOf(options.host_env));
    this.#day = new DayBudget({
      limit: options.max_usd_per_day,
      per_run: options.max_usd_per_run,
      clock: deps.clock,
      spending: (since) => store.runs.spending(since),
    });
    this.#usage = new UsageWatch({
      memory_mb: options.memory_mb,
      max_processes: options.max_processes,
      table: () => this.#parts.processes(),
      timers: this.#timers,
    });
    this.#breaker = new Breaker(extras.steady ?? (() => performance.now()));
    this.#claimer = new Claimer({
      agent_ids: () => this.#names,
      claim: (id) => this.#claim(id),
      work: (claim) => this.#work(claim),
      poll_ms: options.poll_seconds * 1000,
      clock: deps.clock,
      timers: this.#timers,
    });
    this.status = {
      alive: () => this.#state === "running",
      sandbox: deps.sandbox.kind,
      concurrency: options.concurrency,
      error: "",
      waits: "",
      warnings: [...deps.sandbox.warnings],
    };
    this.#housekeeper = new Housekeeper({
      store,
      clock: deps.clock,
      timers: this.#timers,
      keepHouse: (board) => this.#parts.keepHouse(board),
      onDisk: (disk) => this.status.disk = disk,
    });
  }

  start(): Promise<void> {
    if (this.#state === "new") this.#starting ??= this.#start();
    return this.#starting ?? Promise.resolve();
  }

  async #start(): Promise<void> {
    const { store, onEvents } = this.#deps;
    // Before anything is claimed: what comes while the rescue runs must not be missed.
    this.#unsubscribe = onEvents((events) => this.#heed(events));
    // A process that had the same number, as in a container that was started again: its runs are not ours.
    this.#pid_is_taken = await this.#parts.processLives(this.#deps.options.pid);
    this.#release = await this.#parts.announce();
    await this.#warnOfLogin();
    await this.#enter();
    await this.#care();
    this.#pid_is_taken = true;
    if (this.#stopping !== null) return;
    this.#state = "running";
    this.#drop_tree = this.#parts.keepTreeReady();
    this.#claimer.start();
    this.#housekeeper.start();
    for (const { not_before } of await store.issues.list({ status: "ready", limit: ALARMS_AT_START })) {
      if (not_before !== "") this.#claimer.wakeAt(new Date(not_before));
    }
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    this.#state = "stopping";
    this.#cancel_care?.();
    // A start that fails says so to its own caller.
    await this.#starting?.catch(() => {});
    this.#cancel_care?.();
    await this.#claimer.stop();
    await this.#letFinish();
    this.#unsubscribe?.();
    for (const { supervisor } of this.#in_hand.values()) supervisor.end("shutdown");
    await this.#claimer.drained();
    await this.#housekeeper.stop();
    await this.#drop_tree?.();
    await this.#caring;
    for (const id of this.#names) await this.#deps.store.agents.gone(id);
    await this.#release?.();
    this.#state = "stopped";
  }

  /** Waits for the runs under way, as long as the options allow it. They hear people meanwhile, as ever. */
  async #letFinish(): Promise<void> {
    const seconds = this.#deps.options.stop_timeout_s;
    if (seconds === 0 || this.#in_hand.size === 0) return;
    loggerOf("runner").info(
      "{count} runs may go on for {seconds} s; nothing new is claimed",
      { count: this.#in_hand.size, seconds },
    );
    let cancel = () => {};
    const late = new Promise<void>((resolve) => cancel = this.#timers.after(seconds * 1000, resolve));
    await Promise.race([this.#claimer.drained(), late]);
    cancel();
  }

  async #enter(): Promise<void> {
    const { agent_id, concurrency: count, host, pid } = this.#deps.options;
    this.#names = await enterAgents({
      agents: this.#deps.store.agents,
      agent_id,
      count,
      host,
      pid,
      processLives: (other) => this.#parts.processLives(other),
    });
  }

  async #warnOfLogin(): Promise<void> {
    const { warning } = await this.#parts.login();
    if (warning === "") return;
    loggerOf("runner").warn("{warning}", { warning });
    this.status.warnings = [...this.#deps.sandbox.warnings, warning];
  }

  async #claim(id: string): Promise<Claim | null> {
    const { store, options } = this.#deps;
    const hold = await this.#day.hold();
    this.#holdClaims(hold);
    if (hold !== null) return null;
    const agent = { id, host: options.host, pid: options.pid };
    if (options.board_url === undefined) return await store.runs.claim(agent);
    const { secret, hash } = newSecret("agent");
    const claim = await store.runs.claim({ ...agent, token_hash: hash });
    if (claim !== null) this.#tokens.set(claim.run.id, secret);
    return claim;
  }

  /** Says once, in the log and on the board, that nothing is claimed, and looks again in time. */
  #holdClaims(hold: Hold | null): void {
    const waits = hold?.reason ?? "";
    if (waits !== "" && waits !== this.status.waits) {
      loggerOf("runner").warn("Nothing is claimed: {waits}", { waits });
    }
    this.status.waits = waits;
    if (hold !== null && hold.until !== "") this.#claimer.wakeAt(new Date(hold.until));
  }

  async #budget({ issue, run }: Claim, max_usd: number): Promise<Budget> {
    const { max_usd_per_issue } = this.#deps.options;
    const issue_left = max_usd_per_issue === 0 ? Infinity : max_usd_per_issue - issue.cost_usd;
    const left = await this.#day.grant(run.id, Math.min(max_usd, issue_left));
    return budgetOf({
      run: max_usd,
      issue: { limit: max_usd_per_issue, spent: issue.cost_usd },
      day: { limit: this.#day.limit, left },
    });
  }

  /** One run, from its claim to its end. Never rejects. */
  async #work(claim: Claim): Promise<void> {
    failpoint("claimed");
    const token = this.#tokens.get(claim.run.id) ?? "";
    this.#tokens.delete(claim.run.id);
    const run = startWork(claim, {
      token,
      deps: this.#deps,
      parts: this.#parts,
      timers: this.#timers,
      newId: this.#newId,
      redact: this.#redact,
      usage: this.#usage,
      budget: (max_usd) => this.#budget(claim, max_usd),
    });
    this.#in_hand.set(claim.issue.id, run);
    if (this.#state !== "running") run.supervisor.end("shutdown");
    await run.ended;
    // Another slot may have the issue's next run by now, as clearing away this one's workspace takes a while.
    if (this.#in_hand.get(claim.issue.id) === run) this.#in_hand.delete(claim.issue.id);
    this.#day.release(claim.run.id);
  }

  #heed(events: readonly Event[]): void {
    const now = this.#deps.clock.now().toISOString();
    for (const { type, issue_id, run_id, data } of events) {
      if (data.status === "ready" && type.startsWith("issue.")) {
        const not_before = String(data.not_before ?? "");
        if (not_before > now) this.#claimer.wakeAt(new Date(not_before));
        else this.#claimer.wake();
      }
      // Money that another server's run did not need may be what this one waits for.
      if (type === "run.finished" && this.status.waits !== "") this.#claimer.wake();
      const in_hand = this.#in_hand.get(issue_id);
      if (in_hand === undefined) continue;
      // Somebody took our run over while this process was frozen, and the issue goes on elsewhere.
      if (type === "run.started" && run_id !== in_hand.run_id) void in_hand.supervisor.beat();
      if (type === "comment.added") in_hand.steering.poke();
      if (type === "issue.updated" && data.change !== "delivered") {
        if (data.change === "stop_requested") failpoint("stop_recorded");
        void in_hand.supervisor.beat();
      }
    }
  }

  /** What has to be done again and again: signs of life of idle agents, and the rescue of abandoned runs. */
  async #care(): Promise<void> {
    this.#caring = this.#careOnce();
    await this.#caring;
    if (this.#stopping !== null) return;
    this.#cancel_care = this.#timers.after(HEARTBEAT_MS, () => void this.#care());
  }

  async #careOnce(): Promise<void> {
    const { store, options } = this.#deps;
    const { host, pid } = options;
    try {
      for (const id of this.#claimer.idle) await store.agents.seen({ id, host, pid });
      await rescueRuns({
        host,
        expired: () => store.runs.expired(),
        active: () => store.runs.active(),
        takeOver: (run_id, fence) => store.runs.takeOver(run_id, fence, { host, pid }),
        processLives: (other) =>
          other === pid ? Promise.resolve(this.#pid_is_taken) : this.#parts.processLives(other),
        isOurs: (run_id) => [...this.#in_hand.values()].some((run) => run.run_id === run_id),
        openWorkspace: (found) => this.#parts.openWorkspace(found),
        snapshot: (workspace, { issue }) => this.#parts.snapshot(workspace, issue),
        finish: async (run_id, fence, end) =>
          void await store.runs.finish(run_id, fence, withoutSecrets(end, this.#redact)),
        removeWorkspace: (workspace) => this.#parts.removeWorkspace(workspace),
        quarantine: (workspace) => this.#parts.quarantine(workspace),
        quarantined: (found) => this.#parts.quarantined(found),
        breaker: this.#breaker,
      });
      this.#report(this.#breaker.doubt);
    } catch (error) {
      this.#report(`The runner's round failed: ${messageOfError(error)}`);
    }
  }

  /** What is wrong now, on the board; in the log when it is news. */
  #report(error: string): void {
    if (error !== "" && error !== this.status.error) loggerOf("runner").error("{error}", { error });
    this.status.error = error;
  }
}
