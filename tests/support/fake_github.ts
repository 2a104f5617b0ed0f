/**
 * A GitHub for the real `gh` and `git`: GraphQL over a unix socket, which gh's own configuration points to, and bare
 * repositories behind a stand-in for ssh. A missing socket is an error, so no test can reach the real GitHub.
 */

import { join } from "node:path";
import { run } from "../../src/process/spawn.ts";

export interface FakePullRequest {
  number: number;
  url: string;
  title: string;
  body: string;
  head: string;
  base: string;
  state: "OPEN" | "CLOSED" | "MERGED";
}

/** What goes wrong, for the operations that it names (`PullRequestList`, `PullRequestCreate` …); all when it names none. */
export interface Fault {
  operation?: string;
  /** HTTP status of the answer. */
  status?: number;
  message?: string;
  /** The operation takes place all the same, and then the answer is the fault. */
  after?: boolean;
  /** No answer at all. */
  hang?: boolean;
}

export interface FakeGithub extends AsyncDisposable {
  /** What the server's environment must hold for gh and git to come here. */
  readonly env: Record<string, string>;
  /** The remote's URL, as a real one. */
  readonly remote_url: string;
  /** The bare repository behind it. */
  readonly bare: string;
  readonly pulls: FakePullRequest[];
  /** What the REST interface tells of the repository's issues, pull requests among them, and of their comments. */
  readonly issues: Record<string, unknown>[];
  readonly comments: Record<string, unknown>[];
  /** What it tells of the repository itself, and when it is there. */
  repository: Record<string, unknown>;
  date: Date;
  /** Names of the operations that were asked for, in order. */
  readonly operations: string[];
  fault: Fault | null;
  /** Every push fails with this text until `null`. */
  refusePushes(text: string | null): Promise<void>;
}

const FAKE_SSH = new URL("../fixtures/bin/fake-ssh", import.meta.url).pathname;
const TOKEN = "gho_test_token";

/** @param dir an empty folder for it; short, as a socket's path has at most 107 bytes */
export async function startFakeGithub(dir: string, repo = "acme/app"): Promise<FakeGithub> {
  const roots = join(dir, "roots");
  const bare = join(roots, `${repo}.git`);
  const config = join(dir, "gh");
  const socket = join(dir, "gh.sock");
  for (const folder of [bare, config, join(dir, "cache"), join(dir, "tmp")]) {
    await Deno.mkdir(folder, { recursive: true });
  }
  const env = { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", HOME: dir };
  const made = await run({
    command: "git",
    args: ["init", "-q", "--bare", "--initial-branch=main", bare],
    env,
  });
  if (made.code !== 0) throw new Error(`git init --bare: ${made.stderr}`);
  await Deno.writeTextFile(
    join(config, "config.yml"),
    `version: "1"\nhttp_unix_socket: ${socket}\nprompt: disabled\n`,
  );

  const stopped = new AbortController();
  const fake: Omit<FakeGithub, typeof Symbol.asyncDispose> = {
    env: {
      GH_CONFIG_DIR: config,
      GH_TOKEN: TOKEN,
      XDG_CACHE_HOME: join(dir, "cache"),
      TMPDIR: join(dir, "tmp"),
      GIT_SSH_COMMAND: `${FAKE_SSH} ${roots}`,
    },
    remote_url: `git@github.com:${repo}.git`,
    bare,
    pulls: [],
    issues: [],
    comments: [],
    repository: { permissions: { push: true } },
    date: new Date(),
    operations: [],
    fault: null,
    async refusePushes(text) {
      const file = join(roots, "ssh-fails");
      if (text === null) await Deno.remove(file);
      else await Deno.writeTextFile(file, text);
    },
  };
  const server = Deno.serve(
    { path: socket, onListen() {}, signal: stopped.signal },
    (request) => answer(request, fake, repo, stopped.signal),
  );
  return Object.assign(fake, {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await server.finished;
    },
  });
}

type State = Omit<FakeGithub, typeof Symbol.asyncDispose>;
type Variables = Record<string, unknown>;

async function answer(request: Request, fake: State, repo: string, stopped: AbortSignal): Promise<Response> {
  const url = new URL(request.url);
  if (request.method === "GET") return await rest(request, url, fake, repo, stopped);
  const { query, variables } = await request.json() as { query: string; variables: Variables };
  const operation = /\b(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? "";
  fake.operations.push(operation);
  if (request.headers.get("authorization") !== `token ${TOKEN}`) return refusal(401, "Bad credentials");
  const fault = fake.fault;
  const hit = fault !== null && (fault.operation === undefined || fault.operation === operation);
  if (hit && !fault.after) return await faulty(fault, stopped);
  const data = execute(operation, variables, fake, repo);
  if (hit) return await faulty(fault, stopped);
  return Response.json(data);
}

/** Pages of two, so that a short list shows whether the reader goes on. */
async function rest(
  request: Request,
  url: URL,
  fake: State,
  repo: string,
  stopped: AbortSignal,
): Promise<Response> {
  fake.operations.push(`GET ${url.pathname}`);
  if (request.headers.get("authorization") !== `token ${TOKEN}`) return refusal(401, "Bad credentials");
  if (fake.fault !== null) return await faulty(fake.fault, stopped);
  if (url.pathname === `/repos/${repo}`) {
    const headers = { "x-oauth-scopes": "gist, repo", date: fake.date.toUTCString() };
    return Response.json(fake.repository, { headers });
  }
  const list = new Map([
    [`/repos/${repo}/issues`, fake.issues],
    [`/repos/${repo}/issues/comments`, fake.comments],
  ]).get(url.pathname);
  if (list === undefined) return refusal(404, "Not Found");
  const page = Number(url.searchParams.get("page") ?? "1");
  const headers = new Headers();
  if (page * 2 < list.length) {
    url.searchParams.set("page", String(page + 1));
    headers.set("link", `<https://api.github.com${url.pathname}${url.search}>; rel="next"`);
  }
  return Response.json(list.slice(page * 2 - 2, page * 2), { headers });
}

async function faulty(fault: Fault, stopped: AbortSignal): Promise<Response> {
  if (fault.hang) {
    await new Promise<void>((resolve) => stopped.addEventListener("abort", () => resolve(), { once: true }));
  }
  return refusal(fault.status ?? 500, fault.message ?? "Server Error");
}

function refusal(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

function execute(operation: string, variables: Variables, fake: State, repo: string): unknown {
  const [owner, name] = repo.split("/");
  if (variables.owner !== undefined && `${variables.owner}/${variables.repo ?? variables.name}` !== repo) {
    const message = `Could not resolve to a Repository with the name '${variables.owner}/${
      variables.repo ?? variables.name
    }'.`;
    return { data: null, errors: [{ type: "NOT_FOUND", path: ["repository"], message }] };
  }
  switch (operation) {
    case "RepositoryInfo":
      return {
        data: {
          repository: {
            id: "R_1",
            name,
            owner: { login: owner },
            hasIssuesEnabled: true,
            viewerPermission: "WRITE",
            defaultBranchRef: { name: "main" },
            parent: null,
          },
        },
      };
    case "PullRequestForBranch":
    case "PullRequestList":
      return { data: { repository: { pullRequests: list(fake.pulls, variables, owner) } } };
    case "PullRequestCreate":
      return create(variables.input as Record<string, string>, fake, repo);
    default:
      return { data: null, errors: [{ message: `The fake knows no operation ${operation}` }] };
  }
}

function list(pulls: FakePullRequest[], variables: Variables, owner: string) {
  const head = variables.headRefName ?? variables.headBranch;
  const states = variables.states ?? variables.state;
  const found = pulls.filter((pull) =>
    (head === undefined || pull.head === head) && (!Array.isArray(states) || states.includes(pull.state))
  );
  return {
    totalCount: found.length,
    nodes: found.map((pull) => node(pull, owner)),
    pageInfo: { hasNextPage: false, endCursor: "" },
  };
}

function node(pull: FakePullRequest, owner: string) {
  return {
    id: `PR_${pull.number}`,
    number: pull.number,
    url: pull.url,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    headRefName: pull.head,
    baseRefName: pull.base,
    isCrossRepository: false,
    isDraft: false,
    headRepositoryOwner: { id: "U_1", login: owner, name: owner },
  };
}

function create(input: Record<string, string>, fake: State, repo: string): unknown {
  const fail = (message: string) => ({
    data: { createPullRequest: null },
    errors: [{ type: "UNPROCESSABLE", path: ["createPullRequest"], message }],
  });
  if (fake.pulls.some((pull) => pull.head === input.headRefName && pull.state === "OPEN")) {
    return fail(`A pull request already exists for ${repo.split("/")[0]}:${input.headRefName}.`);
  }
  const number = fake.pulls.length + 1;
  const pull: FakePullRequest = {
    number,
    url: `https://github.com/${repo}/pull/${number}`,
    title: input.title,
    body: input.body,
    head: input.headRefName,
    base: input.baseRefName,
    state: "OPEN",
  };
  fake.pulls.push(pull);
  return { data: { createPullRequest: { pullRequest: { id: `PR_${number}`, url: pull.url } } } };
}
