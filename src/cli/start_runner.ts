/** The runner's parts, from the options. Loaded only when the runner is on. */

import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Feed } from "../events/feed.ts";
import { loggerOf } from "../log.ts";
import { childEnv, gitEnv } from "../process/child_env.ts";
import { claudeVersion, findClaude } from "../process/claude_binary.ts";
import { openRepository } from "../process/git.ts";
import { probeSandbox } from "../process/sandbox.ts";
import type { RunnerOptions } from "../runner/parts.ts";
import { createRunner, type Runner } from "../runner/service.ts";
import type { Blobs } from "../store/blobs.ts";
import type { Store } from "../store/store.ts";

export interface RunnerParts {
  config: Config;
  store: Store;
  blobs: Blobs;
  feed: Feed;
  host_env: Record<string, string>;
  /** Where the board is reached from this machine; asked after it listens. */
  board_url: () => string;
}

/**
 * Makes the runner; it claims nothing before its `start()`.
 *
 * @throws {SandboxMissingError} when agents can't be sandboxed and nobody said that they need not be
 * @throws {ClaudeMissingError} when Claude Code is missing or too old
 * @throws {GitError} when the work folder is no repository that agents can start from
 */
export async function prepareRunner(
  { config, store, blobs, feed, host_env, board_url }: RunnerParts,
): Promise<Runner> {
  const repository = await openRepository(config.workdir, gitEnv(host_env));
  const sandbox = await probeSandbox(config.sandbox, {
    env: host_env,
    hide: [config.data, config.workdir],
    read_only: [...config.sandbox_read],
    memory_mb: config.memory_mb,
  });
  for (const warning of sandbox.warnings) loggerOf("runner").warn("{warning}", { warning });
  const claude_bin = await findClaude(config.claude_bin, host_env, { as_found: sandbox.kind === "off" });
  const version = await claudeVersion(
    claude_bin,
    sandbox,
    childEnv(host_env, { home: config.data, pass: [] }),
  );
  loggerOf("runner").info("Agents are Claude Code {version}, sandbox: {sandbox}", {
    version,
    sandbox: sandbox.kind,
  });
  return createRunner({
    store,
    blobs,
    repository,
    sandbox,
    clock: systemClock,
    random: Math.random,
    onEvents: (listener) => feed.subscribe(listener),
    options: runnerOptions(config, { claude_bin, host_env, board_url }),
  });
}

/** What the options say of the runner. @param board_url left out: agents get no way to the board */
export function runnerOptions(
  config: Config,
  { claude_bin, host_env, board_url }: Pick<RunnerOptions, "claude_bin" | "host_env" | "board_url">,
): RunnerOptions {
  return {
    agent_id: config.agent_id,
    concurrency: config.concurrency,
    poll_seconds: config.poll_seconds,
    claude_bin,
    push: config.push,
    commit_name: config.commit_name,
    commit_email: config.commit_email,
    base: config.base,
    model: config.model,
    setup: config.setup,
    check: config.check,
    check_rounds: config.check_rounds,
    check_timeout_s: config.check_minutes * 60,
    max_turns: config.max_turns,
    max_usd_per_run: config.max_usd_per_run,
    max_usd_per_issue: config.max_usd_per_issue,
    max_usd_per_day: config.max_usd_per_day,
    memory_mb: config.memory_mb,
    max_processes: config.max_processes,
    max_file_mb: config.max_file_mb,
    run_timeout_s: config.run_minutes * 60,
    stop_timeout_s: config.stop_seconds,
    silence_timeout_s: config.silence_minutes * 60,
    data_dir: config.data,
    pass_env: [...config.pass_env],
    host: Deno.hostname(),
    pid: Deno.pid,
    host_env,
    ...board_url === undefined ? {} : { board_url },
  };
}
