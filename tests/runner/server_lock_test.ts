import assert from "node:assert/strict";
import { holdServerLock, removeFreeLocks, serverLives } from "../../src/runner/server_lock.ts";

async function folderFor(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-lock-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("serverLives() is true while the lock is held, and for a server that the folder does not know", () =>
  folderFor(async (folder) => {
    assert.equal(await serverLives(folder, "here", 7), true);
    const release = await holdServerLock(folder, "here", 7);
    assert.equal(await serverLives(folder, "here", 7), true);
    await release();
    assert.deepEqual(await names(folder), []);
    assert.equal(await serverLives(folder, "here", 7), true);
  }));

Deno.test("serverLives() knows a killed server at once, although its number belongs to a living process", () =>
  folderFor(async (folder) => {
    const script = new URL("../fixtures/lock_holder.ts", import.meta.url).pathname;
    const holder = new Deno.Command(Deno.execPath(), {
      // The number of this test's own process: it lives, and it is not the server.
      args: [
        "run",
        "-q",
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
        script,
        folder,
        "here",
        `${Deno.pid}`,
      ],
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    const { value } = await reader.read();
    assert.equal(new TextDecoder().decode(value), "held\n");
    assert.equal(await serverLives(folder, "here", Deno.pid), true);
    holder.kill("SIGKILL");
    await holder.status;
    await reader.cancel();
    assert.equal(await serverLives(folder, "here", Deno.pid), false);
    // The next server with the number is not taken for the dead one.
    const release = await holdServerLock(folder, "here", Deno.pid);
    assert.equal(await serverLives(folder, "here", Deno.pid), true);
    await release();
  }));

Deno.test("removeFreeLocks() leaves held locks and those of runs that wait for their rescue", () =>
  folderFor(async (folder) => {
    const release = await holdServerLock(folder, "here", 1);
    for (const pid of [2, 3]) await Deno.writeTextFile(`${folder}/here-${pid}.lock`, "");
    await removeFreeLocks(folder, [{ host: "here", pid: 3 }]);
    assert.deepEqual(await names(folder), ["here-1.lock", "here-3.lock"]);
    assert.equal(await serverLives(folder, "here", 3), false);
    await release();
  }));
