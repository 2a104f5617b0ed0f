import assert from "node:assert/strict";
import { join } from "node:path";
import { finishSwap, type Move, swapIn } from "../../src/archive/swap.ts";

/** Two old files that are replaced, a third that goes, and what is staged for them. */
async function scene(): Promise<{ dir: string; journal: string; moves: Move[] } & AsyncDisposable> {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-swap-" });
  const at = (name: string) => join(dir, name);
  for (const name of ["a", "b", "c", "new-a", "new-b"]) await Deno.writeTextFile(at(name), name);
  return {
    dir,
    journal: at("journal"),
    moves: [
      { staged: null, target: at("c"), aside: at("old-c") },
      { staged: at("new-a"), target: at("a"), aside: at("old-a") },
      { staged: at("new-b"), target: at("b"), aside: at("old-b") },
    ],
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

async function filesIn(dir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name } of Deno.readDir(dir)) found[name] = await Deno.readTextFile(join(dir, name));
  return found;
}

const DONE = { a: "new-a", b: "new-b", "old-a": "a", "old-b": "b", "old-c": "c" };

Deno.test("swapIn() puts all new files in place and keeps the old ones", async () => {
  await using it = await scene();
  await swapIn(it.journal, it.moves);
  assert.deepEqual(await filesIn(it.dir), DONE);
  assert.equal(await finishSwap(it.journal), null);
});

Deno.test("finishSwap() ends what was cut off after any step", async () => {
  const steps: [string, string][] = [["c", "old-c"], ["a", "old-a"], ["new-a", "a"], ["b", "old-b"], [
    "new-b",
    "b",
  ]];
  for (let done = 0; done <= steps.length; done++) {
    await using it = await scene();
    await Deno.writeTextFile(it.journal, JSON.stringify({ moves: it.moves }));
    for (const [from, to] of steps.slice(0, done)) await Deno.rename(join(it.dir, from), join(it.dir, to));
    assert.equal((await finishSwap(it.journal))?.length, 3);
    assert.deepEqual(await filesIn(it.dir), DONE, `after ${done} steps`);
  }
});

Deno.test("finishSwap() never overwrites what it would keep, and says when something is gone", async () => {
  await using it = await scene();
  await Deno.writeTextFile(join(it.dir, "old-a"), "older");
  await assert.rejects(swapIn(it.journal, it.moves), /old-a is there already/);
  assert.equal(await Deno.readTextFile(join(it.dir, "old-a")), "older");
  await using gone = await scene();
  for (const name of ["a", "new-a"]) await Deno.remove(join(gone.dir, name));
  await assert.rejects(swapIn(gone.journal, gone.moves), /Neither .*new-a nor .*a is there/);
});
