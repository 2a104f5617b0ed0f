/** The repository that agents work for. */

import type { Config } from "../../config.ts";
import { BRANCH_PREFIX } from "../../domain/issue.ts";
import { ProjectFileError } from "../../domain/project_file.ts";
import { gitEnv } from "../../process/child_env.ts";
import { openRepository, type Repository } from "../../process/git.ts";
import { tryGit } from "../../process/git_run.ts";
import { repositoryState } from "../../process/repository_state.ts";
import { projectReader } from "../../runner/project.ts";
import { type Deadline, type Finding, finding, fromError, ok } from "./finding.ts";

interface Look {
  config: Config;
  env: Record<string, string>;
  deadline: Deadline;
  add: (...found: Finding[]) => void;
}

/** Answers the repository for the checks that need it; `null` when there is none to work for. */
export async function checkRepository({ config, env, deadline, add }: Look): Promise<Repository | null> {
  const missing = config.runner ? "error" : "warning";
  try {
    const { stdout, code } = await tryGit(["--version"], { env: gitEnv(env), ...deadline.limits(0.6) });
    if (code !== 0) throw new Error("git --version failed");
    add(ok("git", stdout.trim()));
  } catch (error) {
    add(fromError("git", missing, error, "Install git (Debian, Ubuntu: apt-get install git)"));
    return null;
  }
  let repository: Repository;
  try {
    repository = await openRepository(config.workdir, gitEnv(env));
  } catch (error) {
    add(fromError("repository", missing, error, "Set AUTOPILOT_WORKDIR to a git repository"));
    return null;
  }
  const { remote, github, default_branch } = repository;
  const to = remote === ""
    ? "no remote"
    : `remote ${remote}${github === null ? "" : ` (${github.owner}/${github.repo})`}`;
  add(ok("repository", `${config.workdir}, default branch ${default_branch}, ${to}`));
  return repository;
}

/** What agents meet in it. */
export async function checkState({ config, deadline, add }: Look, repository: Repository): Promise<void> {
  await Promise.all([
    startingPoint(config, repository, add),
    projectFile(config, repository, add),
    state(config, repository, deadline, add),
  ]);
}

async function startingPoint(
  { base }: Config,
  repository: Repository,
  add: (...found: Finding[]) => void,
): Promise<void> {
  const { head_branch, head_commit, default_branch } = repository;
  if (base !== "") {
    const commit = await repository.resolve(base);
    add(
      commit === null
        ? finding(
          "branch",
          "error",
          `AUTOPILOT_BASE names ${base}, which is no commit of the repository`,
          "Name a branch or commit that is there (git branch -a lists them), or leave it out",
        )
        : ok("branch", `New work starts from ${base} (${commit.slice(0, 12)})`),
    );
  } else if (head_branch === "") {
    add(
      finding(
        "branch",
        "note",
        `No branch is checked out: new work starts from the commit ${head_commit.slice(0, 12)}`,
        `Check one out (git switch ${default_branch}), or set AUTOPILOT_BASE`,
      ),
    );
  } else if (head_branch.startsWith(BRANCH_PREFIX)) {
    add(
      finding(
        "branch",
        "warning",
        `${head_branch} is checked out, a branch of an agent's`,
        `Check your own out (git switch ${default_branch}), or set AUTOPILOT_BASE=${default_branch}`,
      ),
    );
  } else add(ok("branch", `New work starts from ${head_branch} (${head_commit.slice(0, 12)})`));
}

async function projectFile(
  config: Config,
  repository: Repository,
  add: (...found: Finding[]) => void,
): Promise<void> {
  try {
    const { check = "" } = await projectReader(repository, config.base)();
    const used = config.check || check;
    add(
      used === ""
        ? finding(
          "check",
          "note",
          "Nothing checks what agents leave",
          'Set AUTOPILOT_CHECK="npm test" or the like, or check in autopilot.json',
        )
        : ok("check", `What agents leave is checked by: ${used}`),
    );
  } catch (error) {
    if (!(error instanceof ProjectFileError)) throw error;
    add(finding("check", "error", error.message, "Mend autopilot.json and commit it"));
  }
}

async function state(
  config: Config,
  repository: Repository,
  deadline: Deadline,
  add: (...found: Finding[]) => void,
): Promise<void> {
  const found = await repositoryState(repository, deadline.limits());
  const note = (check: string, what: string, mend: string) => add(finding(check, "note", what, mend));
  if (found.dirty > 0) {
    const files = found.dirty === 1 ? "1 file is" : `${found.dirty} files are`;
    note(
      "tree",
      `${files} not committed: agents start from the last commit and don't see that`,
      "Commit what they need",
    );
  } else add(ok("tree", "Everything is committed"));
  if (found.shallow) {
    note("history", "The clone is shallow: agents see no older history", "git fetch --unshallow");
  }
  if (found.submodules.length > 0) {
    note(
      "submodules",
      `Submodules are empty in the agents' workspaces and stay as they are: ${
        found.submodules.slice(0, 5).join(", ")
      }`,
      "Fetch what agents must read of them by AUTOPILOT_SETUP; work on one by an Autopilot of its own",
    );
  }
  if (found.lfs) {
    note(
      "lfs",
      "Files of Git LFS are pointers in the agents' workspaces",
      "Fetch what agents need of them by AUTOPILOT_SETUP, and keep changes to them for yourself",
    );
  }
  if (found.hooks.length > 0) {
    note(
      "hooks",
      `Your hooks don't run for what agents do: ${found.hooks.join(", ")}`,
      "Put what they check into AUTOPILOT_CHECK",
    );
  }
  if (found.signing) {
    note(
      "signing",
      "Your commits are signed, those of agents are not",
      `Sign when you merge; exempt ${BRANCH_PREFIX}* from a rule that asks for signatures`,
    );
  }
  const own = `${config.commit_name} <${config.commit_email}>`;
  add(ok("author", `Agents' commits are by ${own}`));
}
