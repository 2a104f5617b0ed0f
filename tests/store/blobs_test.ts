import assert from "node:assert/strict";
import { join } from "node:path";
import { openBlobs, TooLargeError } from "../../src/store/blobs.ts";

async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-blobs-" });
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const streamOf = (...chunks: Uint8Array<ArrayBuffer>[]) => ReadableStream.from(chunks);
const bytes = (size: number, fill: number) => new Uint8Array(size).fill(fill);

Deno.test("write() stores the bytes under a random name in private files", async () => {
  await withFolder(async (parent) => {
    const dir = join(parent, "uploads");
    const blobs = await openBlobs(dir);
    const stored = await blobs.write(streamOf(bytes(3000, 1), bytes(0, 0), bytes(3000, 2)), 6000);
    assert.equal(stored.size, 6000);
    assert.deepEqual(stored.head, Uint8Array.from([...bytes(3000, 1), ...bytes(1096, 2)]));
    assert.match(stored.stored_name, /^[0-9a-f]{32}$/);
    const read = new Uint8Array(await new Response(await blobs.open(stored.stored_name)).arrayBuffer());
    assert.deepEqual(read, Uint8Array.from([...bytes(3000, 1), ...bytes(3000, 2)]));
    assert.equal(((await Deno.stat(dir)).mode ?? 0) & 0o777, 0o700);
    assert.equal(((await Deno.stat(blobs.path(stored.stored_name))).mode ?? 0) & 0o777, 0o600);
    const empty = await blobs.write(streamOf(), 0);
    assert.deepEqual([empty.size, empty.head.length], [0, 0]);
    assert.notEqual(empty.stored_name, stored.stored_name);
  });
});

Deno.test("write() of too much, or of a body that breaks off, leaves nothing behind", async () => {
  await withFolder(async (dir) => {
    const blobs = await openBlobs(dir);
    await assert.rejects(
      blobs.write(streamOf(bytes(10, 1), bytes(10, 1)), 19),
      (error) => error instanceof TooLargeError && error.max_bytes === 19,
    );
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("The client went away")),
    });
    await assert.rejects(blobs.write(broken, 100), /went away/);
    assert.deepEqual([...Deno.readDirSync(dir)], []);
  });
});

Deno.test("open(), path() and remove() know only names that write() gives", async () => {
  await withFolder(async (parent) => {
    await Deno.writeTextFile(join(parent, "secret"), "secret");
    const blobs = await openBlobs(join(parent, "uploads"));
    for (
      const name of [
        "../secret",
        "..",
        "",
        "/etc/passwd",
        "a".repeat(31),
        `${"a".repeat(32)}\n`,
        "A".repeat(32),
      ]
    ) {
      await assert.rejects(blobs.open(name), Deno.errors.NotFound);
      assert.throws(() => blobs.path(name), Deno.errors.NotFound);
      await blobs.remove(name);
    }
    assert.equal(await Deno.readTextFile(join(parent, "secret")), "secret");
    const { stored_name } = await blobs.write(streamOf(bytes(1, 1)), 1);
    await blobs.remove(stored_name);
    await blobs.remove(stored_name);
    await assert.rejects(blobs.open(stored_name), Deno.errors.NotFound);
  });
});
