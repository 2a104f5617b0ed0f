import assert from "node:assert/strict";
import { parsePs, parseStat, readProcesses, usageOf } from "../../src/process/process_table.ts";
import { probeSandbox } from "../../src/process/sandbox.ts";
import { start } from "../../src/process/spawn.ts";
import { readLines } from "../../src/process/lines.ts";

const REST = "0 ".repeat(19);
const stat = (pid: number, name: string, parent: number, pages: number) =>
  `${pid} (${name}) S ${parent} ${REST}${pages} 18446744073709551615 1 1\n`;

Deno.test("parseStat() reads every process, whatever it calls itself", () => {
  const names = ["sh", "a b", "(x)", ") S 1 2", "a\nb", "9 (x) S 1 0\n", ""];
  const text = `4096\n${names.map((name, n) => stat(n + 1, name, n, 10)).join("")}`;
  assert.deepEqual(parseStat(text), names.map((_, n) => ({ pid: n + 1, parent: n, rss_kb: 40 })));
  assert.deepEqual(parseStat(`16384\n${stat(1, "sh", 0, 2)}`), [{ pid: 1, parent: 0, rss_kb: 32 }]);
  assert.deepEqual(parseStat("4096\ncat: /proc/1/stat: No such file or directory\n"), []);
});

Deno.test("parsePs() reads what ps answers", () => {
  assert.deepEqual(parsePs("    1     0  1234\n   22     1     0\n"), [
    { pid: 1, parent: 0, rss_kb: 1234 },
    { pid: 22, parent: 1, rss_kb: 0 },
  ]);
});

Deno.test("usageOf() adds up a process and all below it, and nothing beside it", () => {
  const rows = [
    { pid: 3, parent: 2, rss_kb: 4 },
    { pid: 1, parent: 0, rss_kb: 1 },
    { pid: 2, parent: 1, rss_kb: 2 },
    { pid: 4, parent: 1, rss_kb: 8 },
  ];
  assert.deepEqual(usageOf(2, rows), { processes: 2, rss_kb: 6 });
  assert.deepEqual(usageOf(1, rows), { processes: 4, rss_kb: 15 });
  assert.deepEqual(usageOf(9, rows), { processes: 0, rss_kb: 0 });
});

Deno.test("readProcesses() sees what a sandboxed command holds, detached children too", async () => {
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };
  const folder = await Deno.makeTempDir();
  try {
    const sandbox = await probeSandbox("bwrap", { env, memory_mb: 64 });
    // 30 MB in a shell variable, and two that left its session.
    const script =
      "setsid sleep 600 & setsid sleep 600 & x=$(head -c 30000000 /dev/zero | tr '\\0' x); echo ready; read y";
    const child = start({
      ...sandbox.wrap({
        command: "/bin/sh",
        args: ["-c", script],
        env: {},
        tree: folder,
        home: folder,
        read_only: [],
        read_write: [],
      }),
      stdin: "piped",
    });
    const lines = readLines(child.stdout)[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "ready");
    const usage = usageOf(child.pid, await readProcesses(sandbox, env));
    // bwrap, its helper within, the shell, two sleepers.
    assert.equal(usage.processes, 5);
    assert.ok(usage.rss_kb > 30_000 && usage.rss_kb < 200_000, String(usage.rss_kb));
    child.kill("SIGKILL");
    await child.closeInput();
    await child.exited;
    await lines.return?.();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
