/**
 * `deno task bench`: measures what docs/speed.md says, each beside a ceiling of this machine in the same run.
 * Traffic stays on loopback and is bounded.
 *
 *   --only=http,claims   groups: start, http, logins, sockets, claims, agents, workspace, stats, scale, board,
 *            scripts
 *   --quick              short and rough
 *   --long               agents stream to the board for ten minutes
 *   --json=<path>        writes the rows there too (they are always printed as one line of JSON)
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../src/clock.ts";
import { openStore } from "../src/store/open.ts";
import { findPostgres, startPostgres } from "../tests/support/postgres.ts";
import { boardRows } from "./board.ts";
import { agentStartRows } from "./agent_start.ts";
import { httpRows } from "./http.ts";
import { findGenerator } from "./load.ts";
import { loginRows } from "./logins.ts";
import { print, type Row, table } from "./report.ts";
import { scriptRows } from "./scripts.ts";
import { socketRows } from "./sockets.ts";
import { startRows } from "./start.ts";
import { statsRows } from "./stats.ts";
import { claimRow, fill, scaleRows } from "./store.ts";
import { sandboxRow, workspaceRows } from "./workspace.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    only: { type: "string" },
    quick: { type: "boolean" },
    long: { type: "boolean" },
    json: { type: "string" },
  },
});
const quick = values.quick === true;
const only = values.only?.split(",");
const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });

/** A database with so many issues; every tenth is ready. Made once. */
const filled = new Map<number, Promise<string>>();
function database(count: number): Promise<string> {
  const made = filled.get(count) ?? makeDatabase(count);
  filled.set(count, made);
  return made;
}

async function makeDatabase(count: number): Promise<string> {
  print(`Filling a database with ${count.toLocaleString("en")} issues …`);
  const path = join(folder, `${count}.db`);
  await using store = await openStore({ url: `sqlite:${path}`, clock: systemClock });
  await fill(store, count, (n) => n % 10 === 0 ? "ready" : "backlog");
  return path;
}

async function claimRows(count: number): Promise<Row[]> {
  const rows = [await claimRow(`sqlite:${join(folder, "claims.db")}`, "SQLite", count, 3_000)];
  const programs = findPostgres();
  if ("missing" in programs) {
    print(`PostgreSQL is left out: ${programs.missing}`);
    return rows;
  }
  await using cluster = await startPostgres(programs.bin, { durable: true });
  return [...rows, await claimRow(await cluster.createDatabase("bench"), "PostgreSQL", count, 1_000)];
}

const generator = await findGenerator();
const groups: Record<string, () => Promise<Row[]>> = {
  start: async () => await startRows(quick ? 3 : 15, await database(100_000)),
  http: () => httpRows(generator, quick ? 2 : 8),
  logins: () => loginRows(generator, quick ? 2 : 8),
  sockets: () => socketRows(quick ? [1_000] : [1_000, 5_000]),
  claims: () => claimRows(quick ? 2_000 : 10_000),
  agents: () => agentStartRows(quick ? 10 : 50, quick ? 0 : 3),
  workspace: async () => [
    await sandboxRow(quick ? 20 : 100),
    ...await workspaceRows(2_000, quick ? 3 : 10),
    ...(quick ? [] : await workspaceRows(50_000, 1)),
  ],
  board: () => boardRows(values.long === true ? 600 : quick ? 10 : 30, quick ? 3 : 9),
  stats: () => statsRows(join(folder, "stats.db"), quick ? 3 : 9),
  scripts: () => scriptRows(quick ? 5 : 25),
  scale: async () => await scaleRows(await database(1_000), await database(100_000)),
};

const rows: Row[] = [];
try {
  for (const name of only ?? Object.keys(groups)) {
    const group = groups[name];
    if (group === undefined) {
      throw new Error(`No group "${name}"; there are ${Object.keys(groups).join(", ")}`);
    }
    print(`Measuring ${name} …`);
    rows.push(...await group());
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
const machine =
  `${navigator.hardwareConcurrency} processors, Deno ${Deno.version.deno}, load by ${generator}`;
print(`\n${table(rows)}\n\n${machine}`);
const json = JSON.stringify({ machine, rows });
print(json);
if (values.json !== undefined) await Deno.writeTextFile(values.json, json + "\n");
