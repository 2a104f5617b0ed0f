/** The real Claude Code for tests: where it is, and why a test must be left out when it is nowhere. */

import { join } from "node:path";
import { findProgram } from "../../src/process/spawn.ts";

const PINNED =
  ".cache/autopilot-ci/claude-code-2.1.330/node_modules/@anthropic-ai/claude-code-linux-x64/claude";

/** Absolute path; empty when there is none. */
export const CLAUDE_BINARY: string = locate();

/** Options of a test that needs the real program: left out loudly where it is missing. */
export function realClaude(name: string): { name: string; ignore: boolean } {
  return CLAUDE_BINARY === ""
    ? { name: `${name} (left out: no claude; set AUTOPILOT_TEST_CLAUDE)`, ignore: true }
    : { name, ignore: false };
}

function locate(): string {
  const path = Deno.env.get("PATH") ?? "";
  const named = Deno.env.get("AUTOPILOT_TEST_CLAUDE");
  if (named) {
    if (findProgram(named, path) === null) {
      throw new Error(`AUTOPILOT_TEST_CLAUDE names no program: ${named}`);
    }
    return named;
  }
  const home = Deno.env.get("HOME") ?? "";
  return findProgram(join(home, PINNED), path) ?? findProgram("claude", path) ?? "";
}
