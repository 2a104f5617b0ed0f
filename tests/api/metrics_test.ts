import assert from "node:assert/strict";
import { configure, reset } from "@logtape/logtape";
import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { routeLabels } from "../../src/api/measured.ts";
import { textLine } from "../../src/cli/logging.ts";
import { sample } from "../../src/api/metrics.ts";
import { claimNext, openTestApi, type TestApi } from "./support.ts";
import { BOT, runEnd } from "../support/store.ts";

interface Family {
  name: string;
  type: string;
  help: string;
  metrics: {
    labels?: Record<string, string>;
    value?: string;
    buckets?: Record<string, string>;
    count?: string;
    sum?: string;
  }[];
}

/** As a Prometheus reads them. */
async function scrape(api: TestApi): Promise<Map<string, Family> & { lines: string[] }> {
  const { body, headers } = await api.call("GET", "//metrics");
  assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const families: Family[] = parsePrometheusTextFormat(body);
  const found = new Map(families.map((family) => [family.name, family]));
  return Object.assign(found, { lines: (body as string).split("\n") });
}

async function caughtUp({ store, feed }: TestApi): Promise<void> {
  const last = await store.events.lastSeq();
  if (feed.seq < last) await feed.waitFor(({ seq }) => seq >= last, 5_000);
}

Deno.test("GET /metrics counts what happened, in a form that a Prometheus parser reads", async () => {
  await using api = await openTestApi();
  const issue = await api.file({ status: "ready" });
  await api.file({ status: "ready", human_only: true });
  const { run, lease } = await claimNext(api.store);
  await api.store.runs.finish(
    run.id,
    lease.fence,
    runEnd({ cost_usd: 0.25, input_tokens: 100, output_tokens: 20 }),
  );
  await api.call("GET", `/issues/${issue.id}`);
  await api.call("GET", `/issues/${issue.id}`);
  await api.call("GET", "/issues/nobody");
  await api.call("GET", "/strange/path");
  await api.call("BREW", "/issues");
  await caughtUp(api);

  const found = await scrape(api);
  const values = (name: string) =>
    Object.fromEntries(
      found.get(name)!.metrics.map(({ labels = {}, value }) => [Object.values(labels).join(), Number(value)]),
    );
  assert.equal(values("autopilot_issues").in_review, 1);
  assert.deepEqual(values("autopilot_runs_total"), { implemented: 1 });
  assert.deepEqual(values("autopilot_spent_usd_total"), { "": 0.25 });
  assert.deepEqual(values("autopilot_tokens_total"), { input: 100, output: 20 });
  assert.equal(values("autopilot_event_lag")[""], 0);
  assert.ok(values("autopilot_database_bytes")[""] > 10_000);
  assert.ok(values("process_resident_memory_bytes")[""] > 1_000_000);
  const requests = values("autopilot_http_requests_total");
  const item = "/api/autopilot/issues/{id}";
  assert.equal(requests[`GET,${item},200`], 2);
  assert.equal(requests[`GET,${item},404`], 1);
  assert.equal(requests["GET,other,404"], 1);
  assert.equal(requests["other,/api/autopilot/issues,405"], 1);

  assert.equal(found.get("autopilot_http_request_seconds")!.type, "HISTOGRAM");
  // That parser makes one of all histograms of a name, whatever their labels: the lines themselves tell more.
  const timed = found.lines.filter((line) => line.includes(`{method="GET",route="${item}"`));
  assert.ok(timed.includes(`autopilot_http_request_seconds_count{method="GET",route="${item}"} 3`));
  assert.ok(
    timed.includes(`autopilot_http_request_seconds_bucket{method="GET",route="${item}",le="+Inf"} 3`),
  );
  assert.equal(found.get("autopilot_claim_seconds")!.metrics[0].count, "1");
});

Deno.test("the claim is timed from when an issue could be claimed", async () => {
  let now = Date.parse("2026-01-01T00:00:00.000Z");
  await using api = await openTestApi({ clock: { now: () => new Date(now) } });
  await api.file({ status: "ready" });
  now += 3_000;
  const { run, lease } = await claimNext(api.store);
  const not_before = new Date(now + 60_000).toISOString();
  await api.store.runs.finish(run.id, lease.fence, runEnd({ outcome: "usage_limited", not_before }));
  now += 70_000;
  assert.ok(await api.store.runs.claim(BOT));
  await caughtUp(api);
  const [{ sum, count }] = (await scrape(api)).get("autopilot_claim_seconds")!.metrics;
  // Three seconds, and ten of the seventy: it was parked for sixty.
  assert.deepEqual([count, sum], ["2", "13"]);
});

Deno.test("routeLabels() and sample() keep what clients choose out of the format", () => {
  const label = routeLabels(
    () => ["/api/autopilot/issues/:id", "/api/autopilot/openapi.json", "/x/:n{[0-9]+}"],
  );
  assert.equal(label("http://h/api/autopilot/issues/1?x=/y"), "/api/autopilot/issues/{id}");
  assert.equal(label("http://h/api/autopilot/openapi.json"), "/api/autopilot/openapi.json");
  assert.equal(label("http://h/api/autopilot/openapiXjson"), "other");
  assert.equal(label("http://h/autopilot/assets/a.js"), "/autopilot");
  assert.equal(label("http://h"), "other");
  for (let n = 0; n < 5_000; n++) assert.equal(label(`http://h/wander/${n}`), "other");
  assert.equal(sample("a", { b: 'x"\\\n' }, 1), 'a{b="x\\"\\\\\\n"} 1');
});

Deno.test("a failure has an id in its answer and in the log; a trusted proxy may give it, nobody else", async () => {
  const lines: string[] = [];
  await configure({
    reset: true,
    sinks: { memory: (record) => lines.push(textLine(record)) },
    loggers: [
      { category: "autopilot", lowestLevel: "error", sinks: ["memory"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  try {
    await using api = await openTestApi({ options: { trusted_proxies: ["10.0.0.0/8"] } });
    api.store.issues.list = () => Promise.reject(new Error("the disk is gone"));
    const ask = async (from: string, id: string) => {
      const { status, body, headers } = await api.call("GET", "/issues", {
        from,
        headers: { "x-request-id": id },
      });
      assert.equal(status, 500);
      const given = headers.get("x-request-id") ?? "";
      assert.ok((body as { error: string }).error.includes(given));
      assert.doesNotMatch((body as { error: string }).error, /disk/);
      const line = lines.at(-1) ?? "no line";
      assert.ok(line.includes(`Request ${given} failed: Error: the disk is gone`), line);
      return given;
    };
    assert.equal(await ask("10.1.2.3", "edge-42"), "edge-42");
    assert.notEqual(await ask("127.0.0.1", "edge-43"), "edge-43");
    assert.notEqual(await ask("10.1.2.3", "not usable"), "not usable");
    const fine = await api.call("GET", "//healthz", {
      from: "10.1.2.3",
      headers: { "x-request-id": "edge-44" },
    });
    assert.equal(fine.headers.get("x-request-id"), "edge-44");
  } finally {
    await reset();
  }
});
