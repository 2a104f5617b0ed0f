import assert from "node:assert/strict";
import { run, start } from "../../src/process/spawn.ts";

const PATH = Deno.env.get("PATH") ?? "";
const FIXTURE = new URL("../fixtures/kill_survivors.ts", import.meta.url).pathname;

for (
  const [rights, flags] of [["all", ["-A"]], ["narrow", ["--allow-read", "--allow-run=kill,ps"]]] as const
) {
  Deno.test(`killSurvivors() finds what left its session by its mark, with ${rights} permissions`, async () => {
    const mark = `CLAUDE_CODE_SESSION_ID=${crypto.randomUUID()}`;
    const [name, value] = mark.split("=");
    const marked = start({ command: "sleep", args: ["600"], env: { PATH, [name]: value }, detached: true });
    const other = start({
      command: "sleep",
      args: ["600"],
      env: { PATH, [name]: "another" },
      detached: true,
    });
    const { code, stderr } = await run({
      command: Deno.execPath(),
      args: ["run", "--no-prompt", ...flags, FIXTURE, mark, PATH],
      env: { PATH, HOME: Deno.env.get("HOME") ?? "", DENO_DIR: Deno.env.get("DENO_DIR") ?? "" },
    });
    assert.equal(code, 0, stderr);
    assert.equal((await marked.exited).signal, "SIGKILL");
    other.kill("SIGTERM");
    assert.equal((await other.exited).signal, "SIGTERM");
    await marked.stdout.cancel();
    await other.stdout.cancel();
  });
}
