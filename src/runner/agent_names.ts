/** Names for the agents of this process. Two servers with the same options must not look like one on the board. */

import { loggerOf } from "../log.ts";
import type { Agents } from "../store/store.ts";

/** More servers than that do not share one name. */
const MAX_TRIES = 1_000;

export interface AgentNamesDeps {
  agents: Pick<Agents, "enter">;
  /** The name that was asked for. */
  agent_id: string;
  /** How many are needed. */
  count: number;
  host: string;
  pid: number;
  /** Whether a server of this machine lives; `true` when that can't be known for certain. */
  processLives(pid: number): Promise<boolean>;
}

/**
 * Enters as many agents as are needed: `<agent_id>`, `<agent_id>-2` and so on, without those that another living server
 * has. The names of a dead server on this machine are free at once, those of another machine when they are stale.
 */
export async function enterAgents(deps: AgentNamesDeps): Promise<string[]> {
  const { agent_id, count } = deps;
  const names: string[] = [];
  for (let n = 1; names.length < count; n++) {
    if (n > MAX_TRIES + count) {
      throw new Error(
        `All names from ${agent_id} to ${agent_id}-${n} are taken: choose another AUTOPILOT_AGENT_ID`,
      );
    }
    const id = n === 1 ? agent_id : `${agent_id}-${n}`;
    if (await enter(id, deps)) names.push(id);
  }
  if (names[count - 1] !== (count === 1 ? agent_id : `${agent_id}-${count}`)) {
    loggerOf("runner").info("Another server has the name {agent_id}: the agents of this one are {names}", {
      agent_id,
      names: names.join(", "),
    });
  }
  return names;
}

async function enter(id: string, { agents, host, pid, processLives }: AgentNamesDeps): Promise<boolean> {
  const holder = await agents.enter({ id, host, pid });
  if (holder === null) return true;
  if (holder.host !== host || await processLives(holder.pid)) return false;
  return await agents.enter({ id, host, pid }, holder) === null;
}
