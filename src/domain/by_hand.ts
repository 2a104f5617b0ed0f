/**
 * Issues taken by hand: from a person's own coding session, through the MCP server, instead of by the runner. Such a
 * run has no process that Autopilot knows; its lease lives on what the session says.
 */

import type { NewComment } from "./comment.ts";
import { AUTOPILOT } from "./messages.ts";

/** Minutes of silence after which a session counts as gone. Its own tools may keep it busy for long. */
export const HAND_LEASE_MINUTES = 60;
/** What `autopilot mcp` keeps instead, as a process that lives as long as its session. */
export const BRIDGE_LEASE_MINUTES = 3;

/** Under which the result of a claim names its run, for programs between the session and the board. */
export const RUN_ID_META = "autopilot/run_id";

/** In the place of a host's name, of which it can be none. */
const MARK = "by-hand:";

/** What a run says of its host when it was taken by hand with this credential. */
export function handHost(credential_id: string): string {
  return `${MARK}${credential_id}`;
}

/** The id of the credential with which the run was taken by hand, "" on an open board; `null`: the runner has it. */
export function handOwner(host: string): string | null {
  return host.startsWith(MARK) ? host.slice(MARK.length) : null;
}

/** Ends a run by hand that says why in Autopilot's own voice. */
export function handComment(body: string): NewComment {
  return { author: AUTOPILOT, author_kind: "system", trust: "agent", body };
}

/** The id of a session's agent: the first that is free of `<name>-by-hand`, `<name>-by-hand-2` and so on. */
export function handAgent(name: string, taken: ReadonlySet<string>): string {
  const base = `${name.toLowerCase().replace(/[^a-z0-9._-]+/g, "-").slice(0, 60)}-by-hand`;
  let id = base;
  for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
  return id;
}

/** What nobody counts or checks of a run by hand: its end says nothing of it. */
export const UNCOUNTED = {
  turns: 0,
  cost_usd: 0,
  session_cost_usd: 0,
  input_tokens: 0,
  output_tokens: 0,
  checks: "",
  transient: false,
  not_before: "",
} as const;
