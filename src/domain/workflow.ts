/** The workflow: the only place that knows which actor may move an issue from where to where. */

import type { Actor } from "./event.ts";
import type { Kind, Status } from "./issue.ts";
import { STATUSES } from "./issue.ts";
import type { Outcome } from "./run.ts";

/** What the decision depends on. */
export interface Situation {
  status: Status;
  kind: Kind;
  human_only: boolean;
}

export type Action =
  /** Somebody creates an issue that shall start in `to`; `status` of the situation is not looked at. */
  | { type: "create"; to: Status }
  /** Somebody moves it to a column. */
  | { type: "move"; to: Status }
  /** An agent takes it. */
  | { type: "claim" }
  /** Somebody writes a comment. */
  | { type: "comment" }
  /** Somebody asks to stop the run. */
  | { type: "stop"; to: Status }
  /**
   * The run ended. `retry`: what ended it passes by itself, and attempts are left. `stop_to`: a stop was asked for.
   * `unheard`: a human of the project said something that the agent was not told any more.
   */
  | { type: "finish"; outcome: Outcome; retry: boolean; stop_to: Status; unheard?: boolean };

export type Decision =
  /** Write `to`; when it equals the present status nothing changes and no event is written. */
  | { verdict: "move"; to: Status }
  /** Ask the run's supervisor to stop; the issue moves to `to` when the run has ended. */
  | { verdict: "stop_run"; to: Status }
  | { verdict: "refuse"; code: string; reason: string; allowed: readonly Status[] };

/** The statuses between which a human may move issues freely; only a claim leads to `in_progress`. */
export const HUMAN_STATUSES: readonly Status[] = STATUSES.filter((status) => status !== "in_progress");

/** The statuses in words, as the board and messages write them. */
export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  backlog: "Backlog",
  ready: "Ready",
  in_progress: "In progress",
  blocked: "Blocked",
  in_review: "In review",
  done: "Done",
};

/** Where this actor may move the issue by hand now. */
export function allowedMoves(situation: Situation, actor: Actor): readonly Status[] {
  if (actor.kind !== "human") return [];
  return HUMAN_STATUSES.filter((status) => status !== situation.status);
}

/** Decides what an action does. Pure and total: every combination has an answer. */
export function decide(situation: Situation, action: Action, actor: Actor): Decision {
  switch (action.type) {
    case "create":
      return decideCreate(action.to, actor);
    case "move":
      return decideMove(situation, action.to, actor);
    case "claim":
      return decideClaim(situation, actor);
    case "comment":
      return actor.kind === "human" && situation.status === "blocked"
        ? move("ready")
        : move(situation.status);
    case "stop":
      return decideStop(situation, action.to, actor);
    case "finish":
      return decideFinish(situation, action, actor);
  }
}

function decideCreate(to: Status, actor: Actor): Decision {
  if (to === "in_progress") {
    return refuse(
      "only_a_claim",
      "Only a claim moves an issue to in_progress: create it as ready instead",
      HUMAN_STATUSES,
    );
  }
  if (actor.kind !== "human" && to !== "backlog") {
    return refuse("human_only", `Only a human may file an issue as ${to}: file it in the backlog`, [
      "backlog",
    ]);
  }
  return move(to);
}

function decideMove(situation: Situation, to: Status, actor: Actor): Decision {
  const allowed = allowedMoves(situation, actor);
  if (actor.kind !== "human") {
    return refuse(
      "human_only",
      `Only a human moves an issue; ${actor.kind} "${actor.name}" may not`,
      allowed,
    );
  }
  if (to === situation.status) return move(to);
  if (to === "in_progress") {
    return refuse(
      "only_a_claim",
      "Only a claim moves an issue to in_progress: move it to ready and an agent will take it",
      allowed,
    );
  }
  return situation.status === "in_progress" ? { verdict: "stop_run", to } : move(to);
}

function decideClaim(situation: Situation, actor: Actor): Decision {
  if (actor.kind !== "agent") return refuse("agent_only", "Only an agent claims an issue", []);
  if (situation.status !== "ready") {
    return refuse("not_ready", `Only a ready issue can be claimed; this one is ${situation.status}`, []);
  }
  if (situation.human_only) {
    return refuse("human_only", "The issue is for humans only: no agent may claim it", []);
  }
  return move("in_progress");
}

function decideStop(situation: Situation, to: Status, actor: Actor): Decision {
  if (actor.kind !== "human" && actor.kind !== "system") {
    return refuse("human_only", `Only a human stops a run; ${actor.kind} "${actor.name}" may not`, []);
  }
  if (situation.status !== "in_progress") {
    return refuse(
      "not_running",
      `No run to stop: the issue is ${situation.status}`,
      allowedMoves(situation, actor),
    );
  }
  if (to === "in_progress") {
    return refuse("only_a_claim", "A stopped run can't leave its issue in_progress", HUMAN_STATUSES);
  }
  return { verdict: "stop_run", to };
}

function decideFinish(
  situation: Situation,
  action: { outcome: Outcome; retry: boolean; stop_to: Status; unheard?: boolean },
  actor: Actor,
): Decision {
  if (actor.kind !== "agent" && actor.kind !== "system") {
    return refuse("agent_only", "Only the agent that claimed the issue, or the rescuer, ends its run", []);
  }
  if (situation.status !== "in_progress") {
    return refuse("not_running", `No run to end: the issue is ${situation.status}`, []);
  }
  const { outcome, stop_to, unheard } = action;
  if (outcome === "stopped") return move(stop_to === "in_progress" ? "backlog" : stop_to);
  // What a human said is answered before anybody waits for a human.
  return move(unheard === true ? "ready" : afterRun(situation.kind, outcome, action.retry));
}

function afterRun(kind: Kind, outcome: Exclude<Outcome, "stopped">, retry: boolean): Status {
  switch (outcome) {
    case "implemented":
    case "checks_failed":
      return "in_review";
    case "needs_input":
    case "timed_out":
      return "blocked";
    case "no_change":
      return kind === "question" ? "in_review" : "blocked";
    case "failed":
    case "stalled":
    case "over_budget":
      return retry ? "ready" : "blocked";
    case "usage_limited":
    case "lost":
      return "ready";
  }
}

function move(to: Status): Decision {
  return { verdict: "move", to };
}

function refuse(code: string, reason: string, allowed: readonly Status[]): Decision {
  return { verdict: "refuse", code, reason, allowed };
}
