import assert from "node:assert/strict";
import { runSoak } from "./run_soak.ts";

Deno.test("two servers that are killed at random lose nothing, repeat nothing and leave nothing", async () => {
  const { table, broken } = await runSoak({ minutes: 0.4, settle_minutes: 0.6, issues: 16 });
  Deno.stdout.writeSync(new TextEncoder().encode(`\n${table}\n`));
  assert.deepEqual(broken, [], table);
});
