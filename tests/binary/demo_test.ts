import assert from "node:assert/strict";
import { join } from "node:path";
import { EXECUTABLE, executable } from "../support/executable.ts";
import { startServer } from "../support/server.ts";

Deno.test({
  ...executable("the executable's demo works and leaves nothing"),
  async fn() {
    const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "autopilot-demo-test-" }));
    try {
      const tmp = join(dir, "tmp");
      await Deno.mkdir(tmp);
      await using server = await startServer({
        executable: EXECUTABLE,
        args: ["demo"],
        env: { TMPDIR: tmp },
        data: join(dir, "data"),
      });
      await server.waitFor(
        ({ type, status }) => type === "issue.status" && status === "in_review",
        "a review",
      );
      const { body } = await server.api<{ files: { path: string }[] }>("/issues/1/diff");
      assert.deepEqual(body.files.map(({ path }) => path), ["basket.js"]);
      assert.equal(await server.stop(), 0);
      assert.doesNotMatch(server.log(), /NotCapable|Requires .* access/);
      assert.deepEqual((await Array.fromAsync(Deno.readDir(tmp))).map(({ name }) => name), []);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
