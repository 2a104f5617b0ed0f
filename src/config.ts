/**
 * The options: one table from which parsing, `--help`, the options file and README's table come. An option named
 * `poll_seconds` is `--poll-seconds` on the command line and `AUTOPILOT_POLL_SECONDS` in the environment and
 * in the options file. Flags win over the environment, that over the file, that over the default.
 */

import { join } from "node:path";
import {
  ConfigError,
  type ConfigSources,
  envNameOf,
  fileEnvNameOf,
  type Found,
  lookUp,
  refuseUnknown,
  secretFilesOf,
} from "./config/sources.ts";
import { parseAddress, parseRange } from "./domain/address.ts";
import { failpointProblem } from "./failpoint.ts";
import {
  choice,
  flag,
  integer,
  list,
  type Machine,
  number,
  type Option,
  OptionValueError,
  path,
  text,
} from "./options.ts";

export { ConfigError, type ConfigSources, envNameOf, flagNameOf } from "./config/sources.ts";

/** Hosts on which nobody but this machine can connect. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

export const OPTIONS = {
  host: text("127.0.0.1", "Address to listen on; any other than a loopback address needs logins", {
    check: (value) =>
      value === "localhost" || parseAddress(value) !== null
        ? null
        : "an address of this machine is needed, such as 127.0.0.1, ::1 or 0.0.0.0 for all of them",
  }),
  port: integer(8787, "Port to listen on; `0` takes a free one", { min: 0, max: 65_535 }),
  data: path(dataFolder, "Folder of the database, uploads and workspaces", {
    shown: "the user's data folder",
  }),
  database_url: text(
    (_machine, data) => `sqlite:${data}/autopilot.db`,
    "Where the issues live: `sqlite:<path>` or `postgres://…`",
    {
      shown: "`sqlite:<data>/autopilot.db`",
      secret: true,
      check: (value) =>
        /^(sqlite:.|postgres(ql)?:\/\/.)/.test(value) ? null : "it must begin with sqlite: or postgres://",
    },
  ),
  auth: choice(
    ["auto", "on", "off"],
    "auto",
    "Logins. `auto`: as soon as the runner is on or the address is no loopback address; `off`: never, on loopback only",
  ),
  origins: list(
    "Origins under which this board is reached beside its own address, e.g. behind a proxy (`https://board.example.com`), by comma",
    { check: originProblem },
  ),
  base_path: text(
    "",
    "Path of a site below which the board is reached, through a proxy (`/tools/autopilot`)",
    {
      shown: "none",
      check: basePathProblem,
    },
  ),
  embed_origins: list(
    "Origins of other sites whose pages may show the board, or follow it with a read token",
    {
      check: originProblem,
    },
  ),
  trusted_proxies: list(
    "Addresses of proxies (`10.0.0.5`, `10.0.0.0/8`) whose `X-Forwarded-For` and `-Proto` are believed, by comma",
    {
      check: (value) =>
        parseRange(value) === null
          ? `${JSON.stringify(value)} is no address and no range of addresses, such as 10.0.0.0/8`
          : null,
    },
  ),
  runner: flag("`1` starts the runner: agents work on ready issues"),
  workdir: path((machine) => machine.cwd, "The git repository that the agents work for", { shown: "`.`" }),
  base: text("", "Branch or commit from which new work starts", {
    shown: "what is checked out (`HEAD`)",
    check: revisionProblem,
  }),
  claude_bin: text("claude", "The Claude Code binary: a name on PATH or a path"),
  agent_id: text(
    (machine) => `autopilot-${machine.hostname.replace(/[^\w.-]/g, "-")}`,
    "Who claims and comments; further agents, of this server or another, add `-2`, `-3` and so on",
    {
      shown: "`autopilot-<host>`",
      check: (value) =>
        /^[\w.@-]{1,100}$/.test(value) ? null : "1 to 100 letters, digits and . _ @ - are allowed",
    },
  ),
  concurrency: integer(1, "Agents at a time in this process", { min: 1, max: 64 }),
  poll_seconds: number(15, "Safety poll only: a claim follows a ready issue at once", { min: 1, max: 3600 }),
  push: flag("`1` pushes the branch and opens a pull request through `gh`"),
  commit_name: text("autopilot", "Author of the commits: name", { check: identityProblem }),
  commit_email: text("autopilot@localhost", "Author of the commits: address", { check: identityProblem }),
  model: text("", "Model of the agents", { shown: "Claude Code's own", check: modelProblem }),
  max_turns: integer(0, "Most API rounds of one run; `0` sets no limit", { min: 0, max: 100_000 }),
  max_usd_per_run: number(10, "Most US dollars that one run may cost; `0` sets no limit", {
    min: 0,
    max: 100_000,
  }),
  max_usd_per_issue: number(0, "Most US dollars that all runs of one issue may cost; `0` sets no limit", {
    min: 0,
    max: 1_000_000,
  }),
  max_usd_per_day: number(
    0,
    "Most US dollars that all agents may cost in one day (UTC): then nothing is claimed until the next; `0` sets no limit",
    { min: 0, max: 1_000_000 },
  ),
  memory_mb: integer(
    8192,
    "Most memory in megabytes that one run may hold, agent and commands together; `0` sets no limit",
    { min: 0, max: 10_000_000 },
  ),
  max_processes: integer(512, "Most processes that one run may have at a time; `0` sets no limit", {
    min: 0,
    max: 1_000_000,
  }),
  max_file_mb: integer(
    100,
    "Largest file in megabytes that is committed; larger ones are left out and named on the issue; `0` sets no limit",
    { min: 0, max: 1_000_000 },
  ),
  feedback_origins: list("Sites whose pages may file feedback (`https://shop.example.com`), by comma", {
    check: originProblem,
    shown: "any",
  }),
  feedback_per_day: integer(1_000, "Most feedback of one day (UTC); `0` sets no limit", {
    min: 0,
    max: 1_000_000,
  }),
  max_uploads_mb: integer(
    10_000,
    "Most megabytes that the attachments of all issues may take together; `0` sets no limit",
    { min: 0, max: 100_000_000 },
  ),
  run_minutes: number(60, "Longest time of one run in minutes", { min: 0.05, max: 10_080 }),
  silence_minutes: number(15, "A run whose agent says nothing for so many minutes is ended as stalled", {
    min: 0.05,
    max: 10_080,
  }),
  stop_seconds: integer(
    0,
    "How many seconds a stop lets runs under way go on; what is not done then is handed back, its work kept",
    { min: 0, max: 86_400 },
  ),
  setup: text("", "Shell command that prepares the workspace before the agent starts (`npm ci`)", {
    shown: "`setup` of `autopilot.json`",
  }),
  check: text("", "Shell command that checks what the agent left (`deno task test`)", {
    shown: "`check` of `autopilot.json`",
  }),
  check_rounds: integer(2, "How often a failing check goes back to the agent", { min: 0, max: 10 }),
  check_minutes: number(20, "Longest time of the setup, and of one check, in minutes", {
    min: 0.05,
    max: 10_080,
  }),
  sandbox: choice(
    ["auto", "bwrap", "off"],
    "auto",
    "`bwrap` or `auto`: agents run in bubblewrap, or not at all; `off`: they run as you",
  ),
  sandbox_read: list("Further files and folders that agents may read in the sandbox, absolute, by comma", {
    check: (value) =>
      /^\/[^\0]/.test(value)
        ? null
        : `${JSON.stringify(value)} is no absolute path of a file or folder below the root`,
  }),
  pass_env: list("Names of environment variables to hand to the agents beside the usual ones, by comma", {
    check: (name) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? null : `${JSON.stringify(name)} is no name of a variable`,
  }),
  url: text("", "For commands that ask a running server: its address", {
    shown: "`http://127.0.0.1:<port>`",
    check: urlProblem,
  }),
  token: text("", "For commands that ask a running server: the token they show it", {
    shown: "none",
    secret: true,
  }),
  log_level: choice(["debug", "info", "warning", "error"], "info", "Least important log lines to print"),
  log_format: choice(
    ["text", "json"],
    "text",
    "Log lines for people or for machines; they go to standard error",
  ),
  failpoint: text("", "For tests: the server kills itself at this step, `<name>` or `<name>:<n-th time>`", {
    shown: "none",
    check: failpointProblem,
  }),
} as const satisfies Record<string, Option<unknown>>;

export type OptionName = keyof typeof OPTIONS;

/** The parsed options, frozen. Paths are absolute. */
export type Config = { readonly [Name in OptionName]: ReturnType<(typeof OPTIONS)[Name]["parse"]> };

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** What the commands that ask a running server take as flags. A token on a command line could be read by others. */
export const CLIENT_OPTIONS: readonly OptionName[] = ["url"];
/** What commands need that work on the data of this machine and name the board. */
export const DATABASE_OPTIONS: readonly OptionName[] = [
  "data",
  "database_url",
  "host",
  "port",
  "origins",
  "base_path",
  "url",
];
/** What the commands that open the data themselves take as flags. */
export const DATA_OPTIONS: readonly OptionName[] = ["data", "database_url"];
/** What the server takes as flags. */
export const SERVER_OPTIONS: readonly OptionName[] = OPTION_NAMES.filter((name) =>
  name !== "url" && name !== "token"
);

/**
 * Parses all sources.
 *
 * @throws {ConfigError} for an unknown `AUTOPILOT_*` variable, an unknown name in the file, or a value that
 * can't be used
 */
export function parseConfig(sources: ConfigSources, machine: Machine): Config {
  const known = OPTION_NAMES.flatMap((name) =>
    OPTIONS[name].secret ? [envNameOf(name), fileEnvNameOf(name)] : [envNameOf(name)]
  );
  refuseUnknown(known, sources);

  const values: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const option: Option<unknown> = OPTIONS[name];
    const found = lookUp(name, OPTIONS[name].secret, sources);
    try {
      values[name] = found === null
        ? option.fallback(machine, String(values.data ?? ""))
        : option.parse(found.value, machine);
    } catch (error) {
      if (!(error instanceof OptionValueError)) throw error;
      if (found === null) throw new ConfigError(`${envNameOf(name)} is needed: ${error.message}`);
      const shown = option.secret ? "(its value is secret)" : JSON.stringify(found.value);
      throw new ConfigError(`${found.label} = ${shown} can't be used: ${error.message}`);
    }
  }
  const config = Object.freeze(values) as unknown as Config;
  refuseOpenNetwork(config);
  return config;
}

/** Whether requests need a credential. */
export function authOn({ auth, runner, host }: Pick<Config, "auth" | "runner" | "host">): boolean {
  return auth === "on" || (auth === "auto" && (runner || !isLoopback(host)));
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

function refuseOpenNetwork({ auth, host }: Config): void {
  if (auth !== "off" || isLoopback(host)) return;
  throw new ConfigError(
    `AUTOPILOT_AUTH = "off" can't be used with AUTOPILOT_HOST = ${
      JSON.stringify(host)
    }: everyone who reaches that ` +
      "address could hand work to agents. Listen on 127.0.0.1, or leave the logins on",
  );
}

/** The options as they may be logged: secrets are hidden. */
export function describeConfig(config: Config): Record<string, string> {
  return Object.fromEntries(OPTION_NAMES.map((name) => [name, maskedValue(name, config[name])]));
}

/** A value as it may be shown: of an address the password is hidden, of another secret everything. */
export function maskedValue(name: OptionName, value: unknown): string {
  const text = String(value);
  const { secret }: Option<unknown> = OPTIONS[name];
  if (!secret || text === "") return text;
  return /^\w+:/.test(text) ? hideSecrets(text) : "***";
}

/** The files that hold secrets, as the sources name them. */
export function secretFiles(sources: ConfigSources): Found[] {
  return secretFilesOf(OPTION_NAMES.filter((name) => OPTIONS[name].secret), sources);
}

/** The flag, variable or file that sets an option; `null` when nothing does. */
export function sourceOf(name: OptionName, sources: ConfigSources): string | null {
  return lookUp(name, OPTIONS[name].secret, sources)?.label ?? null;
}

/** `postgres://me:word@host/db` → `postgres://me:***@host/db` */
export function hideSecrets(url: string): string {
  return url.replace(/(:\/\/[^:/@\s]*):[^@\s]*@/, "$1:***@").replace(/([?&]password=)[^&\s]*/gi, "$1***");
}

/**
 * The folder in which programs of this user keep their data, by the system's custom; `null` when the
 * environment names no home.
 */
export function userDataFolder(
  env: Readonly<Record<string, string>>,
  os: typeof Deno.build.os,
): string | null {
  if (os === "windows") return env.LOCALAPPDATA || null;
  if (os === "darwin") return env.HOME ? `${env.HOME}/Library/Application Support` : null;
  if (env.XDG_DATA_HOME?.startsWith("/")) return env.XDG_DATA_HOME;
  return env.HOME ? `${env.HOME}/.local/share` : null;
}

function dataFolder(machine: Machine): string {
  if (machine.data_home !== null) return join(machine.data_home, "autopilot");
  throw new OptionValueError("the environment names no home folder to keep data in");
}

function urlProblem(value: string): string | null {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search + url.hash === ""
    ? null
    : "write scheme, host and port, such as https://board.example.com";
}

function originProblem(value: string): string | null {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value
    ? null
    : `${
      JSON.stringify(value)
    } is no origin: write scheme, host and port only, such as https://board.example.com`;
}

/** Letters that mean themselves in every URL, header and cookie name. */
function basePathProblem(value: string): string | null {
  return /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/.test(value)
    ? null
    : "write a path that begins with / and does not end with one, such as /tools/autopilot";
}

/** A leading dash would be read as an option by git. */
function revisionProblem(value: string): string | null {
  return /^[A-Za-z0-9_][\w./@{}~^+-]*$/.test(value) ? null : "it is no branch or commit";
}

function modelProblem(value: string): string | null {
  return /^[A-Za-z0-9][\w.:/@[\]-]*$/.test(value) ? null : "it is no name of a model";
}

/** What git would cut out of an identity, or take for its end. */
function identityProblem(value: string): string | null {
  return /[<>\p{Cc}]/u.test(value) || value.trim() === ""
    ? "it must not be blank or hold < > or control characters"
    : null;
}
