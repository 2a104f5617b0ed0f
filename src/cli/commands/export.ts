/** `autopilot export <file>`: the whole board as JSON lines and files, for either database. */

import { join, resolve } from "node:path";
import { BOARD_ENTRY, writeArchive } from "../../archive/archive.ts";
import { exists } from "../../archive/swap.ts";
import { ArchiveError } from "../../archive/tar.ts";
import type { Store } from "../../store/store.ts";
import type { Command } from "../command.ts";
import { uploadsFolder, useDataFolder } from "../data_folder.ts";
import { CommandError, EXIT } from "../exit.ts";
import { collectUploads, isFileTrouble, sizeText, tellMissing, tellRemoved } from "../local_data.ts";
import { openDatabase } from "../open_data.ts";
import { scratchBeside } from "../scratch.ts";

export const command: Command = {
  arguments: [{ name: "<file>", meaning: "Where the export goes; it must not be there yet" }],
  config: ["data", "database_url"],
  examples: [{
    line: "export board.tar",
    meaning: "to move to another machine, or from SQLite to PostgreSQL",
  }],
  notes:
    "The file is a tar: board.jsonl has a row per line, {table, row}, beside the attachments and checksums. Issues, " +
    "comments, runs with their logs and the event log are in it; tokens and sessions are not.",
  async run(context, { args }) {
    const config = await context.config();
    using _use = await useDataFolder(config.data);
    await using store = await openDatabase(config);
    const target = resolve(args[0]);
    try {
      const made = await write(store, uploadsFolder(config.data), target, context.build.version);
      const { size: bytes } = await Deno.stat(target);
      if (context.json) context.out.json({ file: target, bytes, ...made });
      else context.out.line(`Exported ${made.rows.issues} issues: ${target}, ${sizeText(bytes)}`);
      tellMissing(context.err, made.missing);
      tellRemoved(context.err, made.removed);
      return EXIT.ok;
    } catch (error) {
      if (!isFileTrouble(error)) throw error;
      throw new CommandError(`The export failed: ${error.message}`, EXIT.failed, "failed", { cause: error });
    }
  },
};

async function write(
  store: Store,
  uploads: string,
  target: string,
  version: string,
): Promise<{ rows: Record<string, number>; missing: string[]; removed: readonly string[] }> {
  if (await exists(target)) {
    throw new ArchiveError(`${target} exists already: name another file, or remove it`);
  }
  await using work = await scratchBeside(target);
  const path = join(work.folder, BOARD_ENTRY);
  const { schema, rows, stored_names } = await writeLines(path, store);
  const { sources, missing } = await collectUploads(uploads, stored_names);
  const made_at = new Date().toISOString();
  await writeArchive(
    target,
    work.folder,
    { kind: "export", program_version: version, made_at, schema, missing },
    [{ name: BOARD_ENTRY, path }, ...sources],
  );
  return { rows, missing, removed: work.removed };
}

async function writeLines(path: string, store: Store): ReturnType<Store["transfer"]["dump"]> {
  const file = await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  try {
    return await store.transfer.dump((line) => writer.write(encoder.encode(line + "\n")));
  } finally {
    await writer.close();
  }
}
