/** The environments of children: allow-lists, so that a secret of the server reaches no one by accident. */

/** What every program may see: where things are, the language, the way to the network. */
const COMMON = [
  "PATH",
  "LANG",
  "LANGUAGE",
  "LC_*",
  "TZ",
  "TMPDIR",
  "USER",
  "LOGNAME",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/** What git, ssh and gh need to act for the user. */
const GIT_AND_GH = [
  "HOME",
  "SHELL",
  "XDG_*",
  "SSH_AUTH_SOCK",
  "SSH_AGENT_PID",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_SSH_VARIANT",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_CONFIG_COUNT",
  "GIT_CONFIG_KEY_*",
  "GIT_CONFIG_VALUE_*",
  "GIT_SSL_*",
  "GIT_PROXY_*",
  "CURL_CA_BUNDLE",
  "GNUPGHOME",
  "KRB5CCNAME",
  "DBUS_SESSION_BUS_ADDRESS",
  "GH_TOKEN",
  "GITHUB_TOKEN",
  "GH_ENTERPRISE_TOKEN",
  "GITHUB_ENTERPRISE_TOKEN",
  "GH_CONFIG_DIR",
];

/** Where programs are when the server itself has no PATH. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Names that change which code a program loads: never handed on, also when an option names them. */
const LOADER = /^(LD_|DYLD_)/;

/**
 * The environment of a program that works for the agent.
 *
 * @param host the server's own environment
 * @param options.home HOME of the child; always set, as programs fall back to the passwd entry without it
 * @param options.path PATH of the child. Default: the server's
 * @param options.pass more names to let through; `AWS_*` means every name with that beginning
 */
export function childEnv(
  host: Record<string, string>,
  options: { home: string; path?: string; pass: string[] },
): Record<string, string> {
  return {
    LANG: "C.UTF-8",
    ...select(host, [...COMMON, ...options.pass]),
    PATH: options.path ?? host.PATH ?? DEFAULT_PATH,
    HOME: options.home,
  };
}

/** By these Claude Code logs in to a cloud that runs its models. */
const CLOUD_LOGIN: readonly (readonly [told_by: string, names: RegExp])[] = [
  ["CLAUDE_CODE_USE_BEDROCK", /^AWS_/],
  ["CLAUDE_CODE_USE_VERTEX", /^(GOOGLE_|CLOUD_ML_|VERTEX_)/],
];

/**
 * Of the names that an option lets through, those that an agent can't do without: the login of its models. For runs on
 * texts of strangers.
 */
export function loginOnly(host: Record<string, string>, names: readonly string[]): string[] {
  return names.filter((name) =>
    CLOUD_LOGIN.some(([told_by, pattern]) => (host[told_by] ?? "") !== "" && pattern.test(name))
  );
}

/** The environment of Autopilot's own git and gh: the user's HOME and credentials, no prompt ever, plain English. */
export function gitEnv(host: Record<string, string>): Record<string, string> {
  const env = select(host, [...COMMON, ...GIT_AND_GH]);
  return {
    GIT_SSH_COMMAND: "ssh -oBatchMode=yes -oConnectTimeout=10",
    ...env,
    PATH: env.PATH ?? DEFAULT_PATH,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    GCM_INTERACTIVE: "never",
    GIT_EDITOR: "true",
    GIT_PAGER: "cat",
    GIT_OPTIONAL_LOCKS: "0",
    GH_PROMPT_DISABLED: "1",
    GH_NO_UPDATE_NOTIFIER: "1",
    NO_COLOR: "1",
  };
}

function select(host: Record<string, string>, names: string[]): Record<string, string> {
  const exact = new Set(names.filter((name) => !name.endsWith("*")));
  const prefixes = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  return Object.fromEntries(
    Object.entries(host).filter(([name]) =>
      !LOADER.test(name) && (exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix)))
    ),
  );
}
