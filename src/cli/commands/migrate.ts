/** `autopilot migrate`: brings the database to this version's schema, without a server. */

import { hideSecrets } from "../../config.ts";
import { KNOWN_MIGRATIONS } from "../../store/migrations/names.ts";
import type { Command } from "../command.ts";
import { useDataFolder } from "../data_folder.ts";
import { EXIT } from "../exit.ts";
import { configureLogging } from "../logging.ts";
import { openDatabase } from "../open_data.ts";

export const command: Command = {
  config: ["data", "database_url"],
  examples: [{ line: "migrate", meaning: "what the next start would do anyway, on its own" }],
  notes: "Migrations only go forward. Before one, a copy of an SQLite database is kept beside it; " +
    '"autopilot restore <copy>" brings it back, for the earlier version of the program.',
  async run(context) {
    const config = await context.config();
    await configureLogging(config);
    using _use = await useDataFolder(config.data);
    await using _store = await openDatabase(config);
    const schema = KNOWN_MIGRATIONS.at(-1);
    if (context.json) context.out.json({ schema });
    else {context.out.line(
        `${hideSecrets(config.database_url)} has the schema ${schema}, the newest of this version`,
      );}
    return EXIT.ok;
  },
};
