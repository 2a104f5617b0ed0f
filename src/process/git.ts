/** The repository that the agents work for: what it is, where it pushes to, and the few writes Autopilot does. */

import { isAbsolute, resolve as resolvePath } from "node:path";
import { gitEnv } from "./child_env.ts";
import { git, GitError, gitError, tryGit } from "./git_run.ts";
import { type GithubRepo, parseGithubUrl } from "./github_url.ts";

/** The folder can't be worked with. The message says why and what to do. */
export class RepositoryError extends Error {
  override name = "RepositoryError";
  /** @param mend what to do; empty where git's own words are all there is to say */
  constructor(readonly found: string, readonly mend: string) {
    super(mend === "" ? found : `${found}: ${mend}`);
  }
}

export interface PushResult {
  ok: boolean;
  /** `new`, `updated`, `up_to_date`, or `refused` with the reason in `message`. */
  status: "new" | "updated" | "up_to_date" | "refused";
  /** What git and the server said, in their words; empty when all is well. */
  message: string;
}

export interface Repository {
  /** Absolute path that was opened. */
  readonly workdir: string;
  /** The git directory that all work trees share, absolute. */
  readonly git_dir: string;
  readonly objects_dir: string;
  /** What HEAD was when the repository was opened. */
  readonly head_commit: string;
  /** The branch that was checked out then; empty when detached. */
  readonly head_branch: string;
  /** The branch that pull requests go to unless an option says otherwise. */
  readonly default_branch: string;
  /** Where branches are pushed to; empty when the repository has no remote. */
  readonly remote: string;
  /** The remote's repository on GitHub; null when it is none. */
  readonly github: GithubRepo | null;
  /** The environment for git and gh. */
  readonly env: Record<string, string>;
  /** The commit that a revision names now; null when it names none. */
  resolve(revision: string): Promise<string | null>;
  /** The same for several at once, by one process; in the order asked. */
  resolveAll(revisions: string[]): Promise<(string | null)[]>;
  /** The branch that is checked out now; empty when detached. */
  branchNow(): Promise<string>;
  /** Runs git in the repository's own git directory; throws GitError. */
  git(
    args: string[],
    options?: { env?: Record<string, string>; stdin?: string; timeout_ms?: number },
  ): Promise<string>;
  /** Pushes a commit as a branch to `remote`, never by force. Throws GitError when git can't be run. */
  pushBranch(what: { commit: string; branch: string }): Promise<PushResult>;
  /** Asks whether `pushBranch` may push, and sends nothing. Empty: it may; else what git and the server said. */
  tryPush(limits: { timeout_ms: number; kill_after_ms: number }): Promise<string>;
}

const PUSH_TIMEOUT_MS = 10 * 60_000;

/**
 * Opens the repository that a folder belongs to.
 *
 * @param env the server's own environment
 * @throws RepositoryError when the folder is no repository, has no commit, or belongs to another user
 */
export async function openRepository(workdir: string, env: Record<string, string>): Promise<Repository> {
  const folder = resolvePath(workdir);
  const base = gitEnv(env);
  const git_dir = await findGitDir(folder, base);
  const own = { env: await withUsersSsh(base, env, git_dir) };
  const inside = ["-C", folder];
  const head = await tryGit([...inside, "rev-parse", "--verify", "-q", "HEAD^{commit}"], own);
  if (head.code !== 0) {
    throw new RepositoryError(
      `Cannot work for ${folder} as it has no commit yet`,
      "make a first commit (git commit --allow-empty -m start)",
    );
  }
  const branchNow = async () =>
    (await tryGit([...inside, "symbolic-ref", "-q", "--short", "HEAD"], own)).stdout.trim();
  const head_branch = await branchNow();
  const call = (
    args: string[],
    options: { env?: Record<string, string>; stdin?: string; timeout_ms?: number } = {},
  ) => git([`--git-dir=${git_dir}`, ...args], { ...options, env: { ...own.env, ...options.env } });
  const remote = await chooseRemote(call, head_branch);
  return {
    workdir: folder,
    git_dir,
    objects_dir: await git([...inside, "rev-parse", "--path-format=absolute", "--git-path", "objects"], own),
    head_commit: head.stdout.trim(),
    head_branch,
    default_branch: await defaultBranch(call, remote, head_branch),
    remote,
    github: remote === "" ? null : parseGithubUrl(await call(["remote", "get-url", remote]), env.GH_HOST),
    env: own.env,
    resolve: async (revision) => (await resolveAll(inside, own, [revision]))[0],
    resolveAll: (revisions) => resolveAll(inside, own, revisions),
    branchNow,
    git: call,
    pushBranch: ({ commit, branch }) => push(git_dir, remote, own.env, commit, branch),
    tryPush: (limits) => tryPush(git_dir, remote, own.env, limits),
  };
}

/** A revision is looked up where HEAD is the user's: a linked work tree has its own. */
async function resolveAll(
  inside: string[],
  own: { env: Record<string, string> },
  revisions: string[],
): Promise<(string | null)[]> {
  // One line asks for one revision; none that git knows holds a line end.
  const asked = revisions.filter((revision) => !/[\n\0]/.test(revision));
  const answer = await git([...inside, "cat-file", "--batch-check=%(objecttype) %(objectname)"], {
    ...own,
    stdin: asked.map((revision) => `${revision}^{commit}\n`).join(""),
  });
  const found = new Map(
    answer.split("\n").map((line, i) => [asked[i], /^commit ([0-9a-f]+)$/.exec(line)?.[1] ?? null]),
  );
  return revisions.map((revision) => found.get(revision) ?? null);
}

const NAME_ONE = "set AUTOPILOT_WORKDIR to a git repository";

async function findGitDir(folder: string, env: Record<string, string>): Promise<string> {
  try {
    if (!(await Deno.stat(folder)).isDirectory) {
      throw new RepositoryError(`Cannot work for ${folder} as it is no folder`, NAME_ONE);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RepositoryError(
      `Cannot work for ${folder} as it does not exist`,
      NAME_ONE,
    );
  }
  const result = await tryGit(["-C", folder, "rev-parse", "--path-format=absolute", "--git-common-dir"], {
    env,
  });
  if (result.code === 0) return result.stdout.trim();
  if (result.stderr.includes("dubious ownership")) {
    throw new RepositoryError(
      `Cannot work for ${folder} as it belongs to another user`,
      `run Autopilot as its owner, or trust it with git config --global --add safe.directory ${folder}`,
    );
  }
  if (result.stderr.includes("not a git repository")) {
    throw new RepositoryError(
      `Cannot work for ${folder} as it is no git repository`,
      "run git init there, or set AUTOPILOT_WORKDIR",
    );
  }
  throw new RepositoryError(gitError(`Cannot work for ${folder}`, result).message, "");
}

/** A configured core.sshCommand is the user's choice; our own default in the environment would override it. */
async function withUsersSsh(
  env: Record<string, string>,
  host: Record<string, string>,
  git_dir: string,
): Promise<Record<string, string>> {
  if (host.GIT_SSH_COMMAND !== undefined) return env;
  const configured = await tryGit([`--git-dir=${git_dir}`, "config", "core.sshCommand"], { env });
  if (configured.code !== 0) return env;
  const { GIT_SSH_COMMAND: _, ...rest } = env;
  return rest;
}

type Call = (args: string[]) => Promise<string>;

/** The value of a setting, or an empty string. */
async function setting(call: Call, name: string): Promise<string> {
  return await call(["config", "--default", "", "--get", name]);
}

async function chooseRemote(call: Call, head_branch: string): Promise<string> {
  const remotes = (await call(["remote"])).split("\n").filter((name) => name !== "");
  const wanted = [
    head_branch === "" ? "" : await setting(call, `branch.${head_branch}.pushRemote`),
    await setting(call, "remote.pushDefault"),
    head_branch === "" ? "" : await setting(call, `branch.${head_branch}.remote`),
    "origin",
  ];
  return wanted.find((name) => remotes.includes(name)) ?? remotes[0] ?? "";
}

async function defaultBranch(call: Call, remote: string, head_branch: string): Promise<string> {
  if (remote !== "") {
    const prefix = `refs/remotes/${remote}/`;
    const full = await call(["for-each-ref", "--format=%(symref)", `${prefix}HEAD`]);
    if (full.startsWith(prefix)) return full.slice(prefix.length);
  }
  const names = [await setting(call, "init.defaultBranch"), "main", "master"].filter((name) => name !== "");
  const refs = await call([
    "for-each-ref",
    "--format=%(refname:short)",
    ...names.map((name) => `refs/heads/${name}`),
  ]);
  const present = refs.split("\n");
  return names.find((name) => present.includes(name)) ?? (head_branch || "main");
}

/** The last helper in the list: asked only when the user's own ones know nothing. Answers for GitHub hosts alone. */
const CREDENTIALS = ["-c", "credential.helper=!gh auth git-credential"];

async function tryPush(
  git_dir: string,
  remote: string,
  env: Record<string, string>,
  limits: { timeout_ms: number; kill_after_ms: number },
): Promise<string> {
  const target = "HEAD:refs/heads/autopilot/push-test";
  const args = [
    ...CREDENTIALS,
    `--git-dir=${git_dir}`,
    "push",
    "--dry-run",
    "--porcelain",
    "--",
    remote,
    target,
  ];
  try {
    const result = await tryGit(args, { env, ...limits });
    if (result.code === 0) return "";
    return (result.stderr.trim() || `exit code ${result.code}`).slice(0, 500);
  } catch (error) {
    if (error instanceof GitError) return error.message;
    throw error;
  }
}

async function push(
  git_dir: string,
  remote: string,
  env: Record<string, string>,
  commit: string,
  branch: string,
): Promise<PushResult> {
  if (remote === "") return refused("The repository has no remote: add one with git remote add origin <url>");
  let result;
  try {
    result = await tryGit(
      [
        ...CREDENTIALS,
        `--git-dir=${git_dir}`,
        "push",
        "--porcelain",
        "--",
        remote,
        `${commit}:refs/heads/${branch}`,
      ],
      { env, timeout_ms: PUSH_TIMEOUT_MS },
    );
  } catch (error) {
    if (error instanceof GitError) return refused(error.message);
    throw error;
  }
  // FLAG <tab> from:to <tab> summary
  const line = result.stdout.split("\n").find((text) => /^[ +*=!-]\t/.test(text));
  const flag = line?.[0];
  if (result.code === 0 && flag !== undefined && flag !== "!") {
    return { ok: true, status: flag === "*" ? "new" : flag === "=" ? "up_to_date" : "updated", message: "" };
  }
  const summary = line?.split("\t")[2] ?? "";
  return refused(
    [summary, result.stderr.trim()].filter((text) => text !== "").join("\n") || `exit code ${result.code}`,
  );
}

function refused(message: string): PushResult {
  return { ok: false, status: "refused", message: message.slice(0, 4_000) };
}

/** The folders from which a repository's objects come: its own, and those named as alternates, all absolute. */
export function objectFolders(objects_dir: string): string[] {
  const found = [objects_dir];
  for (const folder of found) {
    let text: string;
    try {
      text = Deno.readTextFileSync(`${folder}/info/alternates`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    for (const line of text.split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const path = isAbsolute(line) ? resolvePath(line) : resolvePath(folder, line);
      if (!found.includes(path)) found.push(path);
    }
  }
  return found;
}
