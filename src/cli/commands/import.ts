/** `autopilot import`: an export of Autopilot into an empty board, or other trackers' issues into any. */

import { join, resolve } from "node:path";
import { BOARD_ENTRY, extractArchive, type Manifest, UPLOADS } from "../../archive/archive.ts";
import { exists } from "../../archive/swap.ts";
import { readLines } from "../../process/lines.ts";
import { makeTempFolder } from "../../process/temp_folder.ts";
import { NewerSchemaError } from "../../store/migrations/migrate.ts";
import { KNOWN_MIGRATIONS } from "../../store/migrations/names.ts";
import { TransferError } from "../../store/transfer.ts";
import type { Command, CommandContext } from "../command.ts";
import { ownDataFolder, uploadsFolder } from "../data_folder.ts";
import { CommandError, EXIT } from "../exit.ts";
import { isFileTrouble, tellMissing } from "../local_data.ts";
import { openDatabase } from "../open_data.ts";

/** Folders of imports that were cut off. */
const STAGING = "importing-";

export const command: Command = {
  arguments: [{ name: "[file]", meaning: "What `autopilot export` made" }],
  options: [
    { flags: "--github <owner/repo>", meaning: "All issues of a GitHub repository, through your gh" },
    {
      flags: "--vibe-kanban <path>",
      meaning: "The unzipped export of vibe-kanban (a folder), or its local db.sqlite",
    },
  ],
  config: ["data", "database_url"],
  examples: [
    { line: "import board.tar --data ./new", meaning: "ids, numbers and the event log stay what they are" },
    { line: "import --github acme/app", meaning: "again later: only what is new there" },
    {
      line: "import --vibe-kanban ~/Downloads/vibe-kanban-export",
      meaning: "issues.csv and the files beside it",
    },
  ],
  notes:
    "An export goes into an empty board, with the server stopped. What the file says of a text's trust counts: " +
    "import only what you exported yourself. Issues of other trackers go into the backlog, or into Done where they are " +
    "closed, of any board, also while its server runs; what strangers wrote there reaches agents only as data.",
  async run(context, { args: [file], options }) {
    const { github, vibeKanban } = options;
    const given = [file, github, vibeKanban].filter((value) => typeof value === "string" && value !== "");
    if (given.length !== 1) {
      throw new CommandError(
        "Import what? One of: autopilot import <file>, --github <owner/repo>, --vibe-kanban <path>",
        EXIT.usage,
        "usage",
      );
    }
    if (typeof github === "string" || typeof vibeKanban === "string") {
      const { importForeign } = await import("./import_foreign.ts");
      return await importForeign(
        context,
        typeof github === "string" ? { github } : { vibe_kanban: String(vibeKanban) },
      );
    }
    const { rows, missing } = await importBoard(context, resolve(file));
    if (context.json) context.out.json({ rows, missing });
    else {context.out.line(
        `Imported ${rows.issues ?? 0} issues, ${rows.comments ?? 0} comments, ${rows.runs ?? 0} runs`,
      );}
    tellMissing(context.err, missing);
    return EXIT.ok;
  },
};

async function importBoard(
  context: CommandContext,
  file: string,
): Promise<{ rows: Record<string, number>; missing: string[] }> {
  const config = await context.config();
  if (!await exists(file)) throw new CommandError(`There is no file ${file}`);
  using _own = await ownDataFolder(config.data);
  for await (const { name } of Deno.readDir(config.data)) {
    if (name.startsWith(STAGING)) await Deno.remove(join(config.data, name), { recursive: true });
  }
  const work = await makeTempFolder(STAGING, config.data);
  try {
    const manifest = await extractArchive(file, "export", work);
    if (!KNOWN_MIGRATIONS.includes(manifest.schema)) throw new NewerSchemaError([manifest.schema]);
    await using store = await openDatabase(config);
    const allowed = new Set(manifest.missing);
    const has = (name: string) => manifest.files[`${UPLOADS}/${name}`] !== undefined || allowed.has(name);
    // Files first: one without a row is never shown, a row without its file would be.
    await moveUploads(manifest, work, uploadsFolder(config.data));
    using lines = await Deno.open(join(work, BOARD_ENTRY), { read: true });
    const rows = await store.transfer.load(readLines(lines.readable), has);
    return { rows, missing: manifest.missing };
  } catch (error) {
    if (!isFileTrouble(error) && !(error instanceof TransferError)) throw error;
    throw new CommandError(
      `${file} can't be imported: ${error.message}. Nothing was changed`,
      EXIT.failed,
      "not_imported",
      { cause: error },
    );
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function moveUploads({ files }: Manifest, work: string, uploads: string): Promise<void> {
  await Deno.mkdir(uploads, { recursive: true, mode: 0o700 });
  for (const name of Object.keys(files)) {
    if (!name.startsWith(`${UPLOADS}/`)) continue;
    await Deno.rename(join(work, name), join(uploads, name.slice(UPLOADS.length + 1)));
  }
}
