/** What runs cost. The CLI's total is cumulative over a session, also when it is resumed. */

/**
 * A run's own share in USD.
 *
 * @param total the session's cumulative cost now
 * @param at_start the same when the run began; 0 for a new session
 */
export function shareOf(total: number, at_start: number): number {
  return Number.isFinite(total) ? Math.max(0, total - at_start) : 0;
}

/**
 * The limit in USD to give to a process of the CLI. It compares it with what that process spends, although the
 * total that it tells is the session's. 0 means no limit.
 *
 * @param limit for the run; 0 or `Infinity` means none
 * @param spent what the run has spent so far
 */
export function limitForProcess(limit: number, spent: number): number {
  return limit === 0 || limit === Infinity ? 0 : Math.max(LEAST_USD, limit - spent);
}

/** What a run may spend, and which limit says so. */
export interface Budget {
  /** USD left for this run; `Infinity` without a limit. */
  usd: number;
  bound: "" | "run" | "issue" | "day";
  /** The limit itself, in USD. */
  limit: number;
}

/** Less than this is nothing: the CLI overshoots by a reply. In USD. */
export const LEAST_USD = 0.01;

/**
 * The tightest of the limits; 0 means none.
 *
 * @param issue.spent what the issue's earlier runs cost
 * @param day.left what is left of the day for this run
 */
export function budgetOf(
  { run, issue, day }: {
    run: number;
    issue: { limit: number; spent: number };
    day: { limit: number; left: number };
  },
): Budget {
  const all: Budget[] = [
    ...(run > 0 ? [{ bound: "run", usd: run, limit: run } as const] : []),
    ...(issue.limit > 0
      ? [{ bound: "issue", usd: issue.limit - issue.spent, limit: issue.limit } as const]
      : []),
    ...(day.limit > 0 ? [{ bound: "day", usd: day.left, limit: day.limit } as const] : []),
  ];
  return all.reduce((tightest, next) => next.usd < tightest.usd ? next : tightest, UNLIMITED);
}

export const UNLIMITED: Budget = { usd: Infinity, bound: "", limit: 0 };

/** "the issue's limit of $50 (`AUTOPILOT_MAX_USD_PER_ISSUE`)" */
export function budgetWords({ bound, limit }: Budget): string {
  const usd = dollars(limit);
  switch (bound) {
    case "":
      return "its limit of cost";
    case "run":
      return `the limit of ${usd} for one run (\`AUTOPILOT_MAX_USD_PER_RUN\`)`;
    case "issue":
      return `the limit of ${usd} for one issue, all its runs together (\`AUTOPILOT_MAX_USD_PER_ISSUE\`)`;
    case "day":
      return `the limit of ${usd} for one day (UTC) of all agents (\`AUTOPILOT_MAX_USD_PER_DAY\`)`;
  }
}

/** What a human does about a limit that was reached; empty when it passes by itself. */
export function budgetAdvice({ bound }: Budget): string {
  switch (bound) {
    case "issue":
      return "Every further run of this issue ends at once until the limit is raised: start Autopilot with a higher " +
        "`AUTOPILOT_MAX_USD_PER_ISSUE` and move the issue to Ready, or split the issue.";
    case "day":
      return "";
    case "":
    case "run":
      return "To let the agent go on in the same session with the same amount again, write a comment or move the " +
        "issue to Ready.";
  }
}

/** When the limit passes by itself, ISO-8601 UTC; empty when it does not. */
export function budgetEnd({ bound }: Budget, now: Date): string {
  return bound === "day" ? nextDay(now) : "";
}

/** Days are UTC: servers in several zones share one ledger. ISO-8601. */
export function dayStart(now: Date): string {
  return `${now.toISOString().slice(0, 10)}T00:00:00.000Z`;
}

export function nextDay(now: Date): string {
  return new Date(Date.parse(dayStart(now)) + 86_400_000).toISOString();
}

export function dollars(usd: number): string {
  return `$${Number.isInteger(usd) ? usd : usd.toFixed(2)}`;
}

/** The share of a limit at which the agent is told to come to an end. */
export const WRAP_UP_SHARE = 0.8;
