/** Pull requests through the user's own `gh`. */

import type { Repository } from "./git.ts";
import { ghRepoArgument } from "./github_url.ts";
import { neutralBody, neutralTitle } from "./pr_text.ts";
import { run, type RunResult } from "./spawn.ts";

/** No pull request could be opened. The message says what gh said and what to do. */
export class PullRequestError extends Error {
  override name = "PullRequestError";
}

export interface PullRequestOptions {
  repository: Repository;
  /** The branch that was pushed. */
  branch: string;
  /** The branch that it goes to. */
  base: string;
  /** Untrusted texts: made harmless here. */
  title: string;
  body: string;
  /** Milliseconds per call of gh, which has no time limit of its own. Default 60,000. */
  timeout_ms?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * The pull request of a branch: the open one if there is one, else a new one. What counts is what GitHub shows
 * afterwards, not how `gh pr create` ended: it may have made one and still have failed.
 *
 * @throws PullRequestError, also when the branch has no GitHub remote
 * @throws SpawnError when gh is not installed
 */
export async function ensurePullRequest(
  options: PullRequestOptions,
): Promise<{ url: string; created: boolean }> {
  const existing = await findPullRequest(options);
  if (existing !== null) return { url: existing, created: false };
  const args = ["--head", options.branch, "--base", options.base, `--title=${neutralTitle(options.title)}`];
  const created = await gh(options, ["pr", "create", ...args, "--body-file", "-"], neutralBody(options.body));
  const printed = created.stdout.trim().split("\n").at(-1) ?? "";
  if (created.code === 0 && isPullRequestUrl(printed)) return { url: printed, created: true };
  const after = await findPullRequest(options).catch((error: unknown) => {
    // The first failure is the one to tell; this look was only to see whether it had worked all the same.
    if (error instanceof PullRequestError) return null;
    throw error;
  });
  if (after !== null) return { url: after, created: true };
  throw failure(`open a pull request for ${options.branch} into ${options.base}`, created);
}

/** The URL of the branch's open pull request; null when there is none. */
async function findPullRequest(options: PullRequestOptions): Promise<string | null> {
  const args = ["--head", options.branch, "--state", "open", "--limit", "20"];
  const fields = "number,url,state,isCrossRepository,baseRefName";
  const listed = await gh(options, ["pr", "list", ...args, "--json", fields]);
  if (listed.code !== 0) throw failure(`look for the pull request of ${options.branch}`, listed);
  // A fork may have a branch of the same name.
  const own = parseList(listed.stdout).find((pr) => !pr.isCrossRepository && pr.state === "OPEN");
  return own === undefined ? null : own.url;
}

interface ListedPullRequest {
  url: string;
  state: string;
  isCrossRepository: boolean;
}

function parseList(text: string): ListedPullRequest[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new PullRequestError(`gh pr list answered no JSON: ${text.slice(0, 200)}`, { cause });
  }
  if (!Array.isArray(list)) throw new PullRequestError("gh pr list answered something that is no list");
  return list.filter((item): item is ListedPullRequest =>
    typeof item === "object" && item !== null && typeof item.url === "string" && isPullRequestUrl(item.url) &&
    typeof item.state === "string"
  );
}

function isPullRequestUrl(text: string): boolean {
  return /^https:\/\/[^\s/]+\/[^\s/]+\/[^\s/]+\/pull\/\d+$/.test(text);
}

async function gh(options: PullRequestOptions, args: string[], stdin?: string): Promise<RunResult> {
  const { repository, timeout_ms = DEFAULT_TIMEOUT_MS } = options;
  if (repository.github === null) {
    throw new PullRequestError(
      repository.remote === ""
        ? "Cannot open a pull request as the repository has no remote"
        : `Cannot open a pull request as the remote ${repository.remote} is not on GitHub`,
    );
  }
  return await run({
    command: "gh",
    // With -R it asks nothing of the local repository and never touches it.
    args: [...args, "-R", ghRepoArgument(repository.github)],
    cwd: repository.git_dir,
    env: repository.env,
    stdin,
    timeout_ms,
  });
}

function failure(what: string, result: RunResult): PullRequestError {
  if (result.timed_out) {
    return new PullRequestError(
      `Could not ${what}: gh did not answer within ${Math.round(result.duration_ms / 1000)} s`,
    );
  }
  const said = (result.stderr.trim() || `exit code ${result.code}`).slice(0, 2_000);
  const advice = result.code === 4 || /HTTP 401\b/.test(said)
    ? ". Log in with gh auth login, or set GH_TOKEN, where Autopilot runs"
    : "";
  return new PullRequestError(`Could not ${what}: ${said}${advice}`);
}
