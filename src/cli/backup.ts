/** `autopilot backup <file>`: the whole board in one file, also while a server works with it. */

import { dirname, join, resolve } from "node:path";
import { DATABASE_ENTRY, type Source, UPLOADS, writeArchive } from "../archive/archive.ts";
import { exists } from "../archive/swap.ts";
import { ArchiveError } from "../archive/tar.ts";
import { NewerSchemaError } from "../store/migrations/migrate.ts";
import { copySqlite, DatabaseFileError, inspectSqlite } from "../store/sqlite_files.ts";
import type { Command } from "./command.ts";
import { uploadsFolder, useDataFolder } from "./data_folder.ts";
import { CommandError, EXIT } from "./exit.ts";
import { sizeText, sqlitePath } from "./local_data.ts";

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
      for (const name of made.missing) {
        context.err.line(
          `autopilot: the file of an attachment was not there, and is not in the backup: ${name}`,
        );
      }
      return EXIT.ok;
    } catch (error) {
      if (!isExpected(error)) throw error;
      throw new CommandError(`The backup failed: ${error.message}`, EXIT.failed, "failed", { cause: error });
    }
  },
};

function isExpected(error: unknown): error is Error {
  return error instanceof ArchiveError || error instanceof DatabaseFileError ||
    error instanceof NewerSchemaError || error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.PermissionDenied;
}

async function backUp(
  { database, uploads, target, version }: {
    database: string;
    uploads: string;
    target: string;
    version: string;
  },
): Promise<{ attachments: number; bytes: number; missing: string[] }> {
  if (await exists(target)) {
    throw new ArchiveError(`${target} exists already: name another file, or remove it`);
  }
  // Beside the target: there must be room for it anyway.
  const work = await Deno.makeTempDir({ dir: dirname(target), prefix: ".autopilot-backup-" });
  try {
    const copy = join(work, DATABASE_ENTRY);
    await copySqlite(database, copy);
    const { migrations, stored_names } = inspectSqlite(copy);
    // A file is on disk before its row is committed: what the copy knows is there by now.
    const sources: Source[] = [{ name: DATABASE_ENTRY, path: copy }];
    const missing: string[] = [];
    for (const stored_name of stored_names) {
      const path = join(uploads, stored_name);
      if (await exists(path)) sources.push({ name: `${UPLOADS}/${stored_name}`, path });
      else missing.push(stored_name);
    }
    const about = {
      kind: "backup",
      program_version: version,
      made_at: new Date().toISOString(),
      schema: migrations.at(-1) ?? "",
      missing,
    } as const;
    await writeArchive(target, about, sources);
    return { attachments: sources.length - 1, bytes: (await Deno.stat(target)).size, missing };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
