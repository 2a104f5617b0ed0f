/** From "ready" to a running agent: a tiny agent notes the time at which it starts, the runner commits the note. */

import { join } from "node:path";
import { startServer } from "../tests/support/server.ts";
import { amountRow, quantile, type Row } from "./report.ts";

/** Speaks just enough of Claude Code's protocol; its first act is to note the time. */
const AGENT = `#!/bin/sh
now=$(date +%s%N)
case "$1" in --version) echo "2.1.330 (Claude Code)"; exit 0 ;; esac
echo "$now" > started.txt
read -r prompt
session=00000000-0000-4000-8000-000000000000
echo '{"type":"system","subtype":"init","session_id":"'$session'","model":"tiny","claude_code_version":"2.1.330"}'
echo '{"type":"result","subtype":"success","is_error":false,"terminal_reason":"completed","result":"Done","num_turns":1,"session_id":"'$session'","total_cost_usd":0,"usage":{"input_tokens":1,"output_tokens":1}}'
cat > /dev/null
`;

/** The disk's part: a plain checkout in the same minute, and on the same disk, as each agent's start. */
interface StartTimes {
  agent: number[];
  checkout: number[];
}

/** @param huge how often with 50,000 files, each of which may take the disk a minute; 0: not at all */
export async function agentStartRows(rounds: number, huge: number): Promise<Row[]> {
  const small = await startTimes(1, rounds);
  const large = await startTimes(2_000, rounds);
  const rows = [
    startRow("ready → agent started, p99", small, 50),
    startRow("ready → agent started, workspace of 2,000 files, p99", large, 300),
  ];
  if (huge === 0) return rows;
  const what = `ready → agent started, workspace of 50,000 files, worst of ${huge}`;
  return [...rows, startRow(what, await startTimes(50_000, huge, 1), 1_000)];
}

function startRow(what: string, { agent, checkout }: StartTimes, at_most: number): Row {
  const row = amountRow(what, quantile(agent, 0.99), "ms", at_most, quantile(checkout, 0.99));
  const p50 = { p50_ms: quantile(agent, 0.5), ceiling_p50_ms: quantile(checkout, 0.5) };
  return {
    ...row,
    measured: `${row.measured} (p50 ${p50.p50_ms.toFixed(0)})`,
    ceiling: `${row.ceiling} (p50 ${p50.ceiling_p50_ms.toFixed(0)}; clone, checkout, spawn)`,
    numbers: { ...row.numbers, ...p50 },
  };
}

/** Milliseconds from the request that makes an issue ready to the agent's first act, for each of many issues. */
async function startTimes(files: number, rounds: number, warm_up = 3): Promise<StartTimes> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });
  try {
    const repository = await makeRepository(join(folder, "repository"), files);
    const agent = join(folder, "agent");
    await Deno.writeTextFile(agent, AGENT, { mode: 0o755 });
    await using server = await startServer({
      env: { AUTOPILOT_RUNNER: "1", AUTOPILOT_WORKDIR: repository, AUTOPILOT_CLAUDE_BIN: agent },
    });
    const times: StartTimes = { agent: [], checkout: [] };
    for (let round = 0; round < rounds + warm_up; round++) {
      const { body: issue } = await server.api<{ id: string }>("/issues", {
        json: { title: `Round ${round}` },
      });
      await treeIsReady(join(server.data, "workspaces"));
      const asked = performance.timeOrigin + performance.now();
      await server.api(`/issues/${issue.id}/status`, { json: { status: "ready" } });
      const end = await server.waitFor((event) =>
        event.type === "run.finished" && event.issue_id === issue.id
      );
      const { body } = await server.api<{ issue: { branch: string } }>(`/issues/${issue.id}`);
      if (end.outcome !== "implemented") throw new Error(`A run ended as ${end.outcome}:\n${server.log()}`);
      const noted = await git(repository, "show", `${body.issue.branch}:started.txt`);
      if (round < warm_up) continue;
      times.agent.push(Number(noted) / 1e6 - asked);
      times.checkout.push(await checkoutTime(repository, join(folder, `plain-${round}`)));
    }
    await server.stop();
    return times;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** An idle server has a work tree ready for the next run (src/workspace/spares.ts); the index is its last file. */
async function treeIsReady(workspaces: string): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (performance.now() < deadline) {
    if (await hasReadyTree(workspaces)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The server made no work tree ready within two minutes");
}

async function hasReadyTree(workspaces: string): Promise<boolean> {
  try {
    const folders = await Array.fromAsync(Deno.readDir(workspaces));
    const spare = folders.find(({ name }) => name.startsWith(".spare-"));
    if (spare !== undefined) return (await Deno.stat(join(workspaces, spare.name, "tree/.git/index"))).isFile;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

/** The least: a clone that shares the objects, a checkout, a shell that asks for the time. */
async function checkoutTime(repository: string, folder: string): Promise<number> {
  const asked = performance.timeOrigin + performance.now();
  await git(repository, "clone", "-q", "--shared", repository, folder);
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "date +%s%N"] }).output();
  await Deno.remove(folder, { recursive: true });
  return Number(new TextDecoder().decode(stdout)) / 1e6 - asked;
}

/** One pack and no files beside it, as a fresh clone would have: 50,000 files made one by one take minutes. */
export async function makeRepository(folder: string, files: number): Promise<string> {
  await Deno.mkdir(folder);
  await git(folder, "init", "-q", "-b", "main");
  const parts = [
    "commit refs/heads/main\ncommitter bench <bench@localhost> 1700000000 +0000\ndata 5\nFiles\n",
  ];
  for (let n = 0; n < files; n++) {
    const text = `line of file ${n}\n`.repeat(40);
    parts.push(`M 100644 inline part-${n % 40}/file-${n}.txt\ndata ${text.length}\n${text}\n`);
  }
  const child = new Deno.Command("git", {
    args: ["-C", folder, "fast-import", "--quiet"],
    stdin: "piped",
  }).spawn();
  await new Blob(parts).stream().pipeTo(child.stdin);
  if (!(await child.status).success) throw new Error("git fast-import failed");
  return folder;
}

export async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("git", { args: ["-C", folder, ...args] })
    .output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
