/**
 * Setup and checks of one run: when they run, what becomes of what they change, and what the agent is told. A red
 * check goes back to the agent in its session, a bounded number of times.
 */

import { checkMessage, type CommandReport, SETUP_ADVICE, setupReason, succeeded } from "../domain/check.ts";
import type { LogBody } from "../domain/log_entry.ts";
import type { RunProfile } from "../domain/profile.ts";
import type { RunPatch } from "../store/store.ts";
import type { Workspace } from "../workspace/workspace.ts";

export interface ChecksDeps {
  profile: Pick<RunProfile, "setup" | "check" | "check_rounds">;
  run(kind: CommandReport["kind"], command: string): Promise<CommandReport>;
  /** As in own_work.ts; `commandBegins` answers whether the tree holds work beyond the base. */
  commandBegins(workspace: Workspace): Promise<{ changed: boolean }>;
  commandEnded(
    workspace: Workspace,
    options: { keep: boolean },
  ): Promise<{ taken: string[]; left: string[] }>;
  note(patch: RunPatch): Promise<void>;
  write(body: LogBody): Promise<void> | void;
  newFence(): string;
}

/** The setup failed: no agent can start, and trying again would fail in the same way. */
export class SetupError extends Error {
  override name = "SetupError";
  readonly advice = SETUP_ADVICE;
  constructor(readonly report: CommandReport) {
    super(setupReason(report));
  }
}

/** How the last check ended; `report` of the last one that ran. */
export interface CheckState {
  state: "" | "passed" | "failed";
  report: CommandReport | null;
  /** How often it went back to the agent. */
  rounds: number;
}

export class Checks {
  readonly #deps: ChecksDeps;
  readonly result: CheckState = { state: "", report: null, rounds: 0 };

  constructor(deps: ChecksDeps) {
    this.#deps = deps;
  }

  /** @throws SetupError when it fails by itself; an end from outside is the supervisor's to tell */
  async setUp(workspace: Workspace): Promise<void> {
    const { setup } = this.#deps.profile;
    if (setup === "") return;
    await this.#deps.commandBegins(workspace);
    const report = await this.#deps.run("setup", setup);
    const { left } = await this.#deps.commandEnded(workspace, { keep: false });
    if (left.length > 0) await this.#say("The setup changed files; that is not part of the work", left);
    if (report.ended !== "run_ended" && !succeeded(report)) throw new SetupError(report);
  }

  /**
   * Checks what the agent left, if there is anything to check. Answers the message for the agent when it is red and
   * has another round; null when nothing is left to do.
   *
   * @param options.unreviewed an earlier run left work on the branch that nobody has checked
   * @param options.more the agent may be started again
   */
  async check(
    workspace: Workspace,
    { unreviewed, more }: { unreviewed: boolean; more: boolean },
  ): Promise<string | null> {
    const { check, check_rounds } = this.#deps.profile;
    const { result } = this;
    if (check === "") return null;
    const { changed } = await this.#deps.commandBegins(workspace);
    if (!changed && !unreviewed) {
      await this.#deps.commandEnded(workspace, { keep: false });
      return null;
    }
    await this.#deps.note({ phase: "checking" });
    const report = await this.#deps.run("check", check);
    const whole = report.ended === "exit";
    const { taken, left } = await this.#deps.commandEnded(workspace, { keep: whole });
    if (taken.length > 0) {
      await this.#say("The check changed files of the work; that is part of it now", taken);
    }
    if (left.length > 0) await this.#say("The check left files that are not part of the work", left);
    // Ended with the run: it says nothing about the work.
    if (report.ended === "run_ended") return null;
    result.report = report;
    result.state = succeeded(report) ? "passed" : "failed";
    if (result.state === "passed" || result.rounds >= check_rounds || !more) return null;
    result.rounds++;
    return checkMessage(report, {
      round: result.rounds,
      rounds: check_rounds,
      fence: this.#deps.newFence(),
    });
  }

  async #say(what: string, paths: string[]): Promise<void> {
    const shown = paths.slice(0, 20).map((path) => JSON.stringify(path));
    if (paths.length > shown.length) shown.push(`and ${paths.length - shown.length} more`);
    await this.#deps.write({ type: "system", text: `${what}: ${shown.join(", ")}` });
  }
}
