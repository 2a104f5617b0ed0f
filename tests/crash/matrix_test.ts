import assert from "node:assert/strict";
import { type Failpoint, FAILPOINTS } from "../../src/failpoint.ts";
import { crashMatrix, matrixTable } from "./matrix.ts";
import { quotedMatrix } from "./readme.ts";

Deno.test("a server killed at any failpoint loses nothing, repeats nothing and leaves nothing", async () => {
  const rows = await crashMatrix(Object.keys(FAILPOINTS) as Failpoint[]);
  Deno.stdout.writeSync(new TextEncoder().encode(`\n${matrixTable(rows)}\n`));
  assert.equal(rows.length, Object.keys(FAILPOINTS).length);
  const broken = rows.flatMap(({ point, broken }) => broken.map((what) => `${point}: ${what}`));
  assert.deepEqual(broken, []);
});

Deno.test("docs/crashes.md quotes the crash matrix with every failpoint", async () => {
  const quote = quotedMatrix(await Deno.readTextFile(new URL("../../docs/crashes.md", import.meta.url)));
  const points = [...quote.matchAll(/\(`(\w+)`\)/g)].map(([, point]) => point);
  assert.deepEqual(points, Object.keys(FAILPOINTS));
  assert.doesNotMatch(quote, /BROKEN/);
});
