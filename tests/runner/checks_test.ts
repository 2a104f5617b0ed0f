import assert from "node:assert/strict";
import { join } from "node:path";
import type { LogEntry } from "../../src/domain/log_entry.ts";
import { probeSandbox, type Sandbox } from "../../src/process/sandbox.ts";
import type { RunnerOptions } from "../../src/runner/parts.ts";
import { countProcesses, processesAppear } from "../support/agent.ts";
import { PATIENCE_MS } from "../support/wait.ts";
import { ANNA, type Bench, makeBench } from "./bench.ts";
import type { AgentScript } from "./scripted_agent.ts";

/** A bench whose setup and checks are real commands in the real sandbox. */
async function checkBench() {
  const bench = await makeBench();
  const sandbox = await probeSandbox("bwrap", { env: bench.repo.env });
  return {
    bench,
    start: (
      next: AgentScript | AgentScript[],
      options: Partial<RunnerOptions>,
      other: Sandbox = sandbox,
    ) => bench.runner(next, options, {}, other).start(),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}

async function logOf(bench: Bench, run_id: string): Promise<LogEntry[]> {
  return (await bench.store.runLog.read(run_id, 0, 10_000)).entries;
}

const texts = (log: LogEntry[], type: LogEntry["type"]) =>
  log.flatMap((entry) => entry.type === type && "text" in entry ? [entry.text] : []);

const writes = (path: string, text: string, words = "Did it."): AgentScript => async (agent) => {
  await agent.write(path, text);
  agent.result({ text: words });
};

/** A number that no other process has in its command line. */
const unique = () => String(crypto.getRandomValues(new Uint32Array(1))[0] % 1e8 + 1e8);

Deno.test("checks that are green at once mark the issue passed, with their output in the transcript", async () => {
  await using t = await checkBench();
  const { bench } = t;
  const phases: unknown[] = [];
  bench.feed.subscribe((events) => phases.push(...events.map(({ data }) => data.phase).filter(Boolean)));
  await t.start(writes("a.txt", "good\n"), { check: "cat a.txt; echo seen >&2; pwd; test -w /caches/npm" });
  const { issue, run, comments } = await bench.finished(await bench.file());
  assert.equal(run.outcome, "implemented");
  assert.equal(issue.status, "in_review");
  assert.equal(issue.checks, "passed");
  assert.match(comments.at(-1)!.body, /^The work is ready for review\./);
  const log = await logOf(bench, run.id);
  assert.deepEqual(texts(log, "system"), ["good\nseen\n/workspace"]);
  const call = log.find((entry) => entry.type === "tool_call")!;
  const result = log.find((entry) => entry.type === "tool_result")!;
  assert.equal(call.type === "tool_call" && call.tool, "Check");
  assert.ok(result.type === "tool_result" && result.ok && call.type === "tool_call");
  assert.equal(result.call_id, call.call_id);
  assert.match(result.text, /^Ended with exit code 0 after/);
  assert.ok(phases.includes("checking"), phases.join());
  assert.equal(bench.requests.length, 1);
});

Deno.test("a red check goes back to the agent in its session, and is green after it mended the work", async () => {
  await using t = await checkBench();
  const { bench } = t;
  await t.start(
    [writes("a.txt", "bad\n"), writes("a.txt", "good\n", "Mended.")],
    { check: "grep -n . a.txt; grep -q good a.txt || { echo 'expected good' >&2; exit 3; }" },
  );
  const { issue, run, comments } = await bench.finished(await bench.file());
  assert.equal(run.outcome, "implemented");
  assert.equal(issue.checks, "passed");
  assert.equal(await bench.repo.git("show", `${issue.branch}:a.txt`), "good");
  const [first, second] = bench.requests;
  assert.deepEqual(second.session, { id: first.session.id, resume: true });
  assert.match(second.prompt, /ended with exit code 3/);
  assert.match(second.prompt, /data: command\ngrep -n/);
  assert.match(second.prompt, /data: output\n1:bad\nexpected good\n/);
  assert.ok(comments.some(({ body }) => body === "Mended."));
  // What the first process spent is gone for the second.
  assert.equal(second.max_budget_usd, 9.5);
});

Deno.test("a check that stays red comes to review marked so, after as many rounds as are allowed", async () => {
  for (const rounds of [0, 2]) {
    await using t = await checkBench();
    const { bench } = t;
    let starts = 0;
    await t.start(async (agent) => {
      await agent.write("a.txt", `try ${++starts}\n`);
      agent.result({ session_cost_usd: starts * 0.5 });
    }, { check: "cat a.txt; echo '```'; exit 1", check_rounds: rounds, push: true });
    const { issue, run, comments } = await bench.finished(await bench.file());
    assert.equal(bench.requests.length, 1 + rounds);
    assert.equal(run.outcome, "checks_failed");
    assert.equal(issue.status, "in_review");
    assert.equal(issue.checks, "failed");
    assert.equal(issue.pr_url, "");
    assert.equal(await bench.repo.git("show", `${issue.branch}:a.txt`), `try ${1 + rounds}`);
    assert.match(run.reason, rounds === 0 ? /^The check .* after [\d.]+ s$/ : /2 rounds of repair/);
    const { body } = comments.at(-1)!;
    assert.match(body, /still \*\*red\*\*/);
    assert.ok(body.includes(`\`\`\`\`text\ntry ${1 + rounds}\n\`\`\`\n\`\`\`\``), body);
    assert.match(body, /was not pushed, as its checks are red/);
    assert.equal(run.cost_usd, 0.5 * (1 + rounds));
  }
});

Deno.test("a red check does not go back to an agent that has nothing left to spend", async () => {
  await using t = await checkBench();
  await t.start(async (agent) => {
    await agent.write("a.txt", "bad\n");
    agent.result({ session_cost_usd: 2 });
  }, { check: "exit 1", max_usd_per_run: 2 });
  const { run } = await t.bench.finished(await t.bench.file());
  assert.equal(run.outcome, "checks_failed");
  assert.doesNotMatch(run.reason, /repair/);
  assert.equal(t.bench.requests.length, 1);
});

Deno.test("a check does not run when nothing was changed, when the agent asks, and when it failed", async () => {
  const scripts: [AgentScript, string][] = [
    [(agent) => agent.result({ text: "Nothing to do." }), "no_change"],
    [async (agent) => {
      await agent.write("a.txt", "a\n");
      agent.result({ text: "BLOCKED: which?" });
    }, "needs_input"],
    [async (agent) => {
      await agent.write("a.txt", "a\n");
      agent.result({ ok: false, terminal_reason: "api_error", api_status: 403, text: "no" });
      agent.exit({ code: 1 });
    }, "failed"],
  ];
  for (const [script, outcome] of scripts) {
    await using t = await checkBench();
    await t.start(script, { check: "echo ran; exit 1" });
    const { run, issue } = await t.bench.finished(await t.bench.file());
    assert.equal(run.outcome, outcome);
    assert.equal(issue.checks, "");
    assert.deepEqual(texts(await logOf(t.bench, run.id), "system"), []);
  }
});

Deno.test("work of an earlier run that nobody has reviewed is checked by the run that completes it", async () => {
  await using t = await checkBench();
  const { bench } = t;
  await t.start([
    async (agent) => {
      await agent.write("a.txt", "bad\n");
      agent.result({ text: "BLOCKED: is that right?" });
    },
    (agent) => agent.result({ text: "It was complete.", session_cost_usd: 0.6 }),
  ], { check: "grep -q good a.txt", check_rounds: 0 });
  const filed = await bench.file();
  const asked = await bench.finished(filed);
  assert.equal(asked.run.outcome, "needs_input");
  await bench.say(filed, "Yes");
  const { run, issue } = await bench.finished(filed, 2);
  assert.equal(run.outcome, "checks_failed");
  assert.equal(issue.checks, "failed");
  assert.equal(run.commit, asked.run.commit);
});

Deno.test("a check that hangs is ended at its limit, which the agent is told", async () => {
  await using t = await checkBench();
  const { bench } = t;
  const nap = unique();
  await t.start([writes("a.txt", "hang\n"), writes("a.txt", "fine\n")], {
    check: `if grep -q hang a.txt; then echo waiting; sleep ${nap}; fi`,
    check_timeout_s: 60,
    silence_timeout_s: 30,
  });
  const finished = bench.finished(await bench.file());
  await appears(`sleep ${nap}`);
  // Silence is no fault of a check: only its own limit counts.
  bench.time.advance(59_000);
  assert.ok(await countProcesses(`sleep ${nap}`) > 0);
  bench.time.advance(2_000);
  const { run, issue } = await finished;
  assert.equal(run.outcome, "implemented");
  assert.equal(issue.checks, "passed");
  assert.match(bench.requests[1].prompt, /did not end within its time limit/);
  assert.match(bench.requests[1].prompt, /data: output\nwaiting\n/);
  assert.equal(await countProcesses(`sleep ${nap}`), 0);
});

Deno.test("the time of the run goes on while it is checked", async () => {
  await using t = await checkBench();
  const { bench } = t;
  const nap = unique();
  await t.start(async (agent) => {
    await agent.write("a.txt", "a\n");
    bench.time.advance(300_000);
    agent.result();
  }, { check: `sleep ${nap}`, check_timeout_s: 0, run_timeout_s: 600 });
  const finished = bench.finished(await bench.file());
  await appears(`sleep ${nap}`);
  bench.time.advance(301_000);
  const { run, issue } = await finished;
  assert.equal(run.outcome, "timed_out");
  assert.equal(issue.status, "blocked");
  assert.equal(issue.checks, "");
  assert.notEqual(run.commit, "");
  assert.equal(await countProcesses(`sleep ${nap}`), 0);
});

Deno.test("a stop during a check ends it and keeps the work, without what the check wrote", async () => {
  await using t = await checkBench();
  const { bench } = t;
  const nap = unique();
  await t.start(writes("a.txt", "work\n"), {
    check: `echo half >> a.txt; echo new > report.txt; trap '' TERM INT; setsid sleep ${nap} & sleep ${nap}`,
  });
  const filed = await bench.file();
  const finished = bench.finished(filed);
  await processesAppear(`sleep ${nap}`, 2);
  const asked = performance.now();
  await bench.store.issues.requestStop(filed.id, "backlog", ANNA);
  const { run, issue } = await finished;
  assert.ok(performance.now() - asked < 10_000);
  assert.equal(await countProcesses(`sleep ${nap}`), 0);
  assert.equal(run.outcome, "stopped");
  assert.equal(issue.status, "backlog");
  assert.equal(issue.checks, "");
  assert.equal(await bench.repo.git("show", `${issue.branch}:a.txt`), "work");
  assert.equal(await bench.repo.git("ls-tree", "--name-only", issue.branch), "README.md\na.txt");
});

Deno.test("a check that floods is read to its end: the log is bounded, the memory is flat, the end is told", async () => {
  await using t = await checkBench();
  const { bench } = t;
  await t.start(writes("a.txt", "a\n"), {
    check: "echo begin; head -c 100000000 /dev/zero | tr '\\0' 'x' | fold -w 99; echo 'the end'; exit 1",
    check_rounds: 1,
  });
  const before = Deno.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 20);
  const { run, comments } = await bench.finished(await bench.file());
  clearInterval(watch);
  assert.equal(run.outcome, "checks_failed");
  assert.match(comments.at(-1)!.body, /xthe end\n```/);
  assert.match(bench.requests[1].prompt, /xthe end\n/);
  const log = await logOf(bench, run.id);
  const size = JSON.stringify(log).length;
  assert.ok(size > 400_000 && size < 1_000_000, `${size} characters of log`);
  assert.match(texts(log, "system")[0], /^begin\nxxx/);
  assert.match(texts(log, "tool_result")[0], /100\d{6} bytes of output were left out; it ends with:\nx/);
  assert.ok(most - before < 150e6, `${(most - before) / 1e6} MB more`);
});

Deno.test("a check leaves no process behind, however it detaches them", async () => {
  await using t = await checkBench();
  const nap = unique();
  await t.start(writes("a.txt", "a\n"), {
    check:
      `setsid sleep ${nap} & nohup sleep ${nap} & (sleep ${nap} &) ; (setsid sh -c 'sleep ${nap}; :' &) ; exit 0`,
  });
  const { run, issue } = await t.bench.finished(await t.bench.file());
  assert.equal(run.outcome, "implemented");
  assert.equal(issue.checks, "passed");
  assert.equal(await countProcesses(nap), 0);
});

Deno.test("without a sandbox a check runs as well and leaves no process behind", async () => {
  await using t = await checkBench();
  const nap = unique();
  const none: Sandbox = {
    kind: "off",
    warnings: [],
    wrap: ({ command, args, env, tree, home }) => ({ command, args, env: { ...env, HOME: home }, cwd: tree }),
  };
  await t.start(
    writes("a.txt", "a\n"),
    { check: `echo "$npm_config_cache"; setsid sleep ${nap} & (sleep ${nap} &) ; grep -q a a.txt` },
    none,
  );
  const { run, issue } = await t.bench.finished(await t.bench.file());
  assert.equal(issue.checks, "passed", run.reason);
  assert.ok(texts(await logOf(t.bench, run.id), "system")[0].startsWith(join(t.bench.data, "caches")));
  assert.equal(await countProcesses(nap), 0);
});

Deno.test("a setup runs before the agent, its output is kept, and what it writes is not the work", async () => {
  await using t = await checkBench();
  const { bench } = t;
  await t.start([
    async (agent) => {
      assert.equal(await Deno.readTextFile(join(agent.request.workspace.tree, "generated.txt")), "made\n");
      agent.result({ text: "Nothing to do." });
    },
    async (agent) => {
      await agent.write("a.txt", "a\n");
      await agent.write("generated.txt", "changed by the agent\n");
      agent.result();
    },
  ], { setup: "echo preparing; echo made > generated.txt; echo made > other.txt; echo more >> README.md" });
  const filed = await bench.file();
  const first = await bench.finished(filed);
  assert.equal(first.run.outcome, "no_change");
  const log = await logOf(bench, first.run.id);
  assert.equal(log[0].type === "tool_call" && log[0].tool, "Setup");
  assert.equal(texts(log, "system")[0], "preparing");
  await bench.say(filed, "Go on");
  const { run, issue } = await bench.finished(filed, 2);
  assert.equal(run.outcome, "implemented");
  const changed = await bench.repo.git("diff", "--name-status", "main", issue.branch);
  assert.deepEqual(changed.split("\n"), ["A\ta.txt", "A\tgenerated.txt"]);
  assert.equal(await bench.repo.git("show", `${issue.branch}:generated.txt`), "changed by the agent");
});

Deno.test("a setup that fails blocks the issue with the end of its output, and starts no agent", async () => {
  await using t = await checkBench();
  const { bench } = t;
  await t.start(() => assert.fail("started"), { setup: "echo no such package >&2; exit 7" });
  const { run, issue, comments } = await bench.finished(await bench.file());
  assert.equal(run.outcome, "failed");
  assert.equal(issue.status, "blocked");
  assert.equal(bench.requests.length, 0);
  assert.match(run.reason, /^The setup `echo no such.*` ended with exit code 7/);
  assert.match(
    comments.at(-1)!.body,
    /no agent was started\.\n\n.*```text\nno such package\n```\n\n.*AUTOPILOT_SETUP/s,
  );
});

Deno.test("what a check writes into files of the work is taken, what it makes or removes is not", async () => {
  await using t = await checkBench();
  const { bench } = t;
  await t.start([
    async (agent) => {
      await agent.write("a.txt", "unformatted\n");
      await agent.write("keep.txt", "keep\n");
      agent.result();
    },
    async (agent) => {
      await agent.write("b.txt", "b\n");
      agent.result();
    },
  ], {
    check:
      "echo formatted > a.txt; echo x > report.txt; rm -f keep.txt; mkdir -p out && echo y > out/y; test -e b.txt",
  });
  const { run, issue } = await bench.finished(await bench.file());
  assert.equal(issue.checks, "passed");
  const files = await bench.repo.git("ls-tree", "-r", "--name-only", issue.branch);
  assert.deepEqual(files.split("\n"), ["README.md", "a.txt", "b.txt", "keep.txt"]);
  assert.equal(await bench.repo.git("show", `${issue.branch}:a.txt`), "formatted");
  assert.match(texts(await logOf(bench, run.id), "system").join("\n"), /part of it now: "a\.txt"/);
});

Deno.test("a comment that comes during a check reaches the agent with the red result, or after the green one", async () => {
  for (const code of [0, 1]) {
    await using t = await checkBench();
    const { bench } = t;
    const nap = unique();
    await t.start([
      writes("a.txt", "one\n"),
      writes("a.txt", "two\n"),
    ], { check: `if grep -q one a.txt; then timeout 60 sleep ${nap}; exit ${code}; fi`, check_timeout_s: 0 });
    const filed = await bench.file();
    const finished = bench.finished(filed);
    await appears(`sleep ${nap}`);
    await bench.say(filed, "And mind the tabs");
    await killByText(`sleep ${nap}`);
    const { issue } = await finished;
    assert.equal(issue.checks, "passed");
    assert.match(bench.requests[1].prompt, /And mind the tabs/);
    assert.equal(/data: output/.test(bench.requests[1].prompt), code === 1);
    assert.equal(await bench.repo.git("show", `${issue.branch}:a.txt`), "two");
  }
});

/** Ends the process whose command line is exactly this text, as soon as there is one. */
async function killByText(text: string): Promise<void> {
  for (const pid of await appears(text)) Deno.kill(pid, "SIGKILL");
}

/** Waits for a process whose command line is exactly this text: those around it name it too. */
async function appears(text: string): Promise<number[]> {
  const until = performance.now() + PATIENCE_MS / 2;
  for (;;) {
    const found: number[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
      if (line === `${text.replaceAll(" ", "\0")}\0`) found.push(Number(name));
    }
    if (found.length > 0) return found;
    assert.ok(performance.now() < until, `no process is "${text}"`);
  }
}
