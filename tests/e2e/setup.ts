/** What the end-to-end tests share: a repository, a scripted model, a server with its runner on. */

import assert from "node:assert/strict";
import type { Comment } from "../../src/domain/comment.ts";
import type { Issue } from "../../src/domain/issue.ts";
import type { LogEntry } from "../../src/domain/log_entry.ts";
import type { Run } from "../../src/domain/run.ts";
import { CLAUDE_BINARY } from "../support/claude_binary.ts";
import { type MessagesApi, type Script, startMessagesApi } from "../support/messages_api.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";
import { type ServerOptions, startServer, type TestServer } from "../support/server.ts";

export interface Loop extends AsyncDisposable {
  readonly repo: TestRepo;
  readonly model: MessagesApi;
  readonly server: TestServer;
  /** The options with which the server was started, to start another one on the same data. */
  readonly options: ServerOptions;
}

export interface LoopOptions {
  script: Script;
  /** Files of the repository's first commit. */
  files?: Record<string, string>;
  /** Further options of the server, made when the repository is there; its variables are added. */
  server?: (repo: TestRepo) => ServerOptions | Promise<ServerOptions>;
}

/** A server whose agents are the real Claude Code, working for a repository, talking to a script. */
export async function startLoop({ script, files, server: further }: LoopOptions): Promise<Loop> {
  await using opened = new AsyncDisposableStack();
  const repo = opened.use(
    await makeRepo(files ?? { "README.md": "# Project\n", "src/app.txt": "one\ntwo\n" }),
  );
  const model = opened.use(startMessagesApi(script));
  const extra = await further?.(repo);
  const options: ServerOptions = {
    data: `${repo.dir}/data`,
    ...extra,
    env: {
      ...repo.env,
      ...model.env,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_WORKDIR: repo.path,
      AUTOPILOT_CLAUDE_BIN: CLAUDE_BINARY,
      AUTOPILOT_COMMIT_NAME: "Robot",
      AUTOPILOT_COMMIT_EMAIL: "robot@example.invalid",
      ...extra?.env,
    },
  };
  const server = opened.use(await startServer(options));
  const all = opened.move();
  return { repo, model, server, options, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

export interface Details {
  issue: Issue;
  comments: Comment[];
  runs: Run[];
}

/** Files an issue that agents may take at once. */
export async function fileIssue(
  server: TestServer,
  fields: Partial<Issue> & { title: string },
): Promise<Issue> {
  const { status, body } = await server.api<Issue>("/issues", { json: { status: "ready", ...fields } });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

export async function detailsOf(server: TestServer, issue: Pick<Issue, "id">): Promise<Details> {
  const { status, body } = await server.api<Details>(`/issues/${issue.id}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Waits until so many runs of the issue have finished; its details then. */
export async function afterRun(server: TestServer, issue: Pick<Issue, "id">, runs = 1): Promise<Details> {
  const seen = new Set<unknown>();
  await server.waitFor((event) => {
    if (event.type === "run.finished" && event.issue_id === issue.id) seen.add(event.run_id);
    return seen.size >= runs;
  }, `the end of run ${runs} of issue ${issue.id}`);
  return await detailsOf(server, issue);
}

/** The whole transcript of a run. */
export async function transcriptOf(server: TestServer, run: Pick<Run, "id">): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let after = 0;;) {
    const { body } = await server.api<{ entries: LogEntry[]; next: number }>(
      `/runs/${run.id}/log?after=${after}`,
    );
    if (body.entries.length === 0) return entries;
    entries.push(...body.entries);
    after = body.next;
  }
}

/** The whole event log. */
export async function eventsOf(server: TestServer): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = [];
  for (let after = 0;;) {
    const { body } = await server.api<{ events: Record<string, unknown>[]; next: number }>(
      `/events?after=${after}`,
    );
    if (body.events.length === 0) return events;
    events.push(...body.events);
    after = body.next;
  }
}

/** Fails unless the user's checkout is as the test left it: on main, clean, nothing staged. */
export async function assertCheckoutUntouched(repo: TestRepo): Promise<void> {
  assert.equal(await repo.git("status", "--porcelain=v1", "--untracked-files=all"), "");
  assert.equal(await repo.git("symbolic-ref", "--short", "HEAD"), "main");
  assert.equal(await repo.git("stash", "list"), "");
}
