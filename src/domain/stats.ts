/** What the project achieved per day: the numbers behind the charts. Days are UTC days, times milliseconds. */

import type { Outcome } from "./outcomes.ts";

/** Longest window in days. */
export const MAX_STATS_DAYS = 90;
export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

/** Runs of one agent that ended in one way. */
export interface RunSum {
  agent_id: string;
  outcome: Outcome;
  runs: number;
  cost_usd: number;
  input_tokens: number;
  output_tokens: number;
}

/** Issues in the queue, at work, and waiting for a human (blocked or in review). */
export interface Depth {
  ready: number;
  in_progress: number;
  waiting: number;
}

/** What happened on one day, as the store reads it. */
export interface DayFacts {
  /** Days since the epoch. */
  day: number;
  /** Issues that came to done and stood there when the day ended (or stand there now): an undone move counts nothing. */
  done: number;
  /** Of these, the time since the agents first got the issue; those that no agent ever got are missing. */
  cycles: number[];
  /** Lengths of the stays in blocked or in_review that ended on this day, each by itself. */
  waits: number[];
  runs: RunSum[];
  /** By hour of the day, how the depth changed; hours without a change are missing. */
  changes: Map<number, Depth>;
}

/** The middle and the slow end of some lengths of time; `null` where there is none. */
export interface Spread {
  count: number;
  /** Nearest rank: half of them took at most so long. */
  median_ms: number | null;
  /** Nine of ten took at most so long. */
  p90_ms: number | null;
}

export interface PeriodStats {
  done: number;
  /** From the first time in ready (after a reopening: since then) to done. */
  cycle: Spread;
  /** In blocked or in_review, by the day on which it ended. */
  wait: Spread;
  runs: number;
  cost_usd: number;
  input_tokens: number;
  output_tokens: number;
  /** How runs ended; outcomes that did not occur are missing. */
  outcomes: Partial<Record<Outcome, number>>;
}

export interface AgentStats {
  id: string;
  runs: number;
  cost_usd: number;
  input_tokens: number;
  output_tokens: number;
}

export interface Stats {
  time_zone: "UTC";
  days: number;
  /** Start of the first day. */
  from: string;
  /** When it was worked out. */
  until: string;
  per_day: ({ date: string } & PeriodStats)[];
  total: PeriodStats;
  queue: ({ at: string } & Depth)[];
  /** Who ran something in this time, the most expensive first, at most 100. */
  agents: AgentStats[];
}

const MAX_AGENTS = 100;

/** Nearest rank: the smallest value that at least this share of the values does not exceed. */
export function percentile(sorted: ArrayLike<number>, share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export function spreadOf(values: readonly number[]): Spread {
  // Sorts tens of thousands of numbers without a call per comparison.
  const sorted = Float64Array.from(values).sort();
  return { count: sorted.length, median_ms: percentile(sorted, 0.5), p90_ms: percentile(sorted, 0.9) };
}

/**
 * @param facts one per day without a gap, oldest first; the last one is today
 * @param present the depth right now
 * @param now milliseconds since the epoch
 */
export function statsOf(facts: readonly DayFacts[], present: Depth, now: number): Stats {
  const runs = facts.flatMap((day) => day.runs);
  return {
    time_zone: "UTC",
    days: facts.length,
    from: isoOf(facts[0].day * DAY_MS),
    until: isoOf(now),
    per_day: facts.map((day) => ({ date: isoOf(day.day * DAY_MS).slice(0, 10), ...periodOf([day]) })),
    total: periodOf(facts),
    queue: queueOf(facts, present, now),
    agents: agentsOf(runs),
  };
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

function periodOf(facts: readonly DayFacts[]): PeriodStats {
  const runs = facts.flatMap((day) => day.runs);
  const outcomes: PeriodStats["outcomes"] = {};
  for (const { outcome, runs: count } of runs) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  return {
    done: facts.reduce((sum, day) => sum + day.done, 0),
    cycle: spreadOf(facts.flatMap((day) => day.cycles)),
    wait: spreadOf(facts.flatMap((day) => day.waits)),
    ...sumsOf(runs),
    outcomes,
  };
}

function sumsOf(runs: readonly RunSum[]): Omit<AgentStats, "id"> {
  const sums = { runs: 0, cost_usd: 0, input_tokens: 0, output_tokens: 0 };
  for (const one of runs) {
    sums.runs += one.runs;
    sums.cost_usd += one.cost_usd;
    sums.input_tokens += one.input_tokens;
    sums.output_tokens += one.output_tokens;
  }
  return sums;
}

function agentsOf(runs: readonly RunSum[]): AgentStats[] {
  return [...Map.groupBy(runs, (one) => one.agent_id)]
    .map(([id, own]) => ({ id, ...sumsOf(own) }))
    .sort((a, b) => b.cost_usd - a.cost_usd || b.runs - a.runs || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_AGENTS);
}

/** So fine that a week shows its hours and three months stay some hundred points. */
function stepOf(days: number): number {
  return (days <= 7 ? 1 : days <= 31 ? 6 : 24) * HOUR_MS;
}

/** Backwards from the present depth, which is known for sure. */
function queueOf(facts: readonly DayFacts[], present: Depth, now: number): Stats["queue"] {
  const step = stepOf(facts.length);
  const start = facts[0].day * DAY_MS;
  const changes = facts.flatMap(({ day, changes }) =>
    [...changes].map(([hour, depth]) => ({ at: day * DAY_MS + hour * HOUR_MS, depth }))
  ).sort((a, b) => b.at - a.at);
  const points = [{ at: isoOf(now), ...present }];
  const depth = { ...present };
  let next = 0;
  for (let at = start + Math.floor((now - start) / step) * step; at >= start; at -= step) {
    for (; next < changes.length && changes[next].at >= at; next++) {
      depth.ready -= changes[next].depth.ready;
      depth.in_progress -= changes[next].depth.in_progress;
      depth.waiting -= changes[next].depth.waiting;
    }
    if (at === now) continue;
    points.push({
      at: isoOf(at),
      ready: Math.max(0, depth.ready),
      in_progress: Math.max(0, depth.in_progress),
      waiting: Math.max(0, depth.waiting),
    });
  }
  return points.reverse();
}
