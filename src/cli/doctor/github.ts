/** Whether work can be pushed and pull requests opened. The network is asked only where pushing is on. */

import type { Config } from "../../config.ts";
import { messageOfError } from "../../domain/errors.ts";
import { ghTokenKind, ghVersion, repositoryAccess } from "../../process/gh_account.ts";
import { gitEnv } from "../../process/child_env.ts";
import type { Repository } from "../../process/git.ts";
import { type Deadline, type Finding, finding, fromError, ok } from "./finding.ts";

/** A clock that is further off breaks logins and limits, in milliseconds. */
const MAX_SKEW_MS = 60_000;

export async function checkGithub(
  { config, env, repository, deadline, add }: {
    config: Config;
    env: Record<string, string>;
    /** `null` when there is none to work for. */
    repository: Repository | null;
    deadline: Deadline;
    add: (...found: Finding[]) => void;
  },
): Promise<void> {
  const needed = config.push ? "error" : "note";
  const own = repository?.env ?? gitEnv(env);
  try {
    add(ok("gh", `gh ${await ghVersion(own, deadline.limits())}`));
  } catch (error) {
    add(fromError("gh", needed, error, "Install gh: https://cli.github.com (only AUTOPILOT_PUSH needs it)"));
    return;
  }
  const host = repository?.github?.host ?? "github.com";
  const kind = await ghTokenKind(host, own, deadline.limits());
  if (kind === null) {
    add(
      finding(
        "gh_login",
        needed,
        `gh has no login for ${host}`,
        `Run gh auth login --hostname ${host}, or set GH_TOKEN`,
      ),
    );
    return;
  }
  add(ok("gh_login", `gh has a login for ${host}: ${kind}`));
  if (!config.push || repository === null) return;
  await Promise.all([access(repository, deadline, add), push(repository, deadline, add)]);
}

async function access(
  repository: Repository,
  deadline: Deadline,
  add: (...found: Finding[]) => void,
): Promise<void> {
  const { github, remote, env } = repository;
  if (github === null) {
    const found = remote === "" ? "The repository has no remote" : `The remote ${remote} is not on GitHub`;
    add(
      finding(
        "pull_requests",
        "error",
        `${found}: no pull requests can be opened`,
        "Add one with git remote add origin <url>, or leave out AUTOPILOT_PUSH",
      ),
    );
    return;
  }
  const name = `${github.owner}/${github.repo}`;
  let found;
  try {
    found = await repositoryAccess(github, env, deadline.limits());
  } catch (error) {
    // Offline or refused: gh's words tell which.
    const mend =
      "Check the network; for HTTP 401 run gh auth login, for HTTP 404 give the token access to it";
    add(finding("pull_requests", "warning", messageOfError(error), mend));
    return;
  }
  if (found.archived) {
    add(
      finding("pull_requests", "error", `${name} is archived`, "Unarchive it, or leave out AUTOPILOT_PUSH"),
    );
  } else if (!found.push) {
    const mend =
      `Ask an owner of ${name} for the right to write, or log in with gh auth login as somebody who has it`;
    add(finding("pull_requests", "error", `This login may not push to ${name}`, mend));
  } else add(ok("pull_requests", `This login may push to ${name} and open pull requests`));
  const { scopes, date } = found;
  if (scopes !== null && !scopes.includes("workflow")) {
    add(
      finding(
        "gh_scopes",
        "note",
        "The token has no scope workflow: GitHub refuses branches that change .github/workflows",
        "Run gh auth refresh -s workflow where agents shall change workflows",
      ),
    );
  }
  const skew_ms = date === "" ? 0 : Date.now() - Date.parse(date);
  if (Math.abs(skew_ms) > MAX_SKEW_MS) {
    const seconds = Math.round(Math.abs(skew_ms) / 1000);
    add(
      finding(
        "clock",
        "error",
        `This machine's clock is ${seconds} s ${skew_ms > 0 ? "ahead of" : "behind"} GitHub's`,
        "Let the system set it: timedatectl set-ntp true",
      ),
    );
  }
}

/** What git itself is allowed: credentials of gh, of a helper or of ssh, all as in a real push. */
async function push(
  repository: Repository,
  deadline: Deadline,
  add: (...found: Finding[]) => void,
): Promise<void> {
  if (repository.remote === "") return;
  const refused = await repository.tryPush(deadline.limits());
  if (refused === "") add(ok("push", `git may push to ${repository.remote} (tried, nothing was sent)`));
  else {
    add(
      finding(
        "push",
        "error",
        `git may not push to ${repository.remote}: ${refused}`,
        "Give git a credential that may write there: gh auth setup-git, or a key for ssh",
      ),
    );
  }
}
