/** The real parts of setup and checks: sandbox, repository and caches behind the functions that a run calls. */

import { join } from "node:path";
import { childEnv } from "../process/child_env.ts";
import { startCommand } from "../process/command.ts";
import { objectFolders, type Repository } from "../process/git.ts";
import type { Sandbox } from "../process/sandbox.ts";
import { type Caches, openCaches, repositoryKey } from "../workspace/caches.ts";
import { copyFiles } from "../workspace/copied_files.ts";
import { commandBegins, commandEnded } from "../workspace/own_work.ts";
import type { CommandParts } from "./ports.ts";
import { treeOnDisk } from "../workspace/snapshot.ts";

interface CommandOptions {
  data_dir: string;
  pass_env: readonly string[];
  host_env: Record<string, string>;
}

/** The caches of one repository's runs. */
export type OpenCaches = (situation: { external: boolean }) => Promise<Caches>;

export function runCaches(
  repository: Repository,
  sandbox: Pick<Sandbox, "kind">,
  { data_dir }: Pick<CommandOptions, "data_dir">,
): OpenCaches {
  const folder = repositoryKey(repository).then((key) => join(data_dir, "caches", key));
  return async (situation) => await openCaches(sandbox, await folder, situation);
}

export function commandParts(
  { repository, sandbox, options, caches }: {
    repository: Repository;
    sandbox: Sandbox;
    options: CommandOptions;
    caches: OpenCaches;
  },
): CommandParts {
  return {
    copyFiles: (workspace, paths) => copyFiles(repository, workspace, paths),
    startCommand: async ({ workspace, script, external }) => {
      const { env, read_write } = await caches({ external });
      return startCommand({
        sandbox,
        script,
        tree: workspace.tree,
        home: workspace.home,
        read_only: objectFolders(repository.objects_dir),
        read_write,
        env: {
          ...childEnv(options.host_env, {
            home: workspace.home,
            pass: external ? [] : [...options.pass_env],
          }),
          // Nobody is there to answer a question, and tests must not write down new expectations.
          CI: "true",
          ...env,
        },
      });
    },
    commandBegins: async (workspace) => {
      const disk = await treeOnDisk(workspace, repository);
      const work = await commandBegins(repository, workspace, disk);
      const base = await repository.git(["rev-parse", "--verify", `${workspace.base_commit}^{tree}`]);
      return { changed: work !== base };
    },
    commandEnded: async (workspace, options) =>
      await commandEnded(repository, workspace, await treeOnDisk(workspace, repository), options),
  };
}
