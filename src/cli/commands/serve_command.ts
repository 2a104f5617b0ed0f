/** `autopilot serve`: the board, and the runner where it is on. */

import { SERVER_OPTIONS } from "../../config.ts";
import { loggerOf } from "../../log.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { loadConfig } from "../load_config.ts";
import { configureLogging } from "../logging.ts";
import { serve } from "../serve.ts";
import { Reloads } from "../reload.ts";
import { watchSignals } from "../signals.ts";

export const command: Command = {
  config: SERVER_OPTIONS,
  no_json: true,
  examples: [
    { line: "", meaning: "the board on http://127.0.0.1:8787/autopilot" },
    { line: "serve --runner --workdir ~/code/project", meaning: "agents work on what is ready" },
    { line: "serve --port 0 --data ./board", meaning: "a free port, and data of its own" },
  ],
  notes:
    "SIGHUP reads the options again: log level and format change at once, everything else with the next start.\n" +
    "Where the server was started from a terminal, SIGHUP means that the terminal is gone: the server stops.",
  async run(context) {
    const config = await context.config();
    const { version } = context.build;
    await configureLogging(config);
    const reloads = new Reloads(config, () => loadConfig(context.given, { ...context.env }));
    const signals = watchSignals(reloads.again);
    const serving = await serve(config, { version, host_env: { ...context.env } });
    const { login } = serving;
    if (login?.link) context.out.line(`Log in with this link, once, within 24 hours: ${login.link}`);
    else if (login) context.out.line("Logins are on. For a new login link: autopilot login-link");
    context.out.line(`Autopilot ${version} is ready: ${serving.url}/autopilot`);
    const signal = await signals.first();
    await reloads.end();

    const log = loggerOf("server");
    log.info("Stopping ({signal}); once more stops at once", { signal });
    await serving.stop();
    log.info("Stopped");
    return EXIT.ok;
  },
};
