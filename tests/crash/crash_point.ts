/** One crash: a server dies at a failpoint, is started again, and everything that was promised is looked at. */

import { join } from "node:path";
import type { Issue, Status } from "../../src/domain/issue.ts";
import type { Failpoint } from "../../src/failpoint.ts";
import { detailsOf, fileIssue } from "../e2e/setup.ts";
import { startFakeGithub } from "../support/fake_github.ts";
import { endProcessesNaming, processesNaming } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { type ServerOptions, startServer, type TestServer } from "../support/server.ts";
import { within } from "../support/wait.ts";
import { inspect, type Scene } from "./inspection.ts";

export interface CrashRow {
  point: Failpoint;
  /** How the runs ended, oldest first. */
  outcomes: string[];
  /** Starts of an agent over all runs. */
  starts: number;
  /** From the death of the server until none of its processes was left, in milliseconds. */
  gone_ms: number;
  /** From the start of the next server until the issue was in review, in milliseconds. */
  recovered_ms: number;
  /** Promises that were not kept, in words. */
  broken: string[];
}

const SCRIPTED_CLAUDE = new URL("../fixtures/bin/scripted-claude", import.meta.url).pathname;
const PATIENCE_MS = 60_000;
const GONE_MS = 10_000;

/** Points that a rescuer passes: another server must have died before. */
const OF_RESCUER: ReadonlySet<Failpoint> = new Set([
  "rescue_taken_over",
  "rescue_snapshot",
  "rescue_finished",
]);

/** What a human does while the agent waits, for the points that are passed only then. */
const HUMAN: Partial<Record<Failpoint, (server: TestServer, issue: Issue) => Promise<unknown>>> = {
  comment_handed: (server, { id }) =>
    server.api(`/issues/${id}/comments`, { json: { author: "ann", body: "Please use tabs." } }),
  lease_extended: (server, { id }) =>
    server.api(`/issues/${id}`, {
      method: "PATCH",
      body: JSON.stringify({ priority: "high" }),
      headers: { "content-type": "application/json" },
    }),
  stop_recorded: (server, { id }) => server.api(`/issues/${id}/stop`, { method: "POST" }),
};

/** Crashes at the point and recovers. Rejects when the crash did not happen or the recovery never came. */
export async function crashAt(point: Failpoint): Promise<CrashRow> {
  await using opened = new AsyncDisposableStack();
  const repo = opened.use(await makeRepo({ "README.md": "# Project\n" }));
  opened.defer(() => endProcessesNaming(repo.dir));
  await Deno.mkdir(`${repo.dir}/g`);
  const github = opened.use(await startFakeGithub(`${repo.dir}/g`));
  await repo.git("push", "-q", github.bare, "main");
  await repo.git("remote", "add", "origin", github.remote_url);
  const options: ServerOptions = {
    data: join(repo.dir, "data"),
    env: {
      ...repo.env,
      ...github.env,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_WORKDIR: repo.path,
      AUTOPILOT_CLAUDE_BIN: SCRIPTED_CLAUDE,
      AUTOPILOT_PUSH: "1",
      // What setup and checks write is not the agent's work, and must not become it by a crash.
      // Without it the first page of the transcript is the agent's.
      ...(point === "transcript_page" ? {} : { AUTOPILOT_SETUP: "echo made >setup-output" }),
      AUTOPILOT_CHECK: "echo checked >check-output; test -f notes.txt",
      // By this the agents' processes are found again.
      AUTOPILOT_PASS_ENV: "TEST_FOLDER",
      TEST_FOLDER: repo.dir,
    },
  };
  const armed = (name: Failpoint) => ({ ...options, env: { ...options.env, AUTOPILOT_FAILPOINT: name } });

  // Then there is work that the rescuer has to save.
  const first = OF_RESCUER.has(point) ? "result_read" : point;
  const doomed = opened.use(await startServer(armed(first)));
  const waits = HUMAN[point] !== undefined;
  const issue = await fileIssue(doomed, { title: "Add files", body: `play:${waits ? "wait" : "edit"}` });
  if (waits) {
    await spoken(doomed, issue);
    // The answer may never come: the server dies of the question.
    await HUMAN[point]!(doomed, issue).catch(() => {});
  }
  await died(doomed, first);
  if (OF_RESCUER.has(point)) await diesAtStart(armed(point), point);
  const gone_ms = await allGone(repo.dir);

  const restarted = performance.now();
  const server = opened.use(await startServer(options));
  if (point === "stop_recorded") {
    await reaches(server, issue, "backlog");
    await server.api(`/issues/${issue.id}/status`, { json: { status: "ready" } });
  }
  await reaches(server, issue, "in_review");
  const recovered_ms = performance.now() - restarted;
  const details = await detailsOf(server, issue);
  const scene: Scene = { point, server, repo, github, issue, details, book: bookOf(options.data!, issue) };
  const { broken, starts } = await inspect(scene);
  if (await server.stop() !== 0) broken.push("the server did not stop well");
  return {
    point,
    outcomes: details.runs.map(({ outcome }) => outcome),
    starts,
    gone_ms,
    recovered_ms,
    broken,
  };
}

function bookOf(data: string, { number }: Issue): string {
  return join(data, "homes", String(number), ".scripted");
}

/** The process must have ended by SIGKILL, at this very point. */
async function died(server: TestServer, point: Failpoint): Promise<void> {
  const { signal } = await within(
    server.exited,
    PATIENCE_MS,
    () => `The server never came to ${point}:\n${server.log()}`,
  );
  await server.kill();
  if (signal !== "SIGKILL" || !server.log().split("\n").includes(`failpoint ${point}`)) {
    throw new Error(`The server ended by ${signal} and not at ${point}:\n${server.log()}`);
  }
}

/** The rescue is part of the start: the server dies before it says that it is ready. */
async function diesAtStart(options: ServerOptions, point: Failpoint): Promise<void> {
  try {
    await using server = await startServer(options);
    throw new Error(`The server passed ${point} by:\n${server.log()}`);
  } catch (error) {
    if (error instanceof Error && error.message.split("\n").includes(`failpoint ${point}`)) return;
    throw error;
  }
}

/** Resolves when the agent has said that it waits. */
async function spoken(server: TestServer, issue: Issue): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const { runs } = await detailsOf(server, issue);
    const log = runs.length === 0
      ? { entries: [] }
      : (await server.api<{ entries: { text?: string }[] }>(`/runs/${runs[0].id}/log`)).body;
    if (log.entries.some(({ text }) => text === "I wait for a word")) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`The agent said nothing:\n${server.log()}`);
}

/** Each status that is waited for comes once in the life of an issue here, so the whole log may be looked through. */
async function reaches(server: TestServer, issue: Issue, status: Status): Promise<void> {
  await server.waitFor(
    (event) => event.type === "issue.status" && event.issue_id === issue.id && event.status === status,
    `the issue in ${status}`,
  );
}

/** The kernel ends the sandboxes of a dead server; that takes a moment, which nobody announces. */
async function allGone(folder: string): Promise<number> {
  const since = performance.now();
  let left: string[];
  while ((left = await processesNaming(folder)).length > 0) {
    if (performance.now() - since > GONE_MS) {
      throw new Error(`These processes survived the server:\n${left.join("\n")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - since;
}
