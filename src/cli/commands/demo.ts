/** `autopilot demo`: the whole loop on a board of its own, with a script in the place of the agent. */

import { type Config, parseConfig } from "../../config.ts";
import { messageOfError } from "../../domain/errors.ts";
import { GitError } from "../../process/git_run.ts";
import { createClient } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { AUTHOR, type DemoFolder, makeDemoFolder } from "../demo/folder.ts";
import { DemoPerson, PACE } from "../demo/person.ts";
import { demoRunner } from "../demo/runner.ts";
import { EXIT } from "../exit.ts";
import { machineOf } from "../load_config.ts";
import { configureLogging } from "../logging.ts";
import { StartError } from "../open_data.ts";
import { serve } from "../serve.ts";
import { watchSignals } from "../signals.ts";

export const command: Command = {
  config: [],
  no_json: true,
  options: [
    { flags: "--by-hand", meaning: "Nothing is answered or accepted by itself: do it on the board" },
    { flags: "--port <number>", meaning: "Port to listen on; without it a free one" },
  ],
  examples: [
    { line: "demo", meaning: "the loop in 30 seconds, from the moment somebody opens the board" },
    { line: "demo --by-hand --port 8790", meaning: "take your time; on a port of your choice" },
  ],
  notes:
    "No Claude Code, no key and no cost: a script plays the agent. Needs git. Takes no option from the\n" +
    "environment or a file and touches no other data; at its end everything it made is removed.",
  async run(context, { options }) {
    const signal = watchSignals().first();
    const folder = await openFolder(context);
    try {
      await using opened = new AsyncDisposableStack();
      const config = configOf(context, folder, String(options.port ?? 0));
      await configureLogging(config);
      let person: DemoPerson | null = null;
      const { version } = context.build;
      const serving = await serve(config, {
        version,
        host_env: folder.env,
        onVisit: () => person?.begin(),
        openRunner: async (parts) => {
          opened.defer(parts.feed.subscribe((events) => person?.heed(events)));
          return await demoRunner(parts);
        },
      });
      opened.defer(() => serving.stop());
      const made = new DemoPerson({
        client: createClient({ url: serving.url, token: "" }),
        pace: PACE,
        acts: options.byHand !== true,
        print: (line) => context.out.line(line),
      });
      opened.defer(() => made.end());
      await made.prepare();
      person = made;

      context.out.line(
        "DEMO: a script plays the agent. No Claude, no key, no cost; nothing of yours is touched",
      );
      context.out.line(`Autopilot ${version} is ready: ${serving.url}/autopilot`);
      context.out.line(
        "Open it: the demo begins then and takes 30 seconds. Ctrl-C ends it and removes everything",
      );
      context.out.line(
        `Beside it, a page with the scripts for pages of yours: ${serving.url}/autopilot/demo`,
      );
      await signal;
    } finally {
      await folder.remove();
    }
    context.out.line("The demo has ended; what it made is removed");
    return EXIT.ok;
  },
};

async function openFolder({ env }: CommandContext): Promise<DemoFolder> {
  try {
    return await makeDemoFolder(env);
  } catch (error) {
    const git = error instanceof GitError ? " The demo needs git 2.28 or newer" : "";
    throw new StartError(`The demo can't make its scratch repository: ${messageOfError(error)}.${git}`, {
      cause: error,
    });
  }
}

/** What the environment and the options file say is meant for the real board. Without a runner, by the options. */
function configOf({ env }: CommandContext, { data, repository }: DemoFolder, port: string): Config {
  const flags = {
    port,
    log_level: "warning",
    data,
    workdir: repository,
    agent_id: "demo-agent",
    commit_name: AUTHOR.name,
    commit_email: AUTHOR.email,
    max_usd_per_run: "0",
    memory_mb: "0",
    max_processes: "0",
  };
  return parseConfig({ flags, env: {}, file: null }, machineOf(env));
}
