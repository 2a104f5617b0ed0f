/** Reading issues through the user's own `gh`. */

import type { GithubComment, GithubIssue } from "../domain/github_issue.ts";
import { readLines } from "./lines.ts";
import { start } from "./spawn.ts";

/** gh could not tell the issues. The message says what it said and what to do. */
export class GithubReadError extends Error {
  override name = "GithubReadError";
}

const TIMEOUT_MS = 15 * 60_000;
/** One line of JSON per issue. Pull requests are issues to GitHub; they are left out. */
const ISSUE = ".[] | select(.pull_request == null) | {number, title, body, state, user: .user.login, " +
  "labels: [.labels[].name], author_association, created_at, html_url}";
const COMMENT = '.[] | {id, issue_number: (.issue_url | split("/") | last | tonumber), body, ' +
  "user: .user.login, author_association, created_at}";

/**
 * All issues of a repository (`owner/name`), oldest first, and all comments on them.
 *
 * @throws GithubReadError
 * @throws SpawnError when gh is not installed
 */
export async function readGithubIssues(
  repository: string,
  env: Record<string, string>,
): Promise<{ issues: GithubIssue[]; comments: GithubComment[] }> {
  const oldest = "per_page=100&sort=created&direction=asc";
  const issues = await read<GithubIssue>(`repos/${repository}/issues?state=all&${oldest}`, ISSUE, env);
  const comments = await read<GithubComment>(`repos/${repository}/issues/comments?${oldest}`, COMMENT, env);
  return { issues, comments };
}

async function read<T>(path: string, jq: string, env: Record<string, string>): Promise<T[]> {
  const child = start({ command: "gh", args: ["api", "--paginate", path, "--jq", jq], env });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, TIMEOUT_MS);
  try {
    const found: T[] = [];
    for await (const line of readLines(child.stdout)) if (line !== "") found.push(parse<T>(line));
    const { code } = await child.exited;
    if (late) throw new GithubReadError(`gh did not end within ${TIMEOUT_MS / 60_000} minutes`);
    if (code !== 0) throw failure(path, child.stderrTail().trim() || `exit code ${code}`);
    return found;
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
    await child.exited;
  }
}

function parse<T>(line: string): T {
  try {
    return JSON.parse(line) as T;
  } catch (cause) {
    throw new GithubReadError(`gh api answered no JSON: ${line.slice(0, 200)}`, { cause });
  }
}

function failure(path: string, said: string): GithubReadError {
  const advice = /HTTP 401|gh auth login/.test(said)
    ? ". Log in with gh auth login, or set GH_TOKEN"
    : /HTTP 404/.test(said)
    ? ". Is it spelt so, and may this login see it?"
    : "";
  return new GithubReadError(`gh could not read ${path.split("?")[0]}: ${said.slice(0, 2_000)}${advice}`);
}
