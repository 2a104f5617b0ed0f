/**
 * The sandbox of agents and of the commands that run for them. On Linux bubblewrap: an own PID namespace that dies
 * with the server, the workspace at /workspace and a private HOME at /home/agent writable, the system and the
 * detected toolchains read-only, nothing else of the machine's files. The network is the host's.
 */

import { dirname, join } from "node:path";
import { DEFAULT_PATH } from "./child_env.ts";
import { findProgram, run, SpawnError } from "./spawn.ts";
import { makeTempFolder } from "./temp_folder.ts";
import { detectToolchains, type Toolchains } from "./toolchains.ts";

/** `auto` and `bwrap` both need bubblewrap; only `off` goes without. */
export const SANDBOX_MODES = ["auto", "bwrap", "off"] as const;
export type SandboxMode = typeof SANDBOX_MODES[number];

/** A path of the host, visible inside at the same place, or at another one. */
export type Bind = string | { from: string; to: string };

export interface SandboxCommand {
  /** Absolute path on the host; the sandbox makes it visible when it is not. */
  command: string;
  args: string[];
  /** The whole environment; the sandbox sets HOME and PATH in it. */
  env: Record<string, string>;
  /** Folder of the host that is writable at /workspace and the working directory. */
  tree: string;
  /** Folder of the host that is writable at /home/agent. */
  home: string;
  read_only: Bind[];
  read_write: Bind[];
}

export interface WrappedCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

export interface Sandbox {
  readonly kind: "bwrap" | "off";
  /** Absolute path of bubblewrap. */
  readonly program?: string;
  /** What an operator should know; for the log and the board. */
  readonly warnings: string[];
  wrap(command: SandboxCommand): WrappedCommand;
}

/** Where the agent finds its files: inside of a sandbox, or on the host. */
export function agentPaths(
  sandbox: Sandbox,
  host: { tree: string; home: string; attachments: string },
): { tree: string; home: string; attachments: string } {
  return sandbox.kind === "off"
    ? host
    : { tree: "/workspace", home: "/home/agent", attachments: "/attachments" };
}

/** No usable sandbox. The message says what was tried, what was found and what to do. */
export class SandboxMissingError extends Error {
  override name = "SandboxMissingError";
  /** @param mend what to do */
  constructor(readonly found: string, readonly mend: string) {
    super(`${found}: ${mend}`);
  }
}

export interface ProbeOptions {
  /** The server's own environment: PATH, HOME. */
  env: Record<string, string>;
  /** Folders that must stay invisible even if they lie within a system folder: data folder, repository. */
  hide?: string[];
  /** More folders or files to show read-only, from an option. */
  read_only?: string[];
  /** Most megabytes in /tmp and in /dev/shm each, which are memory; 0 or left out: half of the machine's. */
  memory_mb?: number;
  /** How long one try may take, in milliseconds. Default 20,000. */
  timeout_ms?: number;
}

const PROBE_MS = 20_000;

/** Folders of the system; each is shown read-only when it exists. */
const SYSTEM = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/etc",
  "/opt",
  "/nix",
  "/snap",
];
const SYSTEM_DEEP = ["/home/linuxbrew/.linuxbrew", "/run/current-system", "/run/systemd/resolve"];
/** Readable for root, and nothing for an agent. */
const SECRET_FILES = ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers"];
const SECRET_DIRS = [
  "/etc/ssh",
  "/etc/ssl/private",
  "/etc/sudoers.d",
  "/etc/NetworkManager/system-connections",
];

/**
 * Finds out whether agents can be sandboxed, by running `true` in the sandbox.
 *
 * @throws SandboxMissingError when bubblewrap is missing or refused, or when the server runs as root without a sandbox
 */
export async function probeSandbox(mode: SandboxMode, options: ProbeOptions): Promise<Sandbox> {
  const root = Deno.uid() === 0;
  if (mode === "off") {
    if (root) {
      throw new SandboxMissingError(
        "Cannot run agents as root without a sandbox, as an agent could change every file of this machine",
        "start Autopilot as another user, or install bubblewrap and leave out AUTOPILOT_SANDBOX=off",
      );
    }
    return {
      kind: "off",
      warnings: ["Agents run without a sandbox: they can read and write whatever this user can"],
      wrap: ({ command, args, env, tree, home }) => ({
        command,
        args,
        env: { ...env, HOME: home },
        cwd: tree,
      }),
    };
  }
  const bwrap = findProgram("bwrap", options.env.PATH ?? DEFAULT_PATH);
  if (bwrap === null) throw missing("bwrap was not found on PATH", root);
  for (const path of options.read_only ?? []) {
    if (await lstat(path) !== null) continue;
    throw new SandboxMissingError(
      `Cannot show ${path} to agents as it does not exist or can't be read`,
      "correct AUTOPILOT_SANDBOX_READ",
    );
  }
  const layout = await readLayout(options);
  const warnings = root
    ? ["Autopilot runs as root: agents are sandboxed, but another user would be the safer choice"]
    : [];
  const sandboxWith = (tmp_mb: number): Sandbox => ({
    kind: "bwrap",
    program: bwrap,
    warnings,
    wrap: (command) => wrapWithBwrap(bwrap, { ...layout, tmp_mb }, command),
  });
  const memory_mb = options.memory_mb ?? 0;
  if (memory_mb > 0) {
    const sandbox = sandboxWith(memory_mb);
    if (await probe(sandbox, root, options).then(() => true, () => false)) return sandbox;
  }
  // bubblewrap before 0.7 knows no --size; if that was not it, this probe says what is wrong.
  const sandbox = sandboxWith(0);
  await probe(sandbox, root, options);
  if (memory_mb > 0) {
    warnings.push(
      `bubblewrap at ${bwrap} is too old to limit /tmp: what agents write there can fill half of the machine's memory; ` +
        "0.7 or newer keeps it within AUTOPILOT_MEMORY_MB",
    );
  }
  return sandbox;
}

function missing(found: string, root: boolean): SandboxMissingError {
  const install = Deno.build.os === "linux"
    ? "install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap) and allow user namespaces"
    : "bubblewrap exists on Linux only";
  const off = root ? "" : ", or set AUTOPILOT_SANDBOX=off to let agents work with all rights of this user";
  return new SandboxMissingError(`Cannot sandbox agents as ${found}`, `${install}${off}`);
}

async function probe(
  sandbox: Sandbox,
  root: boolean,
  { timeout_ms = PROBE_MS }: ProbeOptions,
): Promise<void> {
  const folder = await makeTempFolder("autopilot-probe-");
  try {
    const wrapped = sandbox.wrap({
      command: "/bin/true",
      args: [],
      env: {},
      tree: folder,
      home: folder,
      read_only: [],
      read_write: [],
    });
    const result = await run({ ...wrapped, timeout_ms, kill_after_ms: 300 });
    if (result.code === 0) return;
    const said = result.timed_out
      ? `it did not end within ${timeout_ms / 1000} s`
      : result.stderr.trim() || `code ${result.code}`;
    throw missing(`bwrap is installed but does not work here (${said})`, root);
  } catch (error) {
    if (error instanceof SpawnError) throw missing(error.message, root);
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Layout {
  system: string[];
  toolchains: Toolchains;
  /** PATH inside. */
  path: string;
  /** Size of the folders that are memory, in megabytes; 0: bubblewrap's own. */
  tmp_mb: number;
}

async function readLayout(options: ProbeOptions): Promise<Layout> {
  const args: string[] = [];
  const shown: string[] = [];
  for (const path of [...SYSTEM, ...SYSTEM_DEEP]) {
    const info = await lstat(path);
    if (info === null) continue;
    if (info.isSymlink && SYSTEM.includes(path)) {
      args.push("--symlink", await Deno.readLink(path), path);
    } else {
      args.push("--ro-bind", path, path);
    }
    shown.push(path);
  }
  for (const path of SECRET_FILES) if (await lstat(path)) args.push("--ro-bind", "/dev/null", path);
  for (const path of SECRET_DIRS) if ((await lstat(path))?.isDirectory) args.push("--tmpfs", path);
  // A home or data folder below /opt or the like must not come into sight with it.
  const home = options.env.HOME ?? "";
  for (const path of [home, ...options.hide ?? []]) {
    if (path !== "/" && isWithin(path, shown) && (await lstat(path))?.isDirectory) args.push("--tmpfs", path);
  }
  const toolchains = await detectToolchains(home, options.env);
  const extra = (options.read_only ?? []).flatMap((path) => ["--ro-bind", path, path]);
  const visible = [...shown, ...toolchains.binds, ...options.read_only ?? []];
  const path = (options.env.PATH ?? DEFAULT_PATH).split(":").filter((dir) =>
    isWithin(dir, visible) || toolchains.binds.some((bind) => dirname(bind) === dir)
  );
  for (const dir of DEFAULT_PATH.split(":")) if (!path.includes(dir)) path.push(dir);
  return {
    system: [...args, ...toolchains.binds.flatMap((path) => ["--ro-bind", path, path]), ...extra],
    toolchains,
    path: path.join(":"),
    tmp_mb: 0,
  };
}

/** Where the program itself is shown when no other bind shows it. */
const PROGRAM_DIR = "/run/autopilot";

function wrapWithBwrap(bwrap: string, layout: Layout, command: SandboxCommand): WrappedCommand {
  const inSystem = isWithin(command.command, SYSTEM);
  const size = layout.tmp_mb === 0 ? [] : ["--size", String(layout.tmp_mb * 1024 * 1024)];
  const program = inSystem ? command.command : join(PROGRAM_DIR, nameOf(command.command));
  return {
    command: bwrap,
    args: [
      "--die-with-parent",
      "--new-session",
      "--unshare-pid",
      "--unshare-ipc",
      "--unshare-uts",
      // Without this, root inside would keep the capabilities to mount and to make device nodes.
      "--cap-drop",
      "ALL",
      "--proc",
      "/proc",
      "--dev",
      "/dev",
      ...(size.length === 0 ? [] : [...size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]),
      ...size,
      "--tmpfs",
      "/tmp",
      "--symlink",
      "../tmp",
      "/var/tmp",
      ...layout.system,
      ...(inSystem ? [] : ["--ro-bind", command.command, program]),
      ...command.read_only.flatMap((bind) => ["--ro-bind", ...fromTo(bind)]),
      "--bind",
      command.tree,
      "/workspace",
      "--bind",
      command.home,
      "/home/agent",
      ...command.read_write.flatMap((bind) => ["--bind", ...fromTo(bind)]),
      // The folders that bwrap made for the mounts above.
      "--remount-ro",
      "/",
      "--chdir",
      "/workspace",
      "--",
      program,
      ...command.args,
    ],
    // By the environment and not by --setenv: arguments can be read by every user of the machine.
    env: { ...command.env, ...layout.toolchains.env, HOME: "/home/agent", PATH: layout.path, TMPDIR: "/tmp" },
    cwd: "/",
  };
}

function fromTo(bind: Bind): [string, string] {
  return typeof bind === "string" ? [bind, bind] : [bind.from, bind.to];
}

function nameOf(path: string): string {
  const name = path.slice(dirname(path).length).replace(/^\/+/, "");
  return name === "" ? "program" : name;
}

function isWithin(path: string, folders: string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

async function lstat(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    // What this user may not look at, an agent can't either: it has no capability that this user lacks.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}
