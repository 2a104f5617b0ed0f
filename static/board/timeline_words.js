// @ts-check
/** The event log in words. */

import { cost, KIND_WORDS, OUTCOME_WORDS, PRIORITY_WORDS, STATUS_WORDS } from "./words.js";

/** @import { Message } from "./reduce.js" */

/**
 * One line of the timeline. `mark`: what its dot looks like.
 *
 * @typedef {{ who: string, agent: boolean, what: string, more: string, mark: "plain" | "good" | "bad" | "ask" | "work" | "talk" }} Step
 */

/**
 * What an event tells people; `null` for what another event tells better.
 *
 * @param {Message} event
 * @returns {Step | null}
 */
export function stepOf(event) {
  const agent = event.actor_kind === "agent";
  const who = event.actor_kind === "system" ? "Autopilot" : String(event.actor ?? "") || "Somebody";
  /** @param {string} what @param {Step["mark"]} [mark] @param {string} [more] @returns {Step} */
  const step = (what, mark = "plain", more = "") => ({ who, agent, what, more, mark });
  switch (event.type) {
    case "issue.created":
      return step(`filed it in ${word(STATUS_WORDS, event.status)}`);
    case "issue.status":
      return statusStep(event, step);
    case "issue.updated":
      return updateStep(event, step);
    case "comment.added":
      if (agent && event.status === "blocked") return step("asked a question", "ask");
      return step("commented", "talk");
    case "run.started":
      return step(event.attempt === undefined ? "began a run" : `began run ${event.attempt}`, "work");
    case "run.finished":
      return {
        ...step(
          `ended the run: ${word(OUTCOME_WORDS, event.outcome)}`,
          OUTCOME_MARKS[String(event.outcome)] ?? "bad",
        ),
        more: [cost(Number(event.cost_usd ?? 0)), String(event.reason ?? "")].filter(Boolean).join(" · "),
      };
    case "agent.status":
      return PHASE_STEPS[String(event.phase)] === undefined ? null : step(PHASE_STEPS[String(event.phase)]);
    default:
      return null;
  }
}

/** @type {Readonly<Record<string, Step["mark"]>>} */
const OUTCOME_MARKS = {
  implemented: "good",
  needs_input: "ask",
  no_change: "plain",
  stopped: "plain",
  lost: "plain",
};

/** The other phases are told by the run's beginning. @type {Readonly<Record<string, string>>} */
const PHASE_STEPS = { checking: "runs the checks", finishing: "saves the work" };

/** @typedef {(what: string, mark?: Step["mark"], more?: string) => Step} Make */

/** @param {Message} event @param {Make} step */
function statusStep(event, step) {
  // A claim: the run's beginning tells it.
  if (event.status === "in_progress") return null;
  const to = word(STATUS_WORDS, event.status);
  if (event.status === "done") return step("accepted it", "good");
  if (event.status === "blocked") return step(`moved it to ${to}`, "ask");
  return step(`moved it from ${word(STATUS_WORDS, event.from)} to ${to}`);
}

/** @param {Message} event @param {Make} step */
function updateStep(event, step) {
  switch (event.change) {
    case "stop_requested":
      return step("asked the agent to stop", "plain", `then to ${word(STATUS_WORDS, event.stop_to)}`);
    case "attachment":
      return step(`attached ${event.name}`);
    case "delivered":
      return step("read what was written");
  }
  const changes = String(event.change ?? "").split(",").map((field) => {
    if (field === "priority") return `set the priority to ${word(PRIORITY_WORDS, event.priority)}`;
    if (field === "kind") return `made it a ${word(KIND_WORDS, event.kind).toLowerCase()}`;
    if (field === "assignee") {
      return event.assignee === "" ? "unassigned it" : `assigned it to ${event.assignee}`;
    }
    if (field === "human_only") return event.human_only ? "kept it for people" : "opened it to agents";
    if (field === "title") return `renamed it to “${event.title}”`;
    if (field === "body") return "edited the description";
    return "changed it";
  });
  return step([...new Set(changes)].join(", "));
}

/** @param {Readonly<Record<string, string>>} words @param {unknown} value */
function word(words, value) {
  return words[String(value)] ?? String(value);
}
