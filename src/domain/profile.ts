/**
 * What one run may do: the operator's options, and of the project's file what may count beside them. The file comes
 * with the repository, so it can only make a run smaller: limits are the tighter of both, tools can only be taken
 * away, and an option that is set wins over the file's word. Its commands run in the sandbox, where the agent could
 * run them as well; without a sandbox they would run with all rights of the user, so there they don't count.
 */

import type { Comment } from "./comment.ts";
import type { Issue } from "./issue.ts";
import { PROJECT_FILE, type ProjectFile } from "./project_file.ts";

/** The options that the file can add to or tighten. Empty texts and, of limits, 0 mean "not set". */
export interface ProfileOptions {
  setup: string;
  check: string;
  check_rounds: number;
  model: string;
  max_turns: number;
  max_usd_per_run: number;
  run_timeout_s: number;
  silence_timeout_s: number;
}

export interface RunProfile {
  setup: string;
  check: string;
  check_rounds: number;
  copy: readonly string[];
  model: string;
  /** Empty: all. */
  allowed_tools: readonly string[];
  /** Not even when they are allowed. */
  denied_tools: readonly string[];
  extra_prompt: string;
  /** 0: no limit. */
  max_turns: number;
  max_usd: number;
  run_timeout_ms: number;
  silence_timeout_ms: number;
  /** What of the file does not count, for the transcript. */
  notes: readonly string[];
}

/**
 * Tools whose whole purpose is to reach the network: a run on texts of strangers goes without. Its commands still have
 * the network, as the agent itself needs it.
 */
export const NETWORK_TOOLS: readonly string[] = ["WebFetch", "WebSearch"];

export function profileOf(
  options: ProfileOptions,
  file: ProjectFile,
  { sandboxed, external }: { sandboxed: boolean; external: boolean },
): RunProfile {
  const { limits = {} } = file;
  const notes: string[] = [];
  const command = (key: "setup" | "check") => {
    const asked = file[key];
    if (options[key] !== "" || asked === undefined) return options[key];
    if (sandboxed) return asked;
    notes.push(
      `"${key}" of ${PROJECT_FILE} does not run without a sandbox: set AUTOPILOT_${key.toUpperCase()} if you want it`,
    );
    return "";
  };
  const copy = file.copy ?? [];
  if (external) {
    notes.push(
      `Texts from outside are on the issue: the agent works without ${
        NETWORK_TOOLS.join(" and ")
      }, without the ` +
        "variables of AUTOPILOT_PASS_ENV, without the board's tools, and with package caches of its own",
    );
  }
  // What strangers write could ask the agent to show what is in those files.
  if (external && copy.length > 0) {
    notes.push(`"copy" of ${PROJECT_FILE} does not count, as texts from outside are on the issue`);
  }
  return {
    setup: command("setup"),
    check: command("check"),
    check_rounds: Math.min(options.check_rounds, file.check_rounds ?? options.check_rounds),
    copy: external ? [] : copy,
    model: options.model === "" ? file.model ?? "" : options.model,
    allowed_tools: file.allowed_tools ?? [],
    denied_tools: external ? NETWORK_TOOLS : [],
    extra_prompt: file.extra_prompt ?? "",
    max_turns: tighter(options.max_turns, limits.max_turns),
    max_usd: tighter(options.max_usd_per_run, limits.max_usd_per_run),
    run_timeout_ms: tighter(options.run_timeout_s, seconds(limits.run_minutes)) * 1000,
    silence_timeout_ms: tighter(options.silence_timeout_s, seconds(limits.silence_minutes)) * 1000,
    notes,
  };
}

/**
 * Whether the agent reads what no person of the project wrote: a text of anybody without a credential, or an issue that
 * an agent filed, which may carry on what a stranger told it. Comments of agents don't count: every run leaves one.
 */
export function hasExternalText(
  issue: Pick<Issue, "trust">,
  comments: readonly Pick<Comment, "trust">[],
): boolean {
  return issue.trust === "external" || issue.trust === "agent" ||
    comments.some(({ trust }) => trust === "external");
}

/** 0 sets no limit. */
function tighter(option: number, file: number | undefined): number {
  if (file === undefined) return option;
  return option === 0 ? file : Math.min(option, file);
}

function seconds(minutes: number | undefined): number | undefined {
  return minutes === undefined ? undefined : minutes * 60;
}
