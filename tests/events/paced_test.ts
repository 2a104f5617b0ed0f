import assert from "node:assert/strict";
import { Paced } from "../../src/events/paced.ts";

Deno.test("Paced runs at once, never twice at a time, and once more for what came meanwhile", async () => {
  const runs: number[] = [];
  let now = 0;
  let finish = () => {};
  const started = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const paced = new Paced(5, async () => {
    runs.push(++now);
    started[runs.length - 1]?.resolve();
    await new Promise<void>((resolve) => finish = resolve);
  });
  paced.poke();
  await started[0].promise;
  for (let n = 0; n < 10; n++) paced.poke();
  assert.equal(runs.length, 1);
  finish();
  await started[1].promise;
  finish();
  paced.close();
  assert.equal(runs.length, 2);
});

Deno.test("Paced tries again after a failure", async () => {
  let runs = 0;
  const again = Promise.withResolvers<void>();
  const paced = new Paced(1, () => {
    runs++;
    if (runs === 1) return Promise.reject(new Error("once"));
    again.resolve();
    return Promise.resolve();
  });
  paced.poke();
  await again.promise;
  paced.close();
  assert.equal(runs, 2);
});
