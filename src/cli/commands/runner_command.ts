/** `autopilot runner`: the runner alone, on the database it shares with a server. No port is opened. */

import { describeConfig, type OptionName, SERVER_OPTIONS } from "../../config.ts";
import { messageOfError } from "../../domain/errors.ts";
import { startFeed } from "../../events/feed.ts";
import { armFailpoint } from "../../failpoint.ts";
import { loggerOf } from "../../log.ts";
import { openBlobs } from "../../store/blobs.ts";
import type { Command } from "../command.ts";
import { uploadsFolder, useDataFolder } from "../data_folder.ts";
import { EXIT } from "../exit.ts";
import { loadConfig } from "../load_config.ts";
import { configureLogging } from "../logging.ts";
import { openDatabase, StartError } from "../open_data.ts";
import { ownUrl } from "../own_url.ts";
import { openRunner } from "../open_runner.ts";
import { Reloads } from "../reload.ts";
import { watchSignals } from "../signals.ts";

/** Of no use to a process that does not listen. */
const NOT_HERE: readonly OptionName[] = ["origins", "runner"];

export const command: Command = {
  config: SERVER_OPTIONS.filter((name) => !NOT_HERE.includes(name)),
  no_json: true,
  examples: [
    { line: "runner --workdir ~/code/project", meaning: "beside a server of this machine, on the same data" },
    { line: "runner --database-url postgres://…", meaning: "on another machine, on the same queue" },
  ],
  notes:
    "The board is served by another process: start it on the same database, with AUTOPILOT_AUTH=on. Where it is\n" +
    "on another machine AUTOPILOT_URL names it, for the agents.",
  async run(context) {
    const config = await context.config();
    await configureLogging(config);
    const reloads = new Reloads(config, () => loadConfig(context.given, { ...context.env }));
    const signals = watchSignals(reloads.again);
    const log = loggerOf("runner");
    if (config.failpoint !== "") armFailpoint(config.failpoint);
    log.debug("Options: {options}", { options: describeConfig(config) });

    const board_url = config.url || ownUrl(config.host, config.port) + config.base_path;
    if (config.auth !== "off") await refuseOpenBoard(board_url);

    await using opened = new AsyncDisposableStack();
    opened.use(await useDataFolder(config.data));
    const store = opened.use(await openDatabase(config));
    const blobs = await openBlobs(uploadsFolder(config.data));
    const feed = opened.use(await startFeed(store));
    const runner = await openRunner({
      config,
      store,
      blobs,
      feed,
      host_env: { ...context.env },
      board_url: () => board_url,
    });
    opened.defer(() => runner.stop());
    await runner.start();
    context.out.line(`Autopilot ${context.build.version} works in ${config.workdir}`);
    const signal = await signals.first();
    await reloads.end();
    log.info("Stopping ({signal}); once more stops at once", { signal });
    await opened.disposeAsync();
    log.info("Stopped");
    return EXIT.ok;
  },
};

/** How long the board may take to answer, in milliseconds. A board that starts later is not looked at. */
const BOARD_MS = 3_000;

/** A server without a runner of its own needs no logins on loopback; once agents work on its board it does. */
async function refuseOpenBoard(url: string): Promise<void> {
  let status: number;
  try {
    const response = await fetch(`${url}/api/autopilot/me`, { signal: AbortSignal.timeout(BOARD_MS) });
    await response.body?.cancel();
    status = response.status;
  } catch (error) {
    loggerOf("runner").warn("No board answers at {url}: start it with AUTOPILOT_AUTH=on ({why})", {
      url,
      why: messageOfError(error),
    });
    return;
  }
  if (status !== 200) return;
  throw new StartError(
    `The board at ${url} is open: every program of its machine could hand work to these agents. Start its server ` +
      "with AUTOPILOT_AUTH=on; or say --auth off here, and mean it",
  );
}
