import assert from "node:assert/strict";
import { join } from "node:path";
import manifest from "../../deno.json" with { type: "json" };
import { realClaude } from "../support/claude_binary.ts";
import { say, use } from "../support/messages_api.ts";
import { runMain } from "../support/server.ts";
import { afterRun, fileIssue, startLoop } from "../e2e/setup.ts";

const { run, sys, ...open } = manifest.permissions.binary;
const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("the permission set of the executable is the list in SECURITY.md, and each program is one that is started", async () => {
  const page = await Deno.readTextFile(join(ROOT, "SECURITY.md"));
  const row = (permission: string) => {
    const found = new RegExp(`^\\| \`${permission}\` +\\| (.+?) +\\|`, "m").exec(page)?.[1];
    assert.ok(found !== undefined, `SECURITY.md has no row for ${permission}`);
    return [...found.matchAll(/`([^`]+)`/g)].map(([, word]) => word);
  };
  assert.deepEqual(row("run"), run);
  assert.deepEqual(row("sys"), sys);
  assert.deepEqual(open, { read: true, write: true, net: true, env: true }, "nothing else is granted");

  let sources = "";
  for await (const { name } of Deno.readDir(join(ROOT, "src/process"))) {
    sources += await Deno.readTextFile(join(ROOT, "src/process", name));
  }
  for (const program of run.filter((one) => one !== "claude")) {
    assert.match(sources, new RegExp(`(command: |findProgram\\()"${program}"`), `nothing starts ${program}`);
  }
  assert.match(await Deno.readTextFile(join(ROOT, "src/config.ts")), /claude_bin: text\("claude"/);
});

Deno.test({
  ...realClaude("what a server with an agent uses is what the executable's permission set grants"),
  async fn() {
    let audit = "";
    await using loop = await startLoop({
      script: [use(["Write", { file_path: "/workspace/new.txt", content: "new\n" }]), say("Done.")],
      server: (repo) => {
        audit = `${repo.dir}/audit.jsonl`;
        return { permissions: ["-P=binary"], env: { DENO_AUDIT_PERMISSIONS: audit } };
      },
    });
    const { runs } = await afterRun(loop.server, await fileIssue(loop.server, { title: "Add a file" }));
    assert.equal(runs[0].outcome, "implemented", loop.server.log());
    assert.equal(await loop.server.stop(), 0);
    assert.doesNotMatch(loop.server.log(), /NotCapable|Requires .* access/);
    const doctor = await runMain({
      args: ["doctor"],
      permissions: ["-P=binary"],
      env: { DENO_AUDIT_PERMISSIONS: `${audit}.doctor` },
    });
    assert.match(doctor.stdout, /^ok +disk /m, doctor.stderr);

    const used = new Map<string, Set<string>>();
    // Each process writes its file anew.
    const lines = await Deno.readTextFile(audit) + await Deno.readTextFile(`${audit}.doctor`);
    for (const line of lines.trim().split("\n")) {
      const { permission, value } = JSON.parse(line);
      used.set(permission, (used.get(permission) ?? new Set()).add(String(value)));
    }
    // Deno's audit does not tell of programs that are started: what is missing in the list fails above.
    assert.deepEqual([...used.keys()].sort(), ["env", "net", "read", "sys", "write"]);
    assert.deepEqual([...used.get("sys")!].sort(), [...sys].sort());
  },
});
