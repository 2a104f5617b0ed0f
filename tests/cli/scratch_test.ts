import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { scratchBeside } from "../../src/cli/scratch.ts";
import { exists } from "../../src/archive/swap.ts";
import { readLines } from "../../src/process/lines.ts";

const MODULE = new URL("../../src/cli/scratch.ts", import.meta.url).href;

/** Has a folder beside the file until it is killed; answers the folder. */
async function killedOwner(target: string): Promise<string> {
  const code = `import { scratchBeside } from ${JSON.stringify(MODULE)};
    const { folder } = await scratchBeside(${JSON.stringify(target)});
    await Deno.writeTextFile(folder + "/archive.tar", "half");
    console.log(folder);
    setInterval(() => {}, 1e6);`;
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", code], stdout: "piped" }).spawn();
  const lines = readLines(child.stdout);
  const { value: folder } = await lines.next();
  // Its owner lives: nobody takes it for left over.
  await using beside = await scratchBeside(target);
  assert.deepEqual([beside.removed, await exists(String(folder))], [[], true]);
  child.kill("SIGKILL");
  await child.status;
  await lines.return(undefined);
  return String(folder);
}

Deno.test("scratchBeside() removes and names what a killed owner left, and nothing else", async () => {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-scratch-" });
  try {
    const target = join(dir, "board.tar");
    const strange = join(dir, ".autopilot-archive-of-another-kind");
    await Deno.mkdir(strange);
    const left = await killedOwner(target);
    assert.ok(await exists(join(left, "archive.tar")));
    {
      await using next = await scratchBeside(join(dir, "other.tar"));
      assert.deepEqual(next.removed, [left]);
      assert.ok(!await exists(left));
    }
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), [basename(strange)]);
    await Deno.utime(strange, 0, 0);
    await using last = await scratchBeside(target);
    assert.deepEqual(last.removed, [strange]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("scratchBeside() says that there is no such folder", async () => {
  await assert.rejects(
    scratchBeside("/nowhere/at/all/board.tar"),
    /There is no folder \/nowhere\/at\/all: make/,
  );
});
