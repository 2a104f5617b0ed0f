/**
 * What a finished agent process means. Judged from how the process ended, its result events and the tree; a
 * request that failed is told apart by the CLI's structured fields, since it too ends as `subtype: success`.
 * Texts are only looked into when the CLI itself marked them as a failure.
 */

import type { AgentExit, AgentResult, EndCause } from "./agent_output.ts";
import { blockedQuestion } from "./question.ts";
import { type Outcome, type Run, UNHEARD_REASON } from "./run.ts";
import { type Budget, budgetAdvice, budgetEnd, budgetWords } from "./budget.ts";
import { announcedReset, fallbackPark, speaksOfUsageLimit } from "./usage_limit.ts";

/** What the runner saw. */
export interface Ending {
  /** `null` when no process could be started; `start_error` then says why. */
  exit: AgentExit | null;
  start_error: string;
  /** What a human does about it; left out or empty: nothing special is known. */
  start_advice?: string;
  /** Why the project's checks are red after their last round; left out or empty: they are green, or there are none. */
  red?: string;
  /** Of all turns, in order. */
  results: readonly AgentResult[];
  /** What it asked by the tool ask_human, and nobody answered since; left out or empty: nothing. */
  asked?: string;
  /** Why the supervisor ended it; the first cause wins. */
  cause: EndCause;
  /** Which limit it was, in words; empty when the cause says it all. */
  cause_text?: string;
  /** What the run might spend. */
  budget?: Budget;
  /** How often in a row the issue was parked for the account's limit before this run. */
  parkings?: number;
  /** What mends a login that does not work here. */
  login_advice?: string;
  /** IANA name of the zone that the agent's clock times are in. Default: UTC. */
  zone?: string;
  /** The agent's work was over, but its process had to be ended: its exit code then says nothing. */
  forced_exit: boolean;
  /** `unknown`: the work could not be compared or committed; `tree_error` then says why. */
  tree: "changed" | "unchanged" | "unknown";
  tree_error: string;
  /** The process continued an earlier session. */
  resumed: boolean;
  now: Date;
}

export interface Judgement {
  outcome: Outcome;
  /** Plain words for people; no trailing period. */
  reason: string;
  /** What the agent asks; only for `needs_input`. */
  question: string;
  /** What a human does about a failure that does not pass by itself; empty when nothing special is known. */
  advice: string;
  /** The agent's last words. */
  answer: string;
  /** The cause may pass by itself: the issue is tried again while attempts are left. */
  transient: boolean;
  /** ISO-8601 UTC: what ended it passes then by itself. Only for `usage_limited` and a day's budget; else empty. */
  not_before: string;
  /** The session can't be continued: the next start must open a new one. */
  fresh_session: boolean;
}

/** Judges. Total: whatever is not understood is a failure, never a success. */
export function judge(ending: Ending): Judgement {
  const last = ending.results.at(-1);
  const answer = last?.text ?? "";
  const verdict = byCause(ending) ?? byStart(ending) ?? byResult(ending, last);
  return {
    question: "",
    advice: "",
    answer,
    transient: false,
    not_before: "",
    fresh_session: false,
    ...verdict,
  };
}

type Verdict = Pick<Judgement, "outcome" | "reason"> & Partial<Judgement>;

function byCause(ending: Ending): Verdict | null {
  switch (ending.cause) {
    case "":
      return null;
    case "stopped":
      return { outcome: "stopped", reason: "A human stopped the run" };
    case "shutdown":
      return { outcome: "lost", reason: "The server was stopped" };
    case "fenced":
      return { outcome: "lost", reason: "Another process took the run over" };
    case "timed_out":
      return { outcome: "timed_out", reason: "The run reached its time limit" };
    case "stalled":
      return { outcome: "stalled", reason: "The agent gave no sign of life for too long", transient: true };
    case "over_budget":
      return ending.cause_text === undefined || ending.cause_text === ""
        ? overBudget(ending)
        : { outcome: "over_budget", reason: ending.cause_text };
  }
}

/** The limit of cost: whose it was says what a human can do, and whether it passes by itself. */
function overBudget({ budget, now }: Ending, said = ""): Verdict {
  if (budget === undefined) {
    return { outcome: "over_budget", reason: `The agent reached its limit of cost${said}` };
  }
  return {
    outcome: "over_budget",
    reason: `The agent reached ${budgetWords(budget)}${said}`,
    advice: budgetAdvice(budget),
    not_before: budgetEnd(budget, now),
  };
}

function byStart(
  { exit, start_error, start_advice, tree, tree_error, results, asked = "" }: Ending,
): Verdict | null {
  if (exit === null) return { outcome: "failed", reason: start_error, advice: start_advice ?? "" };
  // A question or a failure stays what it is; a success whose work is not safe is none.
  const asks = asked !== "" || blockedQuestion(results.at(-1)?.text ?? "") !== null;
  if (tree === "unknown" && results.at(-1)?.ok === true && !asks) {
    return { outcome: "failed", reason: `The agent's work could not be committed: ${tree_error}` };
  }
  return null;
}

function byResult(ending: Ending, last: AgentResult | undefined): Verdict {
  const exit = ending.exit!;
  if (last === undefined) return withoutResult(exit, ending.resumed);
  if (!last.ok) return failedTurn(ending, last);
  if (!ending.forced_exit && (exit.code !== 0 || exit.signal !== "")) {
    return {
      outcome: "failed",
      reason: `The agent said that it was done, but its process ended with ${exitWords(exit)}`,
      transient: true,
    };
  }
  const question = questionOf(ending);
  if (question !== null) return { outcome: "needs_input", reason: "The agent asks a question", question };
  if (ending.tree === "changed" && (ending.red ?? "") !== "") {
    return { outcome: "checks_failed", reason: ending.red! };
  }
  return ending.tree === "changed"
    ? { outcome: "implemented", reason: "The agent ended well and changed files" }
    : { outcome: "no_change", reason: "The agent ended well, but changed no file" };
}

/** A question of an earlier turn stands when a later turn (a background task that ended) added nothing to it. */
function questionOf({ results, tree, asked = "" }: Ending): string | null {
  if (asked !== "") return asked;
  const last = blockedQuestion(results.at(-1)?.text ?? "");
  if (last !== null || tree !== "unchanged") return last;
  return results.map(({ ok, text }) => ok ? blockedQuestion(text) : null).findLast((text) => text !== null) ??
    null;
}

function withoutResult(exit: AgentExit, resumed: boolean): Verdict {
  const said = exit.stderr.trim() === "" ? "" : `: ${tail(exit.stderr)}`;
  if (/session id\b.*\balready in use/i.test(exit.stderr)) {
    return {
      outcome: "failed",
      reason: `The session can't be used${said}`,
      transient: true,
      fresh_session: true,
    };
  }
  if (resumed && /no conversation found/i.test(exit.stderr)) return unknownSession();
  if (exit.code === 126 || exit.code === 127) {
    return { outcome: "failed", reason: `The agent's program could not be started${said}` };
  }
  if (exit.garbage_lines > 0 && exit.code === 0) {
    return {
      outcome: "failed",
      reason: `The agent's program wrote ${exit.garbage_lines} lines that are no JSON and no result: ` +
        "AUTOPILOT_CLAUDE_BIN must name Claude Code",
    };
  }
  if (/cannot be used with root|unknown option|unrecognized (?:option|argument)/i.test(exit.stderr)) {
    return { outcome: "failed", reason: `The agent's program refused to start${said}` };
  }
  const killed = exit.signal === "SIGKILL" || exit.code === 137;
  return {
    outcome: "failed",
    reason: killed
      ? `The agent's process was killed without a result; the machine may have run out of memory${said}`
      : `The agent's process ended with ${exitWords(exit)} and without a result${said}`,
    transient: true,
  };
}

function unknownSession(): Verdict {
  return {
    outcome: "failed",
    reason: "The agent's earlier session is gone",
    transient: true,
    fresh_session: true,
  };
}

function failedTurn(ending: Ending, last: AgentResult): Verdict {
  const said = tail([last.text, ...last.errors].filter((text) => text !== "").join(" · "));
  const quoted = said === "" ? "" : `: ${said}`;
  const ended = `${last.terminal_reason} ${last.subtype}`;
  if (/\bprompt_too_long\b|\bcontext_(?:window|length)/.test(ended) || last.api_status === 413) {
    return {
      outcome: "failed",
      reason: `The session grew too long for the model${quoted}`,
      // A session that grew by its work can be taken up by a new one; a first message that is too long stays so.
      transient: ending.resumed || last.turns > 1,
      fresh_session: true,
    };
  }
  if (last.errors.some((text) => /^No conversation found/i.test(text))) return unknownSession();
  if (/max_turns\b/.test(ended)) {
    return {
      outcome: "over_budget",
      reason: `The agent reached its limit of turns${quoted}`,
      advice:
        "To let the agent go on in the same session, write a comment or move the issue to Ready; a higher " +
        "`AUTOPILOT_MAX_TURNS` or a smaller issue may help.",
    };
  }
  if (/max_budget|budget_exhausted/.test(ended)) {
    return overBudget(ending, quoted);
  }
  if (last.api_status !== 0 || last.api_error !== "" || last.terminal_reason === "api_error") {
    return failedRequest(ending, last, said, quoted);
  }
  return { outcome: "failed", reason: `The agent's turn ended with an error${quoted}`, transient: true };
}

function failedRequest(ending: Ending, last: AgentResult, said: string, quoted: string): Verdict {
  const { api_status: status, api_error: error } = last;
  const permanent = (reason: string, advice = ""): Verdict => ({ outcome: "failed", reason, advice });
  if (status === 429 || error === "rate_limit") {
    const reset = announcedReset(said, ending.now, ending.zone);
    if (speaksOfUsageLimit(said) || (status === 429 && reset !== null)) {
      const until = reset ?? new Date(ending.now.getTime() + fallbackPark(ending.parkings ?? 0));
      return {
        outcome: "usage_limited",
        reason: `The account's usage limit is reached${quoted}`,
        not_before: until.toISOString(),
      };
    }
    return {
      outcome: "failed",
      reason: `The model's API refuses requests for now${quoted}`,
      transient: true,
    };
  }
  if (
    status === 401 || error === "authentication_failed" || (status === 0 && /^Not logged in\b/.test(said))
  ) {
    return permanent(
      `The agent is not logged in or its key is not valid${quoted}`,
      ending.login_advice || LOGIN_ADVICE,
    );
  }
  if (status === 403) return permanent(`The model's API does not allow the request${quoted}`);
  if (error === "billing_error" || status === 402) {
    return permanent(
      `The account can't pay for the request${quoted}`,
      "Add credit to the account or use another one, then move the issue to Ready.",
    );
  }
  if (status === 404 || error === "model_not_found") {
    return permanent(
      `The model does not exist${quoted}`,
      "Set `AUTOPILOT_MODEL` to a model that the account may use, then move the issue to Ready.",
    );
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 425) {
    // What the API refuses may sit in the history of the session: a new one is worth one more try.
    const reason = `The model's API refused the request as invalid${quoted}`;
    return { ...permanent(reason), transient: ending.resumed, fresh_session: true };
  }
  return {
    outcome: "failed",
    reason: `The model's API could not be reached or failed${quoted}`,
    transient: true,
  };
}

const LOGIN_ADVICE =
  "Log in: run `claude setup-token` and start Autopilot with the token in `CLAUDE_CODE_OAUTH_TOKEN`, or set " +
  "`ANTHROPIC_API_KEY`. Then move the issue to Ready.";

function exitWords({ code, signal }: AgentExit): string {
  return signal === "" ? `code ${code}` : `signal ${signal}`;
}

/** The end of a text in one line, at most 500 characters: the cause of an error stands at its end. */
function tail(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= 500 ? line : `…${line.slice(-499)}`;
}

/**
 * The commit of work that no human has seen in review yet: an earlier run ended before its work was complete and
 * kept it on the branch. Empty when there is none. With it, a run that adds nothing is still an implementation.
 *
 * @param runs of one issue, oldest first; unfinished ones don't count
 */
export function unreviewedCommit(
  runs: readonly (Pick<Run, "outcome" | "commit"> & Partial<Pick<Run, "reason">>)[],
): string {
  for (const { outcome, commit, reason } of runs.toReversed()) {
    const went_on = reason?.endsWith(UNHEARD_REASON) === true;
    if ((outcome === "implemented" || outcome === "checks_failed") && !went_on) return "";
    if (outcome !== "" && commit !== "") return commit;
  }
  return "";
}
