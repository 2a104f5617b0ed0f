/** `autopilot backup <file>`: the whole board in one file, also while a server works with it. */

import { join, resolve } from "node:path";
import { DATABASE_ENTRY, writeArchive } from "../../archive/archive.ts";
import { exists } from "../../archive/swap.ts";
import { ArchiveError } from "../../archive/tar.ts";
import { copySqlite, inspectSqlite } from "../../store/sqlite_files.ts";
import type { Command } from "../command.ts";
import { uploadsFolder, useDataFolder } from "../data_folder.ts";
import { CommandError, EXIT } from "../exit.ts";
import {
  collectUploads,
  isFileTrouble,
  sizeText,
  sqlitePath,
  tellMissing,
  tellRemoved,
} from "../local_data.ts";
import { scratchBeside } from "../scratch.ts";

const FOR_POSTGRES =
  "A PostgreSQL database is backed up by its own tools (pg_dump), and the folder of uploads by " +
  'copying it after that; "autopilot export <file>" puts both into one file';

export const command: Command = {
  arguments: [{ name: "<file>", meaning: "Where the backup goes; it must not be there yet" }],
  config: ["data", "database_url"],
  examples: [
    { line: "backup board.tar", meaning: "everything people and agents wrote, as of now" },
    { line: "backup /backups/$(date +%F).tar", meaning: "one a day, by cron" },
  ],
  notes:
    "The file is a tar: a copy of the SQLite database (hashes of tokens and sessions included), the attachments, and " +
    "checksums of both. Not in it: the options file, workspaces, and the agents' homes and caches.",
  async run(context, { args }) {
    const config = await context.config();
    const database = sqlitePath(config.database_url);
    if (database === null) throw new CommandError(FOR_POSTGRES, EXIT.usage, "usage");
    if (!await exists(database)) {
      throw new CommandError(`There is no board to back up: ${database} does not exist`);
    }
    using _use = await useDataFolder(config.data);
    const target = resolve(args[0]);
    try {
      const made = await backUp({
        database,
        uploads: uploadsFolder(config.data),
        target,
        version: context.build.version,
      });
      if (context.json) context.out.json({ file: target, ...made });
      else {context.out.line(
          `Backed up the database and ${made.attachments} attachments: ${target}, ${sizeText(made.bytes)}`,
        );}
      tellMissing(context.err, made.missing);
      tellRemoved(context.err, made.removed);
      return EXIT.ok;
    } catch (error) {
      if (!isFileTrouble(error)) throw error;
      throw new CommandError(`The backup failed: ${error.message}`, EXIT.failed, "failed", { cause: error });
    }
  },
};

async function backUp(
  { database, uploads, target, version }: {
    database: string;
    uploads: string;
    target: string;
    version: string;
  },
): Promise<{ attachments: number; bytes: number; missing: string[]; removed: readonly string[] }> {
  if (await exists(target)) {
    throw new ArchiveError(`${target} exists already: name another file, or remove it`);
  }
  await using work = await scratchBeside(target);
  const copy = join(work.folder, DATABASE_ENTRY);
  await copySqlite(database, copy);
  const { migrations, stored_names } = inspectSqlite(copy);
  // A file is on disk before its row is committed: what the copy knows is there by now.
  const { sources, missing } = await collectUploads(uploads, stored_names);
  const about = {
    kind: "backup",
    program_version: version,
    made_at: new Date().toISOString(),
    schema: migrations.at(-1) ?? "",
    missing,
  } as const;
  await writeArchive(target, work.folder, about, [{ name: DATABASE_ENTRY, path: copy }, ...sources]);
  const { size: bytes } = await Deno.stat(target);
  return { attachments: sources.length, bytes, missing, removed: work.removed };
}
