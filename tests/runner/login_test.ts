import assert from "node:assert/strict";
import { join } from "node:path";
import { findLogin } from "../../src/runner/login.ts";
import { makeBench } from "./bench.ts";

Deno.test("findLogin() says which login agents have, and the one command that mends it", async () => {
  const HOME = await Deno.makeTempDir();
  try {
    const none = await findLogin({ host_env: { HOME }, concurrency: 1 }, "linux");
    assert.equal(none.credentials_file, "");
    assert.match(none.warning, /no login.*claude setup-token.*CLAUDE_CODE_OAUTH_TOKEN.*ANTHROPIC_API_KEY/);
    assert.match((await findLogin({ host_env: { HOME }, concurrency: 1 }, "darwin")).warning, /Keychain/);

    const path = join(HOME, ".claude/.credentials.json");
    await Deno.mkdir(join(HOME, ".claude"));
    await Deno.writeTextFile(path, "{}");
    const own = await findLogin({ host_env: { HOME }, concurrency: 1 });
    assert.deepEqual([own.credentials_file, own.warning], [path, ""]);
    assert.match(own.advice, /your own login.*\/login/);
    const elsewhere = { HOME: "/nowhere", CLAUDE_CONFIG_DIR: join(HOME, ".claude") };
    assert.equal((await findLogin({ host_env: elsewhere, concurrency: 1 })).credentials_file, path);

    const several = await findLogin({ host_env: { HOME }, concurrency: 2 });
    assert.equal(several.credentials_file, "");
    assert.match(several.warning, /one agent at a time, and AUTOPILOT_CONCURRENCY is 2.*setup-token/);
    assert.match(several.advice, /can't be shared by 2 agents.*AUTOPILOT_CONCURRENCY=1/);

    for (const name of ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK"]) {
      const login = await findLogin({ host_env: { HOME, [name]: "x" }, concurrency: 4 });
      assert.deepEqual([login.credentials_file, login.warning], ["", ""]);
      assert.ok(login.advice.includes(`\`${name}\``), login.advice);
    }
  } finally {
    await Deno.remove(HOME, { recursive: true });
  }
});

Deno.test("runner tells of a missing login at start, and on the issue which case it is", async () => {
  await using bench = await makeBench();
  const runner = bench.runner((agent) => {
    agent.result({ ok: false, terminal_reason: "api_error", text: "Not logged in · Please run /login" });
    agent.exit({ code: 1 });
  });
  await runner.start();
  assert.match(runner.status.warnings.join("\n"), /Agents have no login/);
  const end = await bench.finished(await bench.file());
  assert.match(end.comments.at(-1)!.body, /not logged in.*There is no login for agents \(none was found\)/s);
});
