import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { EXECUTABLE, executable } from "../support/executable.ts";
import { makeRepo } from "../support/repo.ts";
import { runMain, startServer } from "../support/server.ts";

/** Everything that the page names, directly or through its modules. */
async function everythingOf(base: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const ask = async (path: string): Promise<void> => {
    if (sizes.has(path)) return;
    sizes.set(path, 0);
    const response = await fetch(base + path);
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text}`);
    sizes.set(path, text.length);
    const named = text.matchAll(/["'(](\/autopilot\/[\w./@-]+\.(?:js|css|svg|json|webmanifest))["')]/g);
    const relative = text.matchAll(/(?:from|import\()\s*["'](\.\/[\w./-]+\.js)["']/g);
    for (const [, one] of named) await ask(one);
    for (const [, one] of relative) await ask(new URL(one, base + path).pathname);
  };
  await ask("/autopilot");
  return sizes;
}

Deno.test({
  ...executable("the executable serves the board with all its parts, from any folder, and is its own client"),
  async fn() {
    await using server = await startServer({ executable: EXECUTABLE });
    const parts = await everythingOf(server.url);
    assert.ok(parts.size > 40, `only ${parts.size} parts: ${[...parts.keys()].join(" ")}`);
    for (const [path, size] of parts) assert.ok(size > 0, path);
    for (const script of ["/autopilot/feedback.js", "/api/autopilot/openapi.json", "/healthz"]) {
      const response = await fetch(server.url + script);
      await response.body?.cancel();
      assert.equal(response.status, 200, script);
    }

    const env = { AUTOPILOT_URL: server.url };
    const made = await runMain({
      executable: EXECUTABLE,
      env,
      args: ["issue", "new", "From a file", "--json"],
    });
    assert.equal(made.code, 0, made.stderr);
    assert.equal(JSON.parse(made.stdout).title, "From a file");
    const listed = await runMain({ executable: EXECUTABLE, env, args: ["issue", "list"] });
    assert.match(listed.stdout, /^#1 +backlog +From a file\n$/);
    assert.equal(await server.stop(), 0);
    assert.doesNotMatch(server.log(), /NotCapable|Requires .* access/);
  },
});

Deno.test({
  ...executable("the executable knows its version and commit, and holds nothing that only tests need"),
  async fn() {
    const { code, stdout } = await runMain({ executable: EXECUTABLE, args: ["--version"] });
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+ \([0-9a-f]{12}(-changed)?, \d{4}-\d\d-\d\d\)\n$/);
    assert.ok(stdout.startsWith(manifest.version));
    const facts = JSON.parse((await runMain({ executable: EXECUTABLE, args: ["version", "--json"] })).stdout);
    assert.equal(facts.executable, true);

    const bytes = new TextDecoder("latin1").decode(await Deno.readFile(EXECUTABLE));
    assert.ok(bytes.includes("@hono/zod-openapi"), "the search finds nothing at all");
    for (const name of ["playwright-core", "axe-core", "fast-check", "parse-prometheus-text-format"]) {
      // The manifest names the packages; their files would bring hundreds of places.
      assert.ok(bytes.split(name).length < 20, `${name} is inside`);
    }
  },
});

Deno.test({
  ...executable(
    "the executable says what to do about an agent outside of its list, when no sandbox starts it",
  ),
  async fn() {
    await using repo = await makeRepo();
    const agent = `${repo.dir}/my-agent`;
    await Deno.writeTextFile(agent, "#!/bin/sh\necho '2.1.330 (Claude Code)'\n", { mode: 0o755 });
    const wrapper = Deno.uid() === 0 ? ["unshare", "--user", "--map-user=1000"] : [];
    const env = {
      ...repo.env,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_SANDBOX: "off",
      AUTOPILOT_WORKDIR: repo.path,
    };
    const refused = await runMain({
      executable: EXECUTABLE,
      wrapper,
      env: { ...env, AUTOPILOT_CLAUDE_BIN: agent },
    });
    assert.equal(refused.code, 1, refused.stderr);
    assert.ok(refused.stderr.includes(agent) && refused.stderr.includes("PATH"), refused.stderr);
    assert.doesNotMatch(refused.stderr, /--allow-run/, "an executable takes no flags of Deno");

    // What the message says helps: the name "claude", first on PATH when the executable starts.
    // Below a home, as its installer puts it. Before Deno 2.7 that takes the right to Deno.makeTempDir() in this home.
    const first = `${repo.dir}/.local/bin`;
    await Deno.mkdir(first, { recursive: true });
    await Deno.symlink(agent, `${first}/claude`);
    const PATH = `${first}:${Deno.env.get("PATH")}`;
    await using server = await startServer({
      executable: EXECUTABLE,
      wrapper,
      env: { ...env, PATH },
    });
    assert.match(server.log(), /Agents are Claude Code 2\.1\.330/);
    const saved = await runMain({
      executable: EXECUTABLE,
      data: server.data,
      env: { ...repo.env, PATH },
      args: ["backup", `${repo.dir}/board.tar`],
    });
    assert.equal(saved.code, 0, saved.stderr);
  },
});
