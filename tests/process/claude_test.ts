import assert from "node:assert/strict";
import { join } from "node:path";
import { claudeVersion } from "../../src/process/claude_binary.ts";
import { start } from "../../src/process/spawn.ts";
import { readLines } from "../../src/process/lines.ts";
import { snapshot } from "../../src/workspace/snapshot.ts";
import { agentBench, countProcesses, NO_SANDBOX, processesAppear, tell } from "../support/agent.ts";
import { CLAUDE_BINARY, realClaude } from "../support/claude_binary.ts";
import { conversation, fail, say, use } from "../support/messages_api.ts";

/** A number of seconds that no other process on the machine sleeps for. */
const odd = () => `${1000 + crypto.getRandomValues(new Uint32Array(1))[0] % 100_000_000}`;

Deno.test({
  ...realClaude(
    "startAgent() lets the real Claude Code edit the workspace, and the snapshot has exactly that",
  ),
  async fn() {
    await using t = await agentBench([
      use(["Read", { file_path: "/workspace/a.txt" }]),
      use(
        ["Edit", { file_path: "/workspace/a.txt", old_string: "one", new_string: "two" }],
        ["Write", { file_path: "/workspace/dir/new.txt", content: "new\n" }],
        ["Bash", { command: "git status --short && git log --oneline | wc -l" }],
      ),
      say("All done."),
    ], { "a.txt": "one\n" });
    const story = await tell(t.start("Please do it"));
    assert.equal(story.result?.ok, true);
    assert.equal(story.result?.text, "All done.");
    assert.deepEqual(story.exit, { code: 0, signal: "", stderr: "", garbage_lines: 0 });
    assert.equal(story.events[0].type, "session");
    const log = story.events.flatMap((event) => event.type === "log" ? [event.body] : []);
    assert.deepEqual(
      log.map((body) => body.type === "tool_call" ? body.tool : body.type).filter((name) =>
        name !== "tool_result"
      ),
      [
        "Read",
        "Edit",
        "Write",
        "Bash",
        "text",
      ],
    );
    const results = log.flatMap((body) => body.type === "tool_result" ? [body] : []);
    assert.deepEqual(results.map(({ ok }) => ok), [true, true, true, true]);
    assert.equal(results[3].text, " M a.txt\n?? dir/\n1");
    const taken = await snapshot(t.workspace, {
      repository: t.repository,
      message: "Work",
      name: "a",
      email: "a@b",
    });
    assert.equal(await t.repo.git("diff", "--name-status", "main", taken.commit), "M\ta.txt\nA\tdir/new.txt");
    assert.match(
      conversation(t.api.requests[0]).find(({ role }) => role === "user")?.text ?? "",
      /Please do it/,
    );
  },
});

Deno.test({
  ...realClaude("startAgent() resumes a session with its earlier conversation, in a new workspace too"),
  async fn() {
    await using t = await agentBench([say("BLOCKED: SQLite or PostgreSQL?"), say("Using SQLite.")]);
    const id = crypto.randomUUID();
    const first = await tell(t.start("Choose a database", { session: { id, resume: false } }));
    assert.equal(first.result?.text, "BLOCKED: SQLite or PostgreSQL?");
    const second = await tell(t.start("SQLite, please", { session: { id, resume: true } }));
    assert.equal(second.result?.ok, true);
    const texts = conversation(t.api.requests[1]).filter(({ role }) => role !== "system").map(({ text }) =>
      text
    );
    assert.match(texts[0], /Choose a database/);
    assert.match(texts[1], /BLOCKED: SQLite or PostgreSQL\?/);
    assert.match(texts.at(-1) ?? "", /SQLite, please/);
    assert.ok((second.result?.session_cost_usd ?? 0) > (first.result?.session_cost_usd ?? 0));
  },
});

Deno.test({
  ...realClaude("startAgent() says of a failed request what it was"),
  async fn(step) {
    const cases: [number, string, string, string][] = [
      [401, "authentication_error", "invalid x-api-key", "authentication_failed"],
      [529, "overloaded_error", "Overloaded", ""],
      [400, "invalid_request_error", "bad thing", ""],
    ];
    for (const [status, type, message, api_error] of cases) {
      await step.step(String(status), async () => {
        await using t = await agentBench(() => fail(status, message, type));
        const story = await tell(t.start("Hello"));
        assert.equal(story.result?.ok, false);
        assert.equal(story.result?.terminal_reason, "api_error");
        assert.equal(story.result?.api_status, status);
        if (api_error !== "") assert.equal(story.result?.api_error, api_error);
        assert.equal(story.exit.code, 1);
        assert.equal(story.events.some((event) => event.type === "api_retry"), status !== 400);
      });
    }
  },
});

Deno.test({
  ...realClaude("send() reaches the agent at its next step, while a tool runs"),
  async fn() {
    await using t = await agentBench([
      use(["Bash", { command: "until [ -e /workspace/go ]; do sleep 0.05; done; echo went" }]),
      say("Heard."),
    ]);
    const agent = t.start("Wait for me");
    await tell(agent, async (event) => {
      if (event.type !== "log" || event.body.type !== "tool_call") return;
      await agent.send("Also mind the tests");
      await Deno.writeTextFile(join(t.workspace.tree, "go"), "");
    });
    assert.match(JSON.stringify(t.api.requests[1].body.messages), /Also mind the tests/);
    assert.equal(t.api.requests.length, 2);
  },
});

Deno.test({
  ...realClaude("stop() interrupts a gentle agent: there is a result, and no process is left"),
  async fn() {
    const seconds = odd();
    await using t = await agentBench([
      use(["Bash", { command: `setsid sleep ${seconds} & sleep ${seconds}` }]),
    ]);
    const agent = t.start("Work");
    let stopped: Promise<void> | undefined;
    const story = await tell(agent, (event) => {
      if (event.type === "log" && event.body.type === "tool_call") {
        stopped ??= processesAppear(`sleep ${seconds}`, 2).then(() => agent.stop());
      }
    });
    await stopped;
    assert.equal(await countProcesses(`sleep ${seconds}`), 0);
    assert.equal(story.result?.ok, false);
    assert.match(story.result?.terminal_reason ?? "", /^aborted/);
  },
});

Deno.test({
  ...realClaude("stop() kills an agent that no longer answers, within its grace"),
  async fn() {
    const seconds = odd();
    await using t = await agentBench([
      use(["Bash", { command: `nohup sleep ${seconds} & trap '' TERM; sleep ${seconds}` }]),
    ]);
    const session_id = crypto.randomUUID();
    const agent = t.start("Work", { session: { id: session_id, resume: false } });
    const inside = async (signal: Deno.Signal) => {
      // The agent itself is stopped with SIGSTOP, as if it hung: found by its name below the sandbox.
      for await (const { name } of Deno.readDir("/proc")) {
        const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
        if (line.startsWith("/run/autopilot/claude\0") && line.includes(session_id)) {
          Deno.kill(Number(name), signal);
        }
      }
    };
    let stopped: Promise<number> | undefined;
    const story = await tell(agent, (event) => {
      if (event.type !== "log" || event.body.type !== "tool_call" || stopped) return;
      stopped = (async () => {
        await processesAppear(`sleep ${seconds}`, 2);
        await inside("SIGSTOP");
        const from = performance.now();
        await agent.stop(500);
        return performance.now() - from;
      })();
    });
    const took = await stopped ?? 0;
    assert.ok(took >= 500 && took < 8_000, `${took} ms`);
    assert.equal(story.result, null);
    assert.equal(story.exit.signal, "SIGKILL");
    assert.equal(await countProcesses(`sleep ${seconds}`), 0);
  },
});

Deno.test({
  ...realClaude("S16 an agent does not outlive a server that is killed with SIGKILL"),
  async fn() {
    const seconds = odd();
    await using t = await agentBench([
      use(["Bash", { command: `setsid sleep ${seconds} & nohup sleep ${seconds} & sleep ${seconds}` }]),
    ]);
    const { workspace } = t;
    const options = {
      binary: CLAUDE_BINARY,
      tree: workspace.tree,
      home: workspace.home,
      attachments: workspace.attachments,
      objects: t.repository.objects_dir,
      prompt: "Work",
      session: { id: crypto.randomUUID(), resume: false },
      model: "",
      max_turns: 0,
      max_budget_usd: 0,
      env: { PATH: t.repo.env.PATH, ...t.api.env },
      host_env: t.repo.env,
    };
    const host = start({
      command: Deno.execPath(),
      args: ["run", "-A", "--cached-only", new URL("../fixtures/agent_host.ts", import.meta.url).pathname],
      env: { ...Deno.env.toObject() },
      stdin: "piped",
    });
    await host.write(JSON.stringify(options));
    await host.closeInput();
    for await (const line of readLines(host.stdout)) if (line === "tool") break;
    // The tool call is announced before the command runs.
    await processesAppear(`sleep ${seconds}`, 3);
    host.kill("SIGKILL");
    await host.exited;
    const deadline = performance.now() + 10_000;
    while (await countProcesses(seconds) > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await countProcesses(seconds), 0);
    assert.equal(await countProcesses(options.session.id), 0);
  },
});

Deno.test({
  ...realClaude("S17 the agent finds no secret of the server: not in its environment, not in files"),
  async fn() {
    const command = "env; cat /proc/*/environ | tr '\\0' '\\n'; " +
      "grep -rs 'CANAR[Y]' /home /root /tmp /workspace /etc /run /attachments; find / -name '[c]anary*' 2>/dev/null; true";
    await using t = await agentBench([use(["Bash", { command }]), say("Nothing.")]);
    await t.repo.write({
      "../home/.ssh/canary": "CANARY-FILE",
      "../repo/.env": "CANARY-DOTENV",
      ".git/canary": "CANARY-GIT",
    });
    Deno.env.set("AUTOPILOT_TEST_CANARY", "CANARY-ENV");
    try {
      const story = await tell(t.start("Look around"));
      assert.equal(story.result?.ok, true);
      const output = story.events.flatMap((event) =>
        event.type === "log" && event.body.type === "tool_result" ? [event.body.text] : []
      ).join();
      assert.match(output, /ANTHROPIC_BASE_URL/);
      assert.doesNotMatch(output, /canary/i);
      assert.doesNotMatch(JSON.stringify(t.api.requests), /CANARY-/);
    } finally {
      Deno.env.delete("AUTOPILOT_TEST_CANARY");
    }
  },
});

Deno.test({
  ...realClaude("S18 settings and hooks of the repository are not loaded, nor any MCP server"),
  async fn() {
    const touch = (name: string) => ({ hooks: [{ type: "command", command: `touch /workspace/${name}` }] });
    const settings = {
      env: { FROM_REPO: "1" },
      permissions: { deny: ["Bash"] },
      hooks: {
        SessionStart: [touch("RAN-start")],
        PreToolUse: [{ matcher: "*", ...touch("RAN-pre") }],
        Stop: [touch("RAN-stop")],
      },
    };
    const mcp = { mcpServers: { evil: { command: "touch", args: ["/workspace/RAN-mcp"] } } };
    await using t = await agentBench([use(["Bash", { command: "echo repo=$FROM_REPO" }]), say("Done.")], {
      ".claude/settings.json": JSON.stringify(settings),
      ".claude/settings.local.json": JSON.stringify(settings),
      ".mcp.json": JSON.stringify(mcp),
    });
    // What an agent of an earlier run may have left in its HOME.
    await Deno.writeTextFile(join(t.workspace.home, ".claude.json"), JSON.stringify(mcp));
    const story = await tell(t.start("Work"));
    const [result] = story.events.flatMap((event) =>
      event.type === "log" && event.body.type === "tool_result" ? [event.body] : []
    );
    assert.deepEqual([result.ok, result.text], [true, "repo="]);
    const files = (await Array.fromAsync(Deno.readDir(t.workspace.tree))).map(({ name }) => name);
    assert.deepEqual(files.filter((name) => name.startsWith("RAN")), []);
  },
});

Deno.test({
  ...realClaude("startAgent() hands on model and limits, and a prompt of a megabyte"),
  async fn() {
    await using t = await agentBench(() => use(["Bash", { command: "true" }]));
    const story = await tell(
      t.start(`-rf ${"x".repeat(1 << 20)} end`, { max_turns: 2, model: "claude-test-model" }),
    );
    assert.equal(story.result?.subtype, "error_max_turns");
    assert.equal(story.result?.ok, false);
    assert.equal(t.api.requests[0].body.model, "claude-test-model");
    assert.equal(t.api.requests.length, 2);
    assert.match(JSON.stringify(t.api.requests[0].body.messages), /"-rf x{1000}/);
  },
});

Deno.test({
  ...realClaude("startAgent() shows the user's login at its place, writable and not copied"),
  async fn() {
    await using t = await agentBench([
      use(["Bash", {
        command:
          "cat ~/.claude/.credentials.json; printf refreshed > ~/.claude/.credentials.json; ls ~/.claude | head -0",
      }]),
      say("ok"),
    ]);
    const credentials_file = join(t.repo.dir, "home/.claude/.credentials.json");
    await t.repo.write({
      "../home/.claude/.credentials.json": '{"claudeAiOauth":{}}',
      "../home/.claude/history": "private",
    });
    await tell(t.start("Hello", { credentials_file }));
    assert.equal(await Deno.readTextFile(credentials_file), "refreshed");
    const inHome = await Deno.readTextFile(join(t.workspace.home, ".claude/.credentials.json"));
    assert.equal(inHome, "");
  },
});

Deno.test({
  ...realClaude("without a sandbox, a stop and a normal end leave no process either"),
  async fn(step) {
    for (const ending of ["stop", "end"]) {
      await step.step(ending, async () => {
        const seconds = odd();
        const command =
          `setsid sleep ${seconds} >/dev/null 2>&1 & nohup sleep ${seconds} >/dev/null 2>&1 & ` +
          (ending === "stop" ? `sleep ${seconds}` : "true");
        const started = Promise.withResolvers<void>();
        await using t = await agentBench([
          use(["Bash", { command }]),
          { ...say("Done."), wait: started.promise },
        ]);
        // Without it acceptEdits denies such commands. The folder is the user's part of the settings.
        await Deno.mkdir(join(t.workspace.home, ".claude"), { recursive: true });
        const settings = { permissions: { allow: ["Bash"] } };
        await Deno.writeTextFile(join(t.workspace.home, ".claude/settings.json"), JSON.stringify(settings));
        const agent = t.start("Work", { sandbox: NO_SANDBOX });
        let done: Promise<void> | undefined;
        await tell(agent, (event) => {
          if (event.type !== "log" || event.body.type !== "tool_call") return;
          done ??= processesAppear(`sleep ${seconds}`, ending === "stop" ? 3 : 2)
            .then(() => ending === "stop" ? agent.stop() : started.resolve());
        });
        await done;
        assert.equal(await countProcesses(`sleep ${seconds}`), 0);
      });
    }
  },
});

Deno.test({
  ...realClaude(
    "claudeVersion() asks inside of the sandbox, so the program need not be on the list of permissions",
  ),
  permissions: { run: ["bwrap"], read: true, write: true, env: true, sys: ["uid"], net: false },
  async fn() {
    const { probeSandbox } = await import("../../src/process/sandbox.ts");
    const sandbox = await probeSandbox("bwrap", { env: { PATH: Deno.env.get("PATH") ?? "" } });
    assert.match(await claudeVersion(CLAUDE_BINARY, sandbox, {}), /^2\.\d+\.\d+$/);
  },
});
