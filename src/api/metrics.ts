/**
 * What the process counts, in Prometheus' text format. Own code: counting is on the path of every request and must be
 * there from the start, where prom-client would cost time and memory that the start has not; the format is a few lines,
 * and a test reads them with a parser of others.
 */

import type { Event } from "../domain/event.ts";
import type { Feed } from "../events/feed.ts";

/** Upper bounds of the buckets in seconds. */
const HTTP_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5];
const CLAIM_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];
/** Issues whose way to an agent is timed at once; what is beyond is not timed. */
const MAX_WAITING = 10_000;
const METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];
const OTHER = "other";

export type Labels = Readonly<Record<string, string>>;

class Histogram {
  readonly #counts: number[];
  #sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.#counts = Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]) at++;
    this.#counts[at]++;
    this.#sum += value;
  }

  lines(name: string, labels: Labels): string[] {
    let total = 0;
    const buckets = this.#counts.map((count, at) => {
      total += count;
      return sample(`${name}_bucket`, { ...labels, le: String(this.bounds[at] ?? "+Inf") }, total);
    });
    return [...buckets, sample(`${name}_sum`, labels, this.#sum), sample(`${name}_count`, labels, total)];
  }
}

interface Requests {
  method: string;
  route: string;
  seconds: Histogram;
  by_status: Map<number, number>;
}

export class Metrics {
  readonly #requests = new Map<string, Map<string, Requests>>();
  readonly #runs = new Map<string, number>();
  readonly #claims = new Histogram(CLAIM_SECONDS);
  /** When each ready issue became claimable, in milliseconds since the epoch. */
  readonly #ready = new Map<string, number>();
  readonly #unsubscribe: () => void;
  readonly #started = Date.now() / 1000;
  #usd = 0;
  #tokens = { input: 0, output: 0 };

  constructor(feed: Pick<Feed, "subscribe">) {
    this.#unsubscribe = feed.subscribe((events) => {
      for (const event of events) this.#count(event);
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** @param route one of few: it becomes a label */
  answered(given: string, route: string, status: number, seconds: number): void {
    const method = METHODS.includes(given) ? given : OTHER;
    let routes = this.#requests.get(method);
    if (routes === undefined) this.#requests.set(method, routes = new Map());
    let requests = routes.get(route);
    if (requests === undefined) {
      routes.set(
        route,
        requests = { method, route, seconds: new Histogram(HTTP_SECONDS), by_status: new Map() },
      );
    }
    requests.seconds.observe(seconds);
    requests.by_status.set(status, (requests.by_status.get(status) ?? 0) + 1);
  }

  lines(): string[] {
    const requests = [...this.#requests.values()].flatMap((routes) => [...routes.values()]);
    return [
      ...metric(
        "counter",
        "autopilot_http_requests_total",
        "Requests answered",
        requests.flatMap((one) =>
          [...one.by_status].map(([status, count]) =>
            sample("autopilot_http_requests_total", { ...labelsOf(one), status: String(status) }, count)
          )
        ),
      ),
      ...metric(
        "histogram",
        "autopilot_http_request_seconds",
        "Time to an answer",
        requests.flatMap((one) => one.seconds.lines("autopilot_http_request_seconds", labelsOf(one))),
      ),
      ...metric(
        "histogram",
        "autopilot_claim_seconds",
        "From claimable to claimed, of every agent on this database",
        this.#claims.lines("autopilot_claim_seconds", {}),
      ),
      ...metric(
        "counter",
        "autopilot_runs_total",
        "Runs that ended, by outcome",
        [...this.#runs].map(
          ([outcome, count]) => sample("autopilot_runs_total", { outcome }, count),
        ),
      ),
      ...metric("counter", "autopilot_spent_usd_total", "US dollars of runs that ended", [
        sample("autopilot_spent_usd_total", {}, this.#usd),
      ]),
      ...metric("counter", "autopilot_tokens_total", "Tokens of runs that ended", [
        sample("autopilot_tokens_total", { direction: "input" }, this.#tokens.input),
        sample("autopilot_tokens_total", { direction: "output" }, this.#tokens.output),
      ]),
      ...gauge("process_start_time_seconds", "Start of the process, since the epoch", this.#started),
      ...gauge("process_resident_memory_bytes", "Memory of the process", Deno.memoryUsage().rss),
    ];
  }

  #count({ type, issue_id, at, data }: Event): void {
    if (type === "run.finished") {
      const outcome = String(data.outcome);
      this.#runs.set(outcome, (this.#runs.get(outcome) ?? 0) + 1);
      this.#usd += Number(data.cost_usd ?? 0);
      this.#tokens.input += Number(data.input_tokens ?? 0);
      this.#tokens.output += Number(data.output_tokens ?? 0);
    }
    if (type === "run.started") {
      const ready = this.#ready.get(issue_id);
      if (ready !== undefined) this.#claims.observe(Math.max(0, Date.parse(at) - ready) / 1000);
      this.#ready.delete(issue_id);
    } else if (type.startsWith("issue.") && data.status !== undefined) {
      if (data.status === "ready" && data.human_only !== true) this.#waits(issue_id, at, data.not_before);
      // Its run.started follows: the claim writes the move first.
      else if (data.status !== "in_progress") this.#ready.delete(issue_id);
    }
  }

  #waits(issue_id: string, at: string, not_before: unknown): void {
    if (this.#ready.size >= MAX_WAITING && !this.#ready.has(issue_id)) return;
    const parked = Date.parse(String(not_before ?? ""));
    const now = Date.parse(at);
    const since = this.#ready.get(issue_id) ?? now;
    this.#ready.set(issue_id, Number.isNaN(parked) ? since : Math.max(since, parked));
  }
}

function labelsOf({ method, route }: Requests): Labels {
  return { method, route };
}

/** One line. Label values are made safe for the format. */
export function sample(name: string, labels: Labels, value: number): string {
  const text = Object.entries(labels).map(([key, value]) =>
    `${key}="${value.replace(/[\\"\n]/g, (character) => character === "\n" ? "\\n" : `\\${character}`)}"`
  );
  return `${name}${text.length === 0 ? "" : `{${text.join(",")}}`} ${value}`;
}

/** Nothing for a metric without a sample. */
export function metric(
  type: "gauge" | "counter" | "histogram",
  name: string,
  help: string,
  samples: readonly string[],
): string[] {
  return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

export function gauge(name: string, help: string, value: number): string[] {
  return metric("gauge", name, help, [sample(name, {}, value)]);
}
