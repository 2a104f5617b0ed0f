/** Compilers and package managers that live in the user's home: the only parts of it that agents may see. */

import { join } from "node:path";

export interface Toolchains {
  /** Files and folders to show read-only at their own place. */
  binds: string[];
  /** What the tools need to find themselves, as HOME is another one inside. */
  env: Record<string, string>;
}

/**
 * Relative to HOME. Each is the narrowest folder that works: `.cargo/bin` and not `.cargo`, which holds the token for
 * the registry. Never `.ssh`, `.gnupg`, `.aws`, `.config`, `.netrc`, `.docker`, nor `.local/share` as a whole.
 */
const FOLDERS = [
  ".cargo/bin",
  ".rustup",
  ".nvm/versions",
  ".volta/bin",
  ".volta/tools",
  ".fnm",
  ".local/share/fnm",
  ".local/share/pnpm",
  ".pyenv",
  ".rbenv",
  ".asdf",
  ".local/share/mise",
  ".local/share/uv/python",
  ".local/share/uv/tools",
  ".local/share/pipx",
  ".deno/bin",
  ".bun/bin",
  ".sdkman/candidates",
  ".juliaup",
  ".ghcup/bin",
  ".ghcup/ghc",
  ".dotnet",
  "go/bin",
  "sdk",
  "miniconda3",
  "miniforge3",
];

/** Programs in `.local/bin`, one by one: that folder also holds what people write for themselves. */
const LOCAL_PROGRAMS = [
  "uv",
  "uvx",
  "pipx",
  "poetry",
  "pdm",
  "hatch",
  "ruff",
  "mise",
  "pnpm",
  "just",
  "pre-commit",
];

/** Variables that a tool needs once HOME is another one, and the folder that they name. */
const ENV: Record<string, string> = {
  RUSTUP_HOME: ".rustup",
  PYENV_ROOT: ".pyenv",
  RBENV_ROOT: ".rbenv",
  ASDF_DIR: ".asdf",
  VOLTA_HOME: ".volta",
  DOTNET_ROOT: ".dotnet",
};

/** Looks up which of them exist. A variable of the server's own environment wins over the default folder. */
export async function detectToolchains(home: string, env: Record<string, string>): Promise<Toolchains> {
  if (!home.startsWith("/") || home === "/") return { binds: [], env: {} };
  const binds: string[] = [];
  for (const folder of FOLDERS) {
    const path = join(home, folder);
    if (await isKind(path, "isDirectory")) binds.push(path);
  }
  for (const name of LOCAL_PROGRAMS) {
    const path = join(home, ".local/bin", name);
    if (await isKind(path, "isFile")) binds.push(path);
  }
  const found: Record<string, string> = {};
  for (const [name, folder] of Object.entries(ENV)) {
    const path = env[name] ?? join(home, folder);
    if (binds.some((bind) => bind === path || bind.startsWith(`${path}/`))) found[name] = path;
  }
  return { binds, env: found };
}

async function isKind(path: string, kind: "isFile" | "isDirectory"): Promise<boolean> {
  try {
    return (await Deno.stat(path))[kind];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    // A folder that this user may not look into is no toolchain of theirs.
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
