import assert from "node:assert/strict";
import { tryFileLock } from "../../src/process/file_lock.ts";

/** The file as an older Deno gives it, whose `lock()` waits. */
function older(file: Deno.FsFile): Deno.FsFile {
  return Object.assign(Object.create(file), {
    tryLock: undefined,
    lock: (exclusive: boolean) => file.lock(exclusive),
    stat: () => file.stat(),
  });
}

for (const [name, as] of [["", (file: Deno.FsFile) => file], [" without tryLock()", older]] as const) {
  Deno.test(`tryFileLock()${name} is refused while another has the lock, and gets it afterwards`, async () => {
    const path = await Deno.makeTempFile();
    const open = () => Deno.open(path, { read: true, write: true });
    try {
      const holder = await open();
      assert.equal(await tryFileLock(as(holder), true), true);
      for (let look = 0; look < 3; look++) {
        const second = await open();
        assert.equal(await tryFileLock(as(second), true), false);
        second.close();
      }
      holder.close();
      using next = await open();
      // The looks of before may hold it for a moment.
      while (!await tryFileLock(as(next), true));
    } finally {
      await Deno.remove(path);
    }
  });
}
