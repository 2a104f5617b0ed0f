import assert from "node:assert/strict";
import { readLines } from "../../src/process/lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
async function* chunks(...texts: (string | Uint8Array)[]) {
  for (const text of texts) yield await Promise.resolve(typeof text === "string" ? bytes(text) : text);
}

Deno.test("readLines() finds the same lines however the bytes are cut", async () => {
  const text = "one\r\n\nthree ü€😀\nlast";
  const all = bytes(text);
  for (let size = 1; size <= all.length; size++) {
    const parts = [];
    for (let i = 0; i < all.length; i += size) parts.push(all.slice(i, i + size));
    assert.deepEqual(await Array.fromAsync(readLines(chunks(...parts))), ["one", "", "three ü€😀", "last"]);
  }
  assert.deepEqual(await Array.fromAsync(readLines(chunks())), []);
  assert.deepEqual(await Array.fromAsync(readLines(chunks("\n"))), [""]);
});

Deno.test("readLines() carries a line of 20 MB, and cuts one that is longer than the limit", async () => {
  const part = "x".repeat(1 << 20);
  const [long, after] = await Array.fromAsync(readLines(chunks(...Array(20).fill(part), "\nafter\n")));
  assert.equal(long.length, 20 << 20);
  assert.equal(after, "after");
  const cut = await Array.fromAsync(readLines(chunks("abc", "def\nxy\n"), { max_line_bytes: 4 }));
  assert.deepEqual(cut, ["abcd", "xy"]);
});

Deno.test("readLines() reads no further than it is asked", async () => {
  let given = 0;
  const source = async function* () {
    for (; given < 100; given++) yield await Promise.resolve(bytes(`${given}\n`));
  };
  const lines = readLines(source());
  await lines.next();
  await lines.next();
  assert.ok(given <= 2, `${given}`);
  await lines.return();
});
