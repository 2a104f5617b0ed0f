import assert from "node:assert/strict";
import { endProcessesNaming, processesNaming } from "../support/processes.ts";

const HOST = new URL("../fixtures/dying_host.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const AT_ONCE = 4;
/** bwrap needs about ten milliseconds until what it starts is bound to its life. */
const MOMENTS_MS = Array.from({ length: 80 }, (_, n) => n % 20);
const GONE_MS = 10_000;

/** The agent leaves children that only the end of their sandbox ends. */
Deno.test("a server killed at any moment of an agent's start leaves no process", async () => {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-window-" });
  try {
    const waiting = [...MOMENTS_MS.entries()];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [n, ms] = next;
        const { signal } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "-q", "--config", CONFIG, HOST, `${folder}/${n}`, `${ms}`],
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).output();
        assert.equal(signal, "SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const until = performance.now() + GONE_MS;
    let left = await processesNaming(folder);
    while (left.length > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      left = await processesNaming(folder);
    }
    assert.deepEqual(left, []);
  } finally {
    await endProcessesNaming(folder);
    await Deno.remove(folder, { recursive: true });
  }
});
