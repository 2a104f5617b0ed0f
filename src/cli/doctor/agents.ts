/** What agents need: a sandbox, Claude Code, a login. */

import type { Config } from "../../config.ts";
import { childEnv } from "../../process/child_env.ts";
import { claudeVersion, findClaude } from "../../process/claude_binary.ts";
import { probeSandbox, type Sandbox } from "../../process/sandbox.ts";
import { findLogin } from "../../runner/login.ts";
import { type Deadline, type Finding, finding, fromError, ok } from "./finding.ts";

export async function checkAgents(
  { config, env, deadline, add }: {
    config: Config;
    env: Record<string, string>;
    deadline: Deadline;
    add: (...found: Finding[]) => void;
  },
): Promise<void> {
  // Without the runner nothing of it is needed yet.
  const missing = config.runner ? "error" : "warning";
  add(await login(config, env));
  let sandbox: Sandbox;
  try {
    sandbox = await probeSandbox(config.sandbox, {
      env,
      hide: [config.data, config.workdir],
      read_only: [...config.sandbox_read],
      memory_mb: config.memory_mb,
      timeout_ms: deadline.limits(0.4).timeout_ms,
    });
    add(...told(sandbox));
  } catch (error) {
    add(fromError("sandbox", missing, error, "Install bubblewrap"));
    return;
  }
  try {
    const binary = await findClaude(config.claude_bin, env, { as_found: sandbox.kind === "off" });
    const own = childEnv(env, { home: config.data, pass: [] });
    const version = await claudeVersion(binary, sandbox, own, deadline.limits().timeout_ms);
    add(ok("claude", `Claude Code ${version} at ${binary}`));
  } catch (error) {
    add(fromError("claude", missing, error, "Install it: npm install -g @anthropic-ai/claude-code"));
  }
}

function told({ kind, program, warnings }: Sandbox): Finding[] {
  const found = kind === "bwrap"
    ? [ok("sandbox", `bubblewrap at ${program} works`)]
    : [finding("sandbox", "warning", warnings[0], "Leave out AUTOPILOT_SANDBOX=off where bubblewrap works")];
  const more = kind === "bwrap" ? warnings : warnings.slice(1);
  const mend = "Start Autopilot as a user of its own, with bubblewrap 0.7 or newer";
  return [...found, ...more.map((warning) => finding("sandbox", "warning", warning, mend))];
}

async function login(config: Config, env: Record<string, string>): Promise<Finding> {
  const { credentials_file, warning, advice } = await findLogin({
    host_env: env,
    concurrency: config.concurrency,
  });
  if (warning !== "") {
    const mend =
      "Run claude setup-token and start Autopilot with CLAUDE_CODE_OAUTH_TOKEN, or set ANTHROPIC_API_KEY";
    return finding("claude_login", config.runner ? "error" : "warning", warning.split(": ")[0], mend);
  }
  if (credentials_file !== "") {
    return finding(
      "claude_login",
      "note",
      `The one agent works with your own login, ${credentials_file}`,
      "For several, or for a server: claude setup-token, and its token in CLAUDE_CODE_OAUTH_TOKEN",
    );
  }
  // "Agents log in with `NAME`: …": whether the key is valid shows when it is used, which costs money.
  return ok("claude_login", `${advice.split(":")[0].replaceAll("`", "")} (not tried)`);
}
