import assert from "node:assert/strict";
import { join } from "node:path";
import { boundGrowth, HOME_DAYS } from "../../src/runner/growth.ts";
import { namesIn } from "../../src/workspace/names_in.ts";
import { ANN, ManualClock, newIssue, openTestStore } from "../support/store.ts";

async function setup() {
  const clock = new ManualClock();
  const test = await openTestStore({ clock });
  const dir = await Deno.makeTempDir({ prefix: "autopilot-growth-" });
  const [homes, caches] = [join(dir, "homes"), join(dir, "caches")];
  const busy = new Set<string>();
  return {
    clock,
    store: test.store,
    homes,
    caches,
    busy,
    bound: (cache_bytes: number) =>
      boundGrowth({
        homes,
        caches,
        cache_bytes,
        now: () => clock.now(),
        issue: async (number) => {
          const found = (await test.store.issues.list({ limit: 100 })).find((one) => one.number === number);
          return found === undefined ? null : { issue: found };
        },
        busy: () => Promise.resolve(busy),
      }),
    async [Symbol.asyncDispose]() {
      await test[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("homes go some time after their issue is done, and none that a run may need", async () => {
  await using it = await setup();
  for (let n = 1; n <= 4; n++) {
    const { id } = await it.store.issues.create(newIssue({ status: "backlog" }), ANN);
    await Deno.mkdir(join(it.homes, String(n), "session"), { recursive: true });
    if (n !== 1) await it.store.issues.move(id, "done", ANN);
    if (n === 3) it.busy.add(id);
  }
  await Deno.mkdir(join(it.homes, "99"));
  await it.bound(0);
  assert.equal((await namesIn(it.homes)).length, 5);
  it.clock.advance(HOME_DAYS * 86_400_000 - 1_000);
  await it.store.issues.edit("4", { body: "Looked at again" }, {}, ANN);
  it.clock.advance(2_000);
  await it.bound(0);
  // In the backlog, worked on, touched lately, of another database.
  assert.deepEqual((await namesIn(it.homes)).sort(), ["1", "3", "4", "99"]);
});

Deno.test("caches that are too large together go by their last use, never while somebody works", async () => {
  await using it = await setup();
  for (const [at, path] of ["a/members", "a/external", "b/members"].entries()) {
    await Deno.mkdir(join(it.caches, path, "npm"), { recursive: true });
    await Deno.writeFile(join(it.caches, path, "npm", "file"), new Uint8Array(1_000));
    // The first of the list was used last.
    await Deno.utime(join(it.caches, path), new Date(2e12 - at * 1e6), new Date(2e12 - at * 1e6));
  }
  const left = async () =>
    (await Promise.all(
      ["a", "b"].map(async (name) => (await namesIn(join(it.caches, name))).map((one) => `${name}/${one}`)),
    ))
      .flat().sort();
  await it.bound(3_000);
  assert.equal((await left()).length, 3);
  it.busy.add("somebody");
  await it.bound(2_500);
  assert.equal((await left()).length, 3);
  it.busy.clear();
  await it.bound(2_500);
  assert.deepEqual(await left(), ["a/external", "a/members"]);
  await it.bound(1_000);
  assert.deepEqual(await left(), ["a/members"]);
});
