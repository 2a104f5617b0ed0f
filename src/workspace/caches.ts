/**
 * Caches of package managers that outlive a workspace: one folder per repository, so that a setup does not download
 * everything again and no other project can put something into it. Runs that read texts of strangers have a folder of
 * their own: whatever they talk an agent into, it does not reach the caches of other runs.
 */

import { basename, join } from "node:path";
import type { Repository } from "../process/git.ts";
import type { Bind, Sandbox } from "../process/sandbox.ts";

/** Where the sandbox shows the folder. */
const INSIDE = "/caches";

/** Variables by which the tools find their caches, and the folders below the repository's one. */
const VARIABLES: Readonly<Record<string, string>> = {
  npm_config_cache: "npm",
  // pnpm's two names for it, of before and since its version 11. By default the store would lie in the work tree, as
  // that is the only place from which it can make hard links.
  npm_config_store_dir: "pnpm",
  pnpm_config_store_dir: "pnpm",
  YARN_CACHE_FOLDER: "yarn",
  YARN_GLOBAL_FOLDER: "yarn-global",
  PIP_CACHE_DIR: "pip",
  UV_CACHE_DIR: "uv",
  // Programs are found by PATH and toolchains by RUSTUP_HOME, both read-only and elsewhere: here are only the
  // registry, its crates and what cargo notes of them.
  CARGO_HOME: "cargo",
  GOMODCACHE: "go-mod",
  GOCACHE: "go-build",
  DENO_DIR: "deno",
  GRADLE_USER_HOME: "gradle",
};

export interface Caches {
  env: Record<string, string>;
  read_write: Bind[];
}

/** Folder of the repository's caches below `<data>/caches`. */
export async function repositoryKey({ git_dir }: Pick<Repository, "git_dir">): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(git_dir)));
  const folder = git_dir.replace(/\/+$/, "").replace(/\/\.git$/, "");
  const name = basename(folder).replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "").slice(0, 40);
  return `${name === "" ? "repository" : name}-${hash.slice(0, 6).toHex()}`;
}

/**
 * Makes the folders that are missing, and answers how a command gets at them.
 *
 * @param folder the repository's folder of caches
 * @param external the run reads texts of strangers
 */
export async function openCaches(
  sandbox: Pick<Sandbox, "kind">,
  folder: string,
  { external }: { external: boolean },
): Promise<Caches> {
  const host = join(folder, external ? "external" : "members");
  const inside = sandbox.kind === "off" ? host : INSIDE;
  for (const name of new Set(Object.values(VARIABLES))) {
    await Deno.mkdir(join(host, name), { recursive: true, mode: 0o700 });
  }
  // When it was last of use: the one that was not for longest goes first when they grow too large.
  await Deno.utime(host, new Date(), new Date());
  return {
    env: Object.fromEntries(Object.entries(VARIABLES).map(([name, path]) => [name, join(inside, path)])),
    read_write: sandbox.kind === "off" ? [] : [{ from: host, to: INSIDE }],
  };
}
