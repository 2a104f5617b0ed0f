/** The queue: claims per second, and what 100,000 issues cost beside 1,000. */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import pg from "pg";
import { systemClock } from "../src/clock.ts";
import type { NewIssue, Status } from "../src/domain/issue.ts";
import { openStore } from "../src/store/open.ts";
import type { Store } from "../src/store/store.ts";
import { factorRow, quantile, rateRow, type Row } from "./report.ts";

const HUMAN = { kind: "human", name: "bench" } as const;
const CLAIMERS = 8;
/** Writes under way at a time while a database is filled: they share commits. */
const FILLERS = 200;

function newIssue(n: number, status: Status): NewIssue {
  return {
    title: `Issue ${n}: the ${WORDS[n % WORDS.length]} of module ${n % 97} is wrong (serial${n})`,
    body: `When the ${WORDS[(n * 7) % WORDS.length]} is opened, ${WORDS[(n * 13) % WORDS.length]} shows. `
      .repeat(4),
    kind: n % 3 === 0 ? "bug" : "feature",
    priority: (["urgent", "high", "normal", "low"] as const)[n % 4],
    assignee: "",
    human_only: false,
    created_by: "bench",
    trust: "operator",
    status,
  };
}
const WORDS = ["header", "menu", "footer", "table", "chart", "import", "export", "login", "search", "queue"];

/** Fills a store with so many issues, the last of them in order of creation. */
export async function fill(store: Store, count: number, status: (n: number) => Status): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: FILLERS }, async () => {
    while (next < count) {
      const n = next++;
      await store.issues.create(newIssue(n, status(n)), HUMAN);
    }
  }));
}

/** Eight claimers empty a queue of ready issues. */
export async function claimRow(url: string, name: string, count: number, at_least: number): Promise<Row> {
  await using store = await openStore({ url, clock: systemClock });
  await fill(store, count, () => "ready");
  const claimed: string[] = [];
  const started = performance.now();
  await Promise.all(Array.from({ length: CLAIMERS }, async (_, n) => {
    const agent = { id: `bench-${n}`, host: "bench", pid: Deno.pid };
    for (let claim = await store.runs.claim(agent); claim !== null; claim = await store.runs.claim(agent)) {
      claimed.push(claim.issue.id);
    }
  }));
  const seconds = (performance.now() - started) / 1000;
  const once = new Set(claimed).size;
  if (once !== count || claimed.length !== count) {
    throw new Error(`${count} issues were ready, ${claimed.length} claims were made of ${once} issues`);
  }
  const ceiling = url.startsWith("sqlite:") ? await bareClaims(count) : await barePostgresClaims(url, count);
  const what = `claims, ${CLAIMERS} claimers, ${count.toLocaleString("en")} ready, ${name}`;
  return rateRow(what, count / seconds, at_least, ceiling);
}

/** The same on PostgreSQL, by as many connections, in one statement. */
async function barePostgresClaims(url: string, count: number): Promise<number> {
  const clients = await Promise.all(Array.from({ length: CLAIMERS }, async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  }));
  try {
    const [first] = clients;
    await first.query("create table bare_issues (id bigint primary key, status text, priority int, by text)");
    await first.query("create index bare_ready on bare_issues (priority, id) where status = 'ready'");
    await first.query("create table bare_events (seq bigserial primary key, data text)");
    await first.query("insert into bare_issues select n, 'ready', n % 4 from generate_series(1, $1::int) n", [
      count,
    ]);
    const started = performance.now();
    await Promise.all(clients.map(async (client) => {
      while ((await client.query(BARE_CLAIM)).rowCount !== 0);
    }));
    return count / ((performance.now() - started) / 1000);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

const BARE_CLAIM = `
  with claimed as (
    update bare_issues set status = 'in_progress', by = 'bench' where id = (
      select id from bare_issues where status = 'ready' order by priority, id limit 1 for update skip locked
    ) returning id
  )
  insert into bare_events (data)
    select kind || id from claimed, (values ('issue.status '), ('run.started ')) as kinds (kind)`;

/** The least that a claim on disk can be: pick, mark, two events, one durable commit. */
async function bareClaims(count: number): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });
  try {
    using db = new DatabaseSync(join(folder, "bare.db"));
    db.exec("pragma journal_mode = wal; pragma synchronous = full");
    db.exec("create table issues (id integer primary key, status text, priority integer, by text) strict");
    db.exec("create index ready on issues (priority, id) where status = 'ready'");
    db.exec("create table events (seq integer primary key, data text) strict");
    db.exec("begin");
    const add = db.prepare("insert into issues (status, priority) values ('ready', ?)");
    for (let n = 0; n < count; n++) add.run(n % 4);
    db.exec("commit");
    const claim = db.prepare(
      "update issues set status = 'in_progress', by = ? where id = (select id from issues where status = 'ready' " +
        "order by priority, id limit 1) returning id",
    );
    const event = db.prepare("insert into events (data) values (?)");
    const started = performance.now();
    for (let n = 0; n < count; n++) {
      db.exec("begin immediate");
      const row = claim.get("bench");
      event.run(JSON.stringify({ type: "issue.status", ...row }));
      event.run(JSON.stringify({ type: "run.started", ...row }));
      db.exec("commit");
    }
    return count / ((performance.now() - started) / 1000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** List page, search and claim in a small and in a large database. */
export async function scaleRows(small: string, large: string): Promise<Row[]> {
  const few = await timesOf(small);
  const many = await timesOf(large);
  return Object.keys(few).map((what) =>
    factorRow(`${what}, 100,000 issues beside 1,000`, many[what], few[what], "ms", 2)
  );
}

async function timesOf(path: string): Promise<Record<string, number>> {
  await using store = await openStore({ url: `sqlite:${path}`, clock: systemClock });
  const agent = { id: "bench", host: "bench", pid: Deno.pid };
  // Terms match as beginnings of words: only the newest issue's number is the beginning of no other's.
  const [newest] = await store.issues.list({ limit: 1 });
  const rare = /serial\d+/.exec(newest.title)?.[0] ?? "";
  return {
    "list page of 50": await median(50, () => store.issues.list({ limit: 50 })),
    "list page by status": await median(50, () => store.issues.list({ limit: 50, status: "ready" })),
    "list page of the last accepted": await median(
      50,
      () => store.issues.list({ limit: 50, status: "done", order: "accepted" }),
    ),
    "list page by status, kind and priority": await median(
      50,
      () =>
        store.issues.list({
          limit: 50,
          status: ["ready", "backlog"],
          kind: ["bug", "feature"],
          priority: ["urgent", "low"],
        }),
    ),
    "list page of an agent without issues": await median(
      50,
      () => store.issues.list({ limit: 50, agent: "nobody" }),
    ),
    "list page of what came from outside": await median(
      50,
      () => store.issues.list({ limit: 50, trust: "external" }),
    ),
    "list page of what needs a human": await median(
      50,
      () => store.issues.list({ limit: 50, needs: ["question", "failed", "review"] }),
    ),
    "search for a word of one issue": await median(
      20,
      () => store.issues.list({ limit: 50, q: rare }),
    ),
    "search for a word of every issue": await median(20, () => store.issues.list({ limit: 50, q: "module" })),
    "search for two common words and a rare one": await median(
      20,
      () => store.issues.list({ limit: 50, q: `opened module ${rare}` }),
    ),
    "claim": await median(30, () => store.runs.claim(agent)),
  };
}

async function median(rounds: number, action: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds + 3; round++) {
    const started = performance.now();
    await action();
    if (round >= 3) times.push(performance.now() - started);
  }
  return quantile(times, 0.5);
}
