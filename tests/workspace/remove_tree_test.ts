import assert from "node:assert/strict";
import { join } from "node:path";

/** Modes say nothing to root, unless it gives up the right to pass over them. */
const AS_ANYBODY = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];

Deno.test("removeTree() removes folders that may be neither written nor read, and follows no link", async () => {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    const doomed = join(folder, "doomed");
    const kept = join(folder, "kept");
    for (const path of ["doomed/closed/deep", "doomed/read-only/deep", "kept"]) {
      await Deno.mkdir(join(folder, path), { recursive: true });
      await Deno.writeTextFile(join(folder, path, "file.txt"), "text\n");
    }
    await Deno.symlink(kept, join(doomed, "read-only/link"));
    await Deno.chmod(kept, 0o500);
    await Deno.chmod(join(doomed, "closed"), 0o000);
    for (const path of ["read-only/deep", "read-only"]) await Deno.chmod(join(doomed, path), 0o500);

    const script = new URL("../fixtures/remove_tree.ts", import.meta.url).pathname;
    const [program, ...args] = [...AS_ANYBODY, Deno.execPath(), "run", "-q", "-A", script, doomed];
    const { code, stderr } = await new Deno.Command(program, { args }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["kept"]);
    assert.equal((await Deno.stat(kept)).mode! & 0o777, 0o500);
    assert.equal(await Deno.readTextFile(join(kept, "file.txt")), "text\n");
  } finally {
    await Deno.chmod(join(folder, "kept"), 0o700);
    await Deno.remove(folder, { recursive: true });
  }
});
