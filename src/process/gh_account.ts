/** What the user's `gh` may do, without changing anything. */

import { ghRepoArgument, type GithubRepo } from "./github_url.ts";
import { run } from "./spawn.ts";

interface Limits {
  timeout_ms: number;
  kill_after_ms: number;
}

/** What each kind of token is called, by its beginning. */
const KINDS: readonly [prefix: string, kind: string][] = [
  ["github_pat_", "fine-grained personal access token"],
  ["ghp_", "classic personal access token"],
  ["gho_", "OAuth token of gh auth login"],
  ["ghu_", "token of a GitHub App for a user"],
  ["ghs_", "token of a GitHub App or of Actions"],
];

/** The version of gh. @throws {Error} when it does not answer as gh does; SpawnError when it is missing */
export async function ghVersion(env: Record<string, string>, limits: Limits): Promise<string> {
  const result = await run({ command: "gh", args: ["--version"], env, ...limits });
  const version = /^gh version (\S+)/.exec(result.stdout)?.[1];
  if (result.code === 0 && version !== undefined) return version;
  const said = result.timed_out ? "nothing in time" : `code ${result.code}: ${result.stderr.slice(0, 200)}`;
  throw new Error(`gh --version did not answer as gh does (${said.trim()})`);
}

/** What kind of token gh has for a host; `null` when it has none. The token itself is not told. */
export async function ghTokenKind(
  host: string,
  env: Record<string, string>,
  limits: Limits,
): Promise<string | null> {
  const { code, stdout } = await run({
    command: "gh",
    args: ["auth", "token", "--hostname", host],
    env,
    ...limits,
  });
  const token = stdout.trim();
  if (code !== 0 || token === "") return null;
  return KINDS.find(([prefix]) => token.startsWith(prefix))?.[1] ?? "token of an unknown kind";
}

export interface RepositoryAccess {
  /** What the account may do there, as GitHub tells it. */
  push: boolean;
  archived: boolean;
  /** Scopes of a classic or OAuth token; `null` for kinds of tokens that have none. */
  scopes: string[] | null;
  /** GitHub's clock, ISO-8601; empty when it does not tell. */
  date: string;
}

/** Asks GitHub. @throws {Error} with gh's words when there is no answer, or the answer is no */
export async function repositoryAccess(
  repo: GithubRepo,
  env: Record<string, string>,
  limits: Limits,
): Promise<RepositoryAccess> {
  const path = `repos/${repo.owner}/${repo.repo}`;
  const args = ["api", "--hostname", repo.host, "--include", path];
  const result = await run({ command: "gh", args, env, ...limits, max_output_bytes: 1024 * 1024 });
  if (result.timed_out) throw new Error(`GitHub did not answer for ${ghRepoArgument(repo)} in time`);
  if (result.code !== 0) {
    throw new Error(
      `GitHub does not show ${ghRepoArgument(repo)}: ${
        (result.stderr.trim() || `exit code ${result.code}`).slice(0, 300)
      }`,
    );
  }
  const [head, ...rest] = result.stdout.split(/\r?\n\r?\n/);
  const header = (name: string) => new RegExp(`^${name}:[ \\t]*(.*?)\\r?$`, "im").exec(head)?.[1] ?? null;
  const { permissions, archived } = JSON.parse(rest.join("\n\n"));
  const scopes = header("x-oauth-scopes");
  const date = Date.parse(header("date") ?? "");
  return {
    push: permissions?.push === true,
    archived: archived === true,
    scopes: scopes === null
      ? null
      : scopes.split(",").map((scope) => scope.trim()).filter((scope) => scope !== ""),
    date: Number.isNaN(date) ? "" : new Date(date).toISOString(),
  };
}
