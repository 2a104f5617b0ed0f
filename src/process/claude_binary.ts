/** Finding the real program behind `claude`, and refusing one that is too old. */

import { dirname, join } from "node:path";
import { DEFAULT_PATH } from "./child_env.ts";
import type { Sandbox } from "./sandbox.ts";
import { findProgram, howToAllow, run, SpawnError } from "./spawn.ts";
import { makeTempFolder } from "./temp_folder.ts";

/** Claude Code is missing or can't be used. The message says what to do. */
export class ClaudeMissingError extends Error {
  override name = "ClaudeMissingError";
  /** @param mend what to do */
  constructor(readonly found: string, readonly mend: string, options?: ErrorOptions) {
    super(`${found}: ${mend}`, options);
  }
}

/**
 * The oldest version whose output Autopilot understands rightly. Tried: 2.1.197 starts the cost of a resumed session
 * at zero again instead of going on, and calls a failed request "completed".
 */
export const MIN_CLAUDE_VERSION = "2.1.330";
const VERSION_MS = 60_000;

/**
 * The absolute path of the program that can be shown in the sandbox: links followed, and the native program instead
 * of the launcher that npm puts on PATH (a launcher alone is of no use where its package can't be seen).
 *
 * @param name a name on PATH or a path
 * @param as_found take the program as it is named, links and launchers too: where no sandbox starts it, the permission
 * to run is one for that name
 * @throws ClaudeMissingError
 */
export async function findClaude(
  name: string,
  env: Record<string, string>,
  { as_found = false }: { as_found?: boolean } = {},
): Promise<string> {
  const found = findProgram(name.includes("/") ? absolute(name) : name, env.PATH ?? DEFAULT_PATH);
  if (found === null) {
    throw new ClaudeMissingError(
      `Cannot find the Claude Code program ${JSON.stringify(name)}`,
      "install it (npm install -g @anthropic-ai/claude-code), or set AUTOPILOT_CLAUDE_BIN to its path",
    );
  }
  if (as_found) return found;
  const real = await Deno.realPath(found);
  if (await isNative(real)) return real;
  for (const candidate of nativeCandidates(real)) {
    if (findProgram(candidate, "") !== null && await isNative(candidate)) {
      return await Deno.realPath(candidate);
    }
  }
  // A script that stands for itself, such as a wrapper of the user's.
  return real;
}

/**
 * Asks the program for its version, in the sandbox if there is one.
 *
 * @throws ClaudeMissingError when it does not start or is older than MIN_CLAUDE_VERSION
 */
export async function claudeVersion(
  binary: string,
  sandbox: Sandbox,
  env: Record<string, string>,
  timeout_ms = VERSION_MS,
): Promise<string> {
  const folder = await makeTempFolder("autopilot-version-");
  try {
    const wrapped = sandbox.wrap({
      command: binary,
      args: ["--version"],
      env,
      tree: folder,
      home: folder,
      read_only: [],
      read_write: [],
    });
    const result = await run({ ...wrapped, timeout_ms, kill_after_ms: 300 });
    const version = /^(\d+\.\d+\.\d+)\b/.exec(result.stdout.trim())?.[1];
    if (result.code !== 0 || version === undefined) {
      const said = (result.stderr.trim() || result.stdout.trim()).slice(0, 500);
      throw new ClaudeMissingError(
        `${binary} --version did not answer as Claude Code does (${
          result.timed_out ? `nothing within ${timeout_ms / 1000} s` : `code ${result.code}: ${said}`
        })`,
        "set AUTOPILOT_CLAUDE_BIN to one that does",
      );
    }
    if (isOlder(version, MIN_CLAUDE_VERSION)) {
      throw new ClaudeMissingError(
        `Claude Code ${version} at ${binary} is too old: at least ${MIN_CLAUDE_VERSION} is needed`,
        "run claude update, or npm install -g @anthropic-ai/claude-code@latest (with Node.js 22 or newer: npm picks an " +
          "old one otherwise)",
      );
    }
    return version;
  } catch (error) {
    if (error instanceof SpawnError) {
      const [found, mend] = error.reason === "not_allowed"
        ? [`Cannot run ${error.command} as this process has no permission for it`, howToAllow(error.command)]
        : [error.message, "AUTOPILOT_CLAUDE_BIN names the program"];
      throw new ClaudeMissingError(found, mend, { cause: error });
    }
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Compares versions of three numbers. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const at = a.findIndex((part, i) => part !== b[i]);
  return at !== -1 && a[at] < b[at];
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : join(Deno.cwd(), path);
}

/** Where npm puts the program of this platform, seen from the launcher's real path within its package. */
function nativeCandidates(launcher: string): string[] {
  const os = Deno.build.os === "darwin" ? "darwin" : "linux";
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const names = [`claude-code-${os}-${arch}`, `claude-code-${os}-${arch}-musl`];
  const candidates: string[] = [];
  for (let dir = dirname(launcher); dir !== dirname(dir); dir = dirname(dir)) {
    for (const name of names) {
      candidates.push(join(dir, "node_modules/@anthropic-ai", name, "claude"), join(dir, name, "claude"));
    }
  }
  return candidates;
}

/** ELF or Mach-O, by the first bytes. */
async function isNative(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(4);
  await file.read(head);
  const magic = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return ["7f454c46", "cffaedfe", "feedfacf", "cafebabe"].includes(magic);
}
