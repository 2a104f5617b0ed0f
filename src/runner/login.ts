/**
 * Whose login the agents work with. A key or a token of `claude setup-token` serves any number of agents. The user's
 * own login is one file whose refresh token can be used once: it is shown to one agent at a time, writable, and never
 * copied, as a copy that refreshes first would log everybody else out.
 */

import { join } from "node:path";

export interface Login {
  /** The user's own login, when it is what agents use; else empty. */
  credentials_file: string;
  /** What the operator should know at start; empty when all is well. */
  warning: string;
  /** What mends a login that does not work, in words for the issue. */
  advice: string;
}

/** Any of these is a login, or says that another service has one. */
const KEYS = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
];

const TOKEN =
  "run `claude setup-token` and start Autopilot with what it prints in `CLAUDE_CODE_OAUTH_TOKEN`, or set " +
  "`ANTHROPIC_API_KEY`";
const THEN = "Then move the issue to Ready.";

/** Looks now: a login may be made or withdrawn while the server runs. */
export async function findLogin(
  { host_env, concurrency }: { host_env: Record<string, string>; concurrency: number },
  os: typeof Deno.build.os = Deno.build.os,
): Promise<Login> {
  const key = KEYS.find((name) => (host_env[name] ?? "") !== "");
  if (key !== undefined) {
    const cloud = key.startsWith("CLAUDE_CODE_USE_");
    return {
      credentials_file: "",
      warning: "",
      advice: cloud
        ? `Agents log in as \`${key}\` says: check that service's own variables, let agents see them with ` +
          `\`AUTOPILOT_PASS_ENV\`, and start Autopilot again. ${THEN}`
        : `Agents log in with \`${key}\`: put one that is valid in its place and start Autopilot again. ${THEN}`,
    };
  }
  const path = await credentialsPath(host_env);
  if (path !== "" && concurrency === 1) {
    return {
      credentials_file: path,
      warning: "",
      advice:
        `The agent works with your own login (\`${path}\`): run \`claude\` and \`/login\` in a terminal. For ` +
        `several agents, ${TOKEN}. ${THEN}`,
    };
  }
  if (path !== "") {
    return {
      credentials_file: "",
      warning: `Agents have no login: ${path} serves one agent at a time, and AUTOPILOT_CONCURRENCY is ` +
        `${concurrency}. For several, ${plain(TOKEN)}`,
      advice:
        `Your own login (\`${path}\`) can't be shared by ${concurrency} agents, as its refresh token can be used ` +
        `only once: ${TOKEN}; or set \`AUTOPILOT_CONCURRENCY=1\`. ${THEN}`,
    };
  }
  const where = os === "darwin"
    ? "macOS keeps your own login in the Keychain, where agents can't use it"
    : "none was found";
  return {
    credentials_file: "",
    warning: `Agents have no login (${where}): ${plain(TOKEN)}`,
    advice: `There is no login for agents (${where}): ${TOKEN}. ${THEN}`,
  };
}

async function credentialsPath(host_env: Record<string, string>): Promise<string> {
  const folder = host_env.CLAUDE_CONFIG_DIR || (host_env.HOME ? join(host_env.HOME, ".claude") : "");
  if (folder === "") return "";
  const path = join(folder, ".credentials.json");
  try {
    return (await Deno.stat(path)).isFile ? path : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    // A server that may not even look can't show the file to an agent.
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) return "";
    throw error;
  }
}

/** Log lines are no Markdown. */
function plain(text: string): string {
  return text.replaceAll("`", "");
}
