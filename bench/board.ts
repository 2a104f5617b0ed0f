/** The board in Chromium: what it transfers, when its cards are there, and whether it keeps up with twenty agents. */

import { systemClock } from "../src/clock.ts";
import type { LogEntry } from "../src/domain/log_entry.ts";
import { STATUSES } from "../src/domain/issue.ts";
import type { Claim, Store } from "../src/store/store.ts";
import { openStore } from "../src/store/open.ts";
import { findChromium, launchChromium } from "../tests/support/chromium.ts";
import { startServer } from "../tests/support/server.ts";
import type { Browser, CDPSession, Page } from "playwright-core";
import { pause } from "./processes.ts";
import { amountRow, print, quantile, type Row } from "./report.ts";
import { fill } from "./store.ts";

const ISSUES = 1_000;
const AGENTS = 20;
/** Between two lines of one agent, in milliseconds: the server passes on at most one per quarter of a second. */
const LINE_MS = 240;
/** Between two moves of issues by others, in milliseconds. */
const MOVE_MS = 1_000;
const HEARTBEAT_MS = 20_000;
/** Lines before the heap is read for the first time: until then the code is compiled and the caches fill. */
const WARM_MS = 10_000;

/** @param seconds how long agents stream @param loads how often the page is opened */
export async function boardRows(seconds: number, loads: number): Promise<Row[]> {
  const path = findChromium();
  if (path === null) {
    print("The board is left out: Chromium is not installed");
    return [];
  }
  await using server = await startServer();
  await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
  const waiting = STATUSES.filter((status) => status !== "in_progress");
  await fill(store, ISSUES - AGENTS, (n) => waiting[n % waiting.length]);
  await fill(store, AGENTS, () => "ready");
  const claims = await claimAll(store);
  const browser = await launchChromium(path);
  try {
    const url = `${server.url}/autopilot`;
    const first = await loadTimes(browser, url, loads);
    const bare = await bareLoadTimes(browser, url, loads);
    const rows = [
      amountRow("board, transfer before first use", first.kb, "KB", 60),
      amountRow(
        `board, ${ISSUES.toLocaleString("en")} issues: cards to see`,
        first.ms,
        "ms",
        1_000,
        bare.ms,
      ),
    ];
    return [...rows, ...await streamRows(browser, url, store, claims, seconds)];
  } finally {
    await browser.close();
  }
}

async function claimAll(store: Store): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (let n = 0; n < AGENTS; n++) {
    const claim = await store.runs.claim({ id: `bench-${n}`, host: "bench", pid: Deno.pid });
    if (claim === null) throw new Error(`Only ${n} of ${AGENTS} issues could be claimed`);
    claims.push(claim);
  }
  return claims;
}

/** Runs in the page: tells when the first cards are painted. */
const WATCH_CARDS = `globalThis.painted = new Promise((resolve) => {
  const look = () => {
    if (document.querySelector(".card:not(.ghost), li.bare") === null) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true });
})`;

/** Each time in a profile of its own, so nothing comes from a cache. */
async function loadTimes(browser: Browser, url: string, loads: number): Promise<{ ms: number; kb: number }> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < loads; i++) {
    const context = await browser.newContext({ viewport: { width: 1500, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(WATCH_CARDS);
    await page.goto(url);
    times.push(await page.evaluate<number>("painted"));
    // Parts of the page itself; the issues are extra.
    bytes = await page.evaluate<number>(`performance.getEntries()
      .filter(({ name }) => !name.includes("/api/"))
      .reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0)`);
    await context.close();
  }
  return { ms: quantile(times, 0.5), kb: bytes / 1024 };
}

/** The least that any page does: it asks for the same lists and writes their titles. */
async function bareLoadTimes(browser: Browser, url: string, loads: number): Promise<{ ms: number }> {
  const times: number[] = [];
  const page_text = `<!doctype html><title>bare</title><ul></ul><script>
    Promise.all(${JSON.stringify(STATUSES)}.map((status) =>
      fetch("/api/autopilot/issues?limit=500&status=" + status).then((answer) => answer.json())))
      .then((lists) => {
        for (const issue of lists.flat()) {
          const item = document.createElement("li");
          item.className = "bare";
          item.textContent = issue.title;
          document.querySelector("ul").append(item);
        }
      });
  </script>`;
  for (let i = 0; i < loads; i++) {
    const context = await browser.newContext({ viewport: { width: 1500, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(WATCH_CARDS);
    await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: page_text }));
    await page.goto(url);
    times.push(await page.evaluate<number>("painted"));
    await context.close();
  }
  return { ms: quantile(times, 0.5) };
}

const WATCH_TASKS = `globalThis.tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask" });`;

async function streamRows(
  browser: Browser,
  url: string,
  store: Store,
  claims: Claim[],
  seconds: number,
): Promise<Row[]> {
  const context = await browser.newContext({ viewport: { width: 1500, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator("main[aria-busy=false] .card").first().waitFor();
  const cdp = await context.newCDPSession(page);
  // The time that the page's thread has a processor: a busy machine adds nothing to it.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  await using bare = await openBare(browser);
  const ended = new AbortController();
  const streaming = [
    ...claims.map((claim, n) => stream(store, claim, n, ended.signal)),
    moveAround(store, ended.signal),
  ];
  try {
    await pause(WARM_MS);
    const before = await heapMb(cdp);
    const busy = await taskSeconds(cdp);
    for (const one of [page, bare.page]) await one.evaluate(WATCH_TASKS);
    await pause(seconds * 1000);
    const load = (await taskSeconds(cdp) - busy) / seconds;
    const [tasks, bare_tasks] = await Promise.all(
      [page, bare.page].map((one) => one.evaluate<number[]>("tasks")),
    );
    await assertLive(page);
    const longest = await longestTask(browser, page);
    const after = await heapMb(cdp);
    return [
      {
        ...amountRow(
          `board, ${AGENTS} agents streaming for ${seconds} s: longest task`,
          Math.max(0, ...tasks),
          "ms",
          50,
          Math.max(0, ...bare_tasks),
        ),
        ceiling: `${words(bare_tasks)}, a page that writes 4 lines/s`,
        ratio: null,
        measured: words(tasks),
        numbers: {
          long_tasks: tasks.length,
          longest_ms: Math.max(0, ...tasks),
          bare_long_tasks: bare_tasks.length,
          bare_longest_ms: Math.max(0, ...bare_tasks),
        },
      },
      amountRow("the same: longest task, processor time", longest, "ms", 50),
      amountRow("the same: share of one processor that the page takes", load * 100, "%", 25),
      amountRow("the same: heap after it", after, "MB", Math.round(before + 2), before),
    ];
  } finally {
    ended.abort();
    await Promise.all(streaming);
    await context.close();
  }
}

const words = (tasks: readonly number[]) =>
  tasks.length === 0 ? "< 50 ms" : `${Math.max(...tasks)} ms (${tasks.length} over 50 ms)`;

/** A page that does next to nothing at the same time: its long tasks are the machine's, not the board's. */
async function openBare(browser: Browser): Promise<{ page: Page } & AsyncDisposable> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.evaluate(`setInterval(() => document.body.textContent = String(performance.now()), 250)`);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

/** One agent at work: a line of its transcript every quarter of a second. */
async function stream(store: Store, { run, lease }: Claim, n: number, signal: AbortSignal): Promise<void> {
  let beat = performance.now();
  for (let seq = 1; !signal.aborted; seq++) {
    const at = new Date().toISOString();
    const entry: LogEntry = {
      seq,
      at,
      type: "text",
      text: `Agent ${n}, step ${seq}: reading module ${seq % 97}`,
    };
    await store.runLog.append(run.id, lease.fence, [entry]);
    if (performance.now() - beat > HEARTBEAT_MS) {
      await store.runs.heartbeat(run.id, lease.fence);
      beat = performance.now();
    }
    await pause(LINE_MS);
  }
}

/** What others do meanwhile: an issue goes back and forth every second. */
async function moveAround(store: Store, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const [issue] = await store.issues.list({ status: n % 2 === 0 ? "backlog" : "done", limit: 1 });
    await store.issues.move(issue.id, n % 2 === 0 ? "done" : "backlog", { kind: "human", name: "bench" });
    await pause(MOVE_MS);
  }
}

/** How long a trace is taken: it costs the page some time itself. */
const TRACE_MS = 10_000;

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Processor time in microseconds. */
  tdur?: number;
  args?: { name?: string };
}

/** The longest task of the page's thread in milliseconds of processor time, which other programs can't stretch. */
async function longestTask(browser: Browser, page: Page): Promise<number> {
  await browser.startTracing(page, { categories: ["toplevel"] });
  await pause(TRACE_MS);
  const text = new TextDecoder().decode(await browser.stopTracing());
  const { traceEvents: events } = JSON.parse(text) as { traceEvents: TraceEvent[] };
  const threads = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}:${tid}`),
  );
  const tasks = events.filter(({ name, pid, tid, tdur }) =>
    name.endsWith("RunTask") && tdur !== undefined && threads.has(`${pid}:${tid}`)
  );
  if (tasks.length === 0) throw new Error("The trace has no task of the page");
  return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1000;
}

/** In megabytes, after what can go is gone. */
async function heapMb(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
}

/** So long the page's thread has worked. */
async function taskSeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN;
}

/** A page that shows nothing new is no measurement. */
async function assertLive(page: Page): Promise<void> {
  const text = () => page.locator(".live-text").first().textContent();
  const then = await text();
  await pause(2_000);
  if (await text() === then) throw new Error(`The board stands still at ${JSON.stringify(then)}`);
}
