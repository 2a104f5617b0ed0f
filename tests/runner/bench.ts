/** A whole runner on a real store and a real repository; only the agents are scripted, and time is the test's. */

import { join } from "node:path";
import type { Comment } from "../../src/domain/comment.ts";
import type { Actor, Event } from "../../src/domain/event.ts";
import type { Issue, NewIssue, Status } from "../../src/domain/issue.ts";
import type { Run } from "../../src/domain/run.ts";
import { type Feed, startFeed } from "../../src/events/feed.ts";
import { openRepository, type Repository } from "../../src/process/git.ts";
import type { Sandbox } from "../../src/process/sandbox.ts";
import type { RunnerOptions, RunnerParts } from "../../src/runner/parts.ts";
import type { AgentRequest } from "../../src/runner/ports.ts";
import { createRunner, type Runner } from "../../src/runner/service.ts";
import { type Blobs, openBlobs } from "../../src/store/blobs.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";
import { PATIENCE_MS } from "../support/wait.ts";
import { FakeTime } from "./fake_time.ts";
import { type AgentScript, scriptedAgent } from "./scripted_agent.ts";

export const ANNA: Actor = { kind: "human", name: "anna" };

export interface Bench extends AsyncDisposable {
  readonly repo: TestRepo;
  readonly repository: Repository;
  readonly store: Store;
  readonly feed: Feed;
  readonly blobs: Blobs;
  readonly time: FakeTime;
  readonly data: string;
  /** What agents were started with, in order. */
  readonly requests: AgentRequest[];
  /** A runner on this store; `next` answers the script of the n-th start (from 0) of this bench. */
  runner(
    next: AgentScript | AgentScript[],
    options?: Partial<RunnerOptions>,
    parts?: Partial<RunnerParts>,
    /** For setup and checks, which are real processes. Default: none, and no process may be started. */
    sandbox?: Sandbox,
  ): Runner;
  file(issue?: Partial<NewIssue>): Promise<Issue>;
  say(issue: Issue, body: string, more?: Partial<Comment>): Promise<Comment>;
  /** The event, also when it is in the log already. */
  event(match: (event: Event) => boolean, after?: number): Promise<Event>;
  /** The first run of the issue that is finished, the n-th if said (from 1). */
  finished(issue: Issue, attempt?: number): Promise<{ issue: Issue; run: Run; comments: Comment[] }>;
  /** Resolves when the issue is there. */
  reaches(issue: Issue, status: Status): Promise<Issue>;
}

export async function makeBench(): Promise<Bench> {
  const repo = await makeRepo();
  const time = new FakeTime();
  const data = join(repo.dir, "data");
  await Deno.mkdir(data);
  const store = await openStore({ url: `sqlite:${join(data, "autopilot.db")}`, clock: time });
  const feed = await startFeed(store);
  const blobs = await openBlobs(join(data, "blobs"));
  const repository = await openRepository(repo.path, repo.env);
  const requests: AgentRequest[] = [];
  const runners: Runner[] = [];
  const bench: Bench = {
    repo,
    repository,
    store,
    feed,
    blobs,
    time,
    data,
    requests,
    runner(next, options = {}, parts = {}, sandbox = NOTHING_STARTS) {
      const scripts = Array.isArray(next) ? next : null;
      let starts = 0;
      const runner = createRunner({
        store,
        clock: time,
        blobs,
        repository,
        sandbox,
        onEvents: (listener) => feed.subscribe(listener),
        random: () => 0,
        options: { ...DEFAULTS, data_dir: data, host_env: repo.env, ...options },
      }, {
        timers: time,
        parts: {
          processLives: () => Promise.resolve(true),
          startAgent: (request) => {
            requests.push(request);
            const script = scripts === null ? next as AgentScript : scripts[starts++];
            if (script === undefined) fail(`no script for start ${starts}`);
            return Promise.resolve(scriptedAgent(request, 1000 + requests.length, script));
          },
          ...parts,
        },
      });
      runners.push(runner);
      return runner;
    },
    file: (issue = {}) => store.issues.create({ ...ISSUE, ...issue }, ANNA),
    say: async (issue, body, more = {}) => {
      const comment = { author: "anna", author_kind: "human", trust: "member", body, ...more } as const;
      return (await store.comments.add(issue.id, comment, ANNA)).comment;
    },
    async event(match, after = 0) {
      const waiting = feed.waitFor(match, PATIENCE_MS);
      const known = (await store.events.read(after, 10_000)).find(match);
      if (known !== undefined) return known;
      return await waiting ?? fail("the event did not come");
    },
    async finished(issue, attempt = 1) {
      const runOf = async () => (await store.runs.list(issue.id)).find((run) => run.attempt === attempt);
      await bench.event((event) =>
        event.type === "run.started" && event.issue_id === issue.id && event.data.attempt === attempt
      );
      const id = (await runOf())!.id;
      await bench.event((event) => event.type === "run.finished" && event.run_id === id);
      return {
        issue: await store.issues.get(issue.id),
        run: (await runOf())!,
        comments: await store.comments.list(issue.id),
      };
    },
    async reaches(issue, status) {
      for (;;) {
        const seq = feed.seq;
        const now = await store.issues.get(issue.id);
        if (now.status === status) return now;
        await bench.event((event) => event.issue_id === issue.id && event.seq > seq, seq);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const runner of runners) await runner.stop();
      await feed[Symbol.asyncDispose]();
      await store.close();
      await repo[Symbol.asyncDispose]();
    },
  };
  return bench;
}

export const DEFAULTS: Omit<RunnerOptions, "data_dir" | "host_env"> = {
  agent_id: "robo",
  concurrency: 1,
  poll_seconds: 3600,
  claude_bin: "/nowhere/claude",
  push: false,
  commit_name: "Robo",
  commit_email: "robo@example.invalid",
  base: "",
  model: "",
  setup: "",
  check: "",
  check_rounds: 2,
  check_timeout_s: 1200,
  max_turns: 0,
  max_usd_per_run: 10,
  max_usd_per_issue: 0,
  max_usd_per_day: 0,
  memory_mb: 0,
  max_processes: 0,
  max_file_mb: 0,
  run_timeout_s: 3600,
  stop_timeout_s: 0,
  silence_timeout_s: 900,
  pass_env: [],
  host: "test-host",
  pid: 4711,
};

const NOTHING_STARTS: Sandbox = {
  kind: "off",
  warnings: [],
  wrap: () => fail("no process is started here"),
};

const ISSUE: NewIssue = {
  title: "Make it better",
  body: "It should be better.",
  kind: "feature",
  priority: "normal",
  assignee: "",
  human_only: false,
  created_by: "anna",
  trust: "member",
  status: "ready",
};

function fail(message: string): never {
  throw new Error(message);
}
