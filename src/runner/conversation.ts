/** Listens to one agent process from its start to its exit. */

import type { AgentEvent, AgentExit, AgentResult } from "../domain/agent_output.ts";
import { messageOfError } from "../domain/errors.ts";
import type { LogBody } from "../domain/log_entry.ts";
import { failpoint } from "../failpoint.ts";
import type { AgentProcess } from "../process/claude.ts";
import { STOP_GRACE_MS } from "./supervisor.ts";
import type { Timers } from "./timers.ts";

/** After its result and with its input closed, a process that stays silent for so long is ended. */
export const EXIT_GRACE_MS = 10_000;

export interface ConversationDeps {
  write(body: LogBody): Promise<void> | void;
  /** Any sign of life. */
  sign(event: AgentEvent): void;
  /** The agent's own name for the session. */
  onSession(session_id: string): void;
  /**
   * A turn has ended: no further message may be sent. Answers whether one was sent that the agent may not have
   * read yet, so that another turn may follow.
   */
  hush(): Promise<boolean>;
  timers: Timers;
}

export interface Talk {
  exit: AgentExit;
  results: AgentResult[];
  /** The work was over, but the process had to be ended. */
  forced_exit: boolean;
}

/** Resolves when the process is gone. Never rejects: what can't be read is told in the log. */
export async function converse(agent: AgentProcess, deps: ConversationDeps): Promise<Talk> {
  const results: AgentResult[] = [];
  const end = new ExitWatch(agent, deps.timers);
  try {
    for await (const event of agent.events) {
      failpoint("first_output");
      deps.sign(event);
      end.sign();
      if (event.type === "log") {
        const room = deps.write(event.body);
        if (room !== undefined) await room;
      } else if (event.type === "session") {
        deps.onSession(event.session_id);
      } else if (event.type === "api_retry") {
        await deps.write({ type: "system", text: retryText(event) });
      } else if (event.type === "result") {
        failpoint("result_read");
        results.push(event.result);
        await deps.write(event.log);
        const more = await deps.hush();
        if (!more) end.begin();
        // A message that was written before is still read: the process ends when nothing is left to do.
        await agent.closeInput();
      }
    }
  } catch (error) {
    await deps.write({ type: "error", text: `Reading the agent's output failed: ${messageOfError(error)}` });
    agent.kill();
  }
  const exit = await agent.exited;
  end.close();
  return { exit, results, forced_exit: end.forced };
}

function retryText(event: Extract<AgentEvent, { type: "api_retry" }>): string {
  const why = event.status === 0 ? event.error : `${event.status} ${event.error}`;
  return `The model's API failed (${why.trim()}); attempt ${event.attempt} of ${event.max}`;
}

/** Ends a process that does not go by itself after its work. */
class ExitWatch {
  forced = false;
  readonly #agent: AgentProcess;
  readonly #timers: Timers;
  #cancel: (() => void) | null = null;

  constructor(agent: AgentProcess, timers: Timers) {
    this.#agent = agent;
    this.#timers = timers;
  }

  begin(): void {
    this.close();
    this.#cancel = this.#timers.after(EXIT_GRACE_MS, () => {
      this.forced = true;
      // A failure to stop shows as an exit that never comes, which the wall clock of the run ends.
      this.#agent.stop(STOP_GRACE_MS).catch(() => this.#agent.kill());
    });
  }

  sign(): void {
    if (this.#cancel !== null) this.begin();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
