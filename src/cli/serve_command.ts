/** `autopilot serve`: the board, and the runner where it is on. */

import { SERVER_OPTIONS } from "../config.ts";
import { loggerOf } from "../log.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit.ts";
import { configureLogging } from "./logging.ts";
import { serve } from "./serve.ts";
import { watchSignals } from "./signals.ts";

export const command: Command = {
  config: SERVER_OPTIONS,
  no_json: true,
  examples: [
    { line: "", meaning: "the board on http://127.0.0.1:8787/autopilot" },
    { line: "serve --runner --workdir ~/code/project", meaning: "agents work on what is ready" },
    { line: "serve --port 0 --data ./board", meaning: "a free port, and data of its own" },
  ],
  async run(context) {
    const config = await context.config();
    const { version } = context.build;
    await configureLogging(config);
    const signals = watchSignals();
    const serving = await serve(config, { version, host_env: { ...context.env } });
    context.out.line(`Autopilot ${version} is ready: ${serving.url}/autopilot`);
    const signal = await signals.first();

    const log = loggerOf("server");
    log.info("Stopping ({signal}); once more stops at once", { signal });
    await serving.stop();
    log.info("Stopped");
    return EXIT.ok;
  },
};
