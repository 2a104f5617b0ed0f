/** `autopilot restore <file>`: verifies a backup, then puts it in the place of the board, which is kept aside. */

import { dirname, join, resolve } from "node:path";
import { DATABASE_ENTRY, extractArchive, UPLOADS } from "../../archive/archive.ts";
import { exists, finishSwap, type Move, swapIn } from "../../archive/swap.ts";
import { ArchiveError } from "../../archive/tar.ts";
import { messageOfError } from "../../domain/errors.ts";
import { makeTempFolder } from "../../process/temp_folder.ts";
import { DatabaseFileError, inspectSqlite, lockSqliteOut } from "../../store/sqlite_files.ts";
import type { Command } from "../command.ts";
import { ownDataFolder, RESTORE_JOURNAL, uploadsFolder } from "../data_folder.ts";
import { CommandError, EXIT } from "../exit.ts";
import { isFileTrouble, sqlitePath, tellMissing } from "../local_data.ts";

/** Folders of restores that were cut off before they changed anything. */
const STAGING = "restoring-";
const SQLITE_MAGIC = "SQLite format 3\0";

export const command: Command = {
  arguments: [{
    name: "[file]",
    meaning: "What `autopilot backup` made, or a copy kept before a new schema",
  }],
  options: [
    { flags: "--check", meaning: "Only verify the file; nothing is changed, and a server may run" },
    { flags: "--finish", meaning: "Finish a restore that was cut off" },
  ],
  config: ["data", "database_url"],
  examples: [
    { line: "restore board.tar", meaning: "the board as it was; the present one is kept beside it" },
    { line: "restore --check board.tar", meaning: "is this backup whole?" },
  ],
  notes:
    "The server must be stopped. Runs that were under way when the backup was made count as lost: their issues are " +
    "ready again when the server starts.",
  async run(context, { args: [file], options }) {
    const config = await context.config();
    const database = sqlitePath(config.database_url);
    if (database === null) {
      throw new CommandError(
        'A PostgreSQL database is restored by its own tools (pg_restore); "autopilot import" reads an export',
        EXIT.usage,
        "usage",
      );
    }
    const place = { data: config.data, database };
    if (options.finish === true) {
      const moves = await finish(place);
      if (context.json) context.out.json({ finished: moves !== null });
      else {context.out.line(
          moves === null ? "No restore was cut off: nothing to do" : "The restore is finished",
        );}
      return EXIT.ok;
    }
    if (file === "") throw new CommandError("Which file? autopilot restore <file>", EXIT.usage, "usage");
    const done = await restore(resolve(file), place, { check: options.check === true });
    if (context.json) context.out.json(done);
    else if (options.check === true) {
      context.out.line(`${file} is whole: made ${done.made_at}, schema ${done.schema}`);
    } else {context.out.line(
        `Restored the board of ${done.made_at}.${done.aside.length === 0 ? "" : " What was there is kept:"}`,
      );}
    if (!context.json) { for (const path of done.aside) context.out.line(`  ${path}`); }
    tellMissing(context.err, done.missing);
    return EXIT.ok;
  },
};

interface Place {
  data: string;
  database: string;
}

interface Restored {
  made_at: string;
  schema: string;
  /** What the old board's files are called now. */
  aside: string[];
  missing: string[];
}

async function finish({ data }: Place): Promise<Move[] | null> {
  using _own = await ownDataFolder(data);
  const moves = await finishSwap(join(data, RESTORE_JOURNAL));
  await removeStaging(data);
  return moves;
}

async function restore(file: string, place: Place, { check }: { check: boolean }): Promise<Restored> {
  if (!await exists(file)) throw new CommandError(`There is no file ${file}`);
  if (check) {
    const work = await makeTempFolder("autopilot-check-");
    try {
      return { ...await stage(file, work), aside: [] };
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  }
  const { data, database } = place;
  using _own = await ownDataFolder(data);
  const journal = join(data, RESTORE_JOURNAL);
  if (await exists(journal)) {
    throw new CommandError('An earlier restore was cut off: run "autopilot restore --finish" first');
  }
  await removeStaging(data);
  const work = await makeTempFolder(STAGING, data);
  try {
    const content = await stage(file, work);
    // Before the lock, which makes a journal of its own.
    const moves = await plan(work, place, content.with_uploads);
    using _alone = await exists(database) ? keepOut(database) : null;
    await swapIn(journal, moves);
    const aside = [];
    for (const move of moves) if (await exists(move.aside)) aside.push(move.aside);
    return { ...content, aside };
  } finally {
    // With a journal in place its staged files are still needed.
    if (!await exists(journal)) await Deno.remove(work, { recursive: true });
  }
}

/** Unpacks and verifies. @throws CommandError */
async function stage(
  file: string,
  work: string,
): Promise<{ made_at: string; schema: string; missing: string[]; with_uploads: boolean }> {
  try {
    const copy = join(work, DATABASE_ENTRY);
    if (await beginsWith(file, SQLITE_MAGIC)) {
      await Deno.copyFile(file, copy);
      await Deno.chmod(copy, 0o600);
      const { migrations } = inspectSqlite(copy);
      const { mtime } = await Deno.stat(file);
      const made_at = mtime?.toISOString() ?? "";
      return { made_at, schema: migrations.at(-1) ?? "", missing: [], with_uploads: false };
    }
    const manifest = await extractArchive(file, "backup", work);
    if (manifest.files[DATABASE_ENTRY] === undefined) throw new ArchiveError("It has no database");
    const { migrations, stored_names } = inspectSqlite(copy);
    for (const name of stored_names) {
      if (manifest.files[`${UPLOADS}/${name}`] === undefined && !manifest.missing.includes(name)) {
        throw new ArchiveError(`The file of the attachment ${name} is not in it`);
      }
    }
    const { made_at, missing } = manifest;
    return { made_at, schema: migrations.at(-1) ?? "", missing, with_uploads: true };
  } catch (error) {
    if (!isFileTrouble(error)) throw error;
    throw new CommandError(
      `${file} can't be restored: ${error.message}. Nothing was changed`,
      EXIT.failed,
      "damaged",
      { cause: error },
    );
  }
}

/** @throws CommandError while somebody has the database open */
function keepOut(database: string): Disposable | null {
  try {
    const alone = lockSqliteOut(database);
    if (alone !== null) return alone;
  } catch (error) {
    // A damaged database is a reason to restore. That nobody uses the data folder is known already.
    if (error instanceof DatabaseFileError) return null;
    throw error;
  }
  throw new CommandError(
    `${database} is in use: stop what works with it, then try again; nothing was changed`,
    EXIT.failed,
    "in_use",
  );
}

/** The old database's side files go first: beside a new database they would be taken for its own. */
async function plan(work: string, { data, database }: Place, with_uploads: boolean): Promise<Move[]> {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const aside = (path: string) => `${path}.before-restore-${stamp}`;
  let staged = join(work, DATABASE_ENTRY);
  if (dirname(database) !== data) {
    // May be another file system, on which a rename would fail half way.
    await Deno.mkdir(dirname(database), { recursive: true, mode: 0o700 });
    const copy = `${database}.restoring`;
    await Deno.copyFile(staged, copy);
    staged = copy;
  }
  const uploads = uploadsFolder(data);
  const sides = [];
  for (const end of ["-wal", "-shm", "-journal"]) if (await exists(database + end)) sides.push(end);
  return [
    ...sides.map((end) => ({ staged: null, target: database + end, aside: aside(database) + end })),
    ...(with_uploads ? [{ staged: join(work, UPLOADS), target: uploads, aside: aside(uploads) }] : []),
    { staged, target: database, aside: aside(database) },
  ];
}

async function removeStaging(data: string): Promise<void> {
  for await (const { name } of Deno.readDir(data)) {
    if (name.startsWith(STAGING)) await Deno.remove(join(data, name), { recursive: true });
  }
}

async function beginsWith(path: string, magic: string): Promise<boolean> {
  using file = await Deno.open(path, { read: true });
  const head = new Uint8Array(magic.length);
  const read = await file.read(head).catch((error) => {
    throw new CommandError(`${path} can't be read: ${messageOfError(error)}`);
  });
  return read === magic.length && new TextDecoder().decode(head) === magic;
}
