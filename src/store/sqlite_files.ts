/** SQLite's files as a whole: copying one that is in use, looking into a copy, keeping everybody out. */

import { backup, DatabaseSync } from "node:sqlite";
import { NewerSchemaError } from "./migrations/migrate.ts";
import { KNOWN_MIGRATIONS } from "./migrations/names.ts";

/** How long to wait for the writes of others, in milliseconds. */
const BUSY_MS = 5_000;

/** A file is no database of Autopilot, or a damaged one. The message says what was found. */
export class DatabaseFileError extends Error {
  override name = "DatabaseFileError";
}

/**
 * Copies a database that others may be writing; the copy is of one moment and complete on disk.
 *
 * The read transaction pins that moment: without it every commit of another process starts the copy anew, and under
 * steady writes it never ends. SQLite's work is done in one go: nothing else runs in this process meanwhile.
 */
export async function copySqlite(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { timeout: BUSY_MS, readOnly: true });
  try {
    source.exec("begin deferred");
    source.prepare("select count(*) from sqlite_master").get();
    await backup(source, to);
  } finally {
    source.close();
  }
  await Deno.chmod(to, 0o600);
  using file = await Deno.open(to, { read: true, write: true });
  await file.sync();
}

export interface SqliteContent {
  /** Names of the migrations that it has had, oldest first. */
  migrations: string[];
  /** Names of the attachments' files. */
  stored_names: string[];
}

/**
 * Looks through a whole database file that nobody uses.
 *
 * @throws DatabaseFileError when it is damaged or none of Autopilot's; NewerSchemaError
 */
export function inspectSqlite(path: string): SqliteContent {
  const migrations = migrationsIn(path);
  if (migrations === null) throw new DatabaseFileError("It is an SQLite database, but none of Autopilot");
  const unknown = migrations.filter((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
  using db = new DatabaseSync(path);
  const problems = db.prepare("pragma integrity_check(5)").all().map((row) => String(row.integrity_check));
  if (problems.join() !== "ok") {
    throw new DatabaseFileError(`The database is damaged: ${problems.join("; ")}`);
  }
  const loose = db.prepare("pragma foreign_key_check").all();
  if (loose.length > 0) {
    throw new DatabaseFileError(`${loose.length} rows of the database belong to nothing`);
  }
  const names = db.prepare("select stored_name from attachments order by id").all();
  return { migrations, stored_names: names.map((row) => String(row.stored_name)) };
}

/** The migrations that a file has had; `null` when it is empty or no database of Autopilot. @throws DatabaseFileError */
export function migrationsIn(path: string): string[] | null {
  try {
    using db = new DatabaseSync(path, { timeout: BUSY_MS });
    const known = db.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get();
    if (known === undefined) return null;
    return db.prepare("select name from kysely_migration order by name").all().map(({ name }) =>
      String(name)
    );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseFileError(`It can't be read as a database: ${why}`, { cause });
  }
}

/**
 * Keeps everybody out of a database file, and puts what its side files hold into it. `null` when somebody has it open.
 *
 * @throws DatabaseFileError when it is damaged, so that nobody's use of it can be seen
 */
export function lockSqliteOut(path: string): Disposable | null {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec("pragma locking_mode = exclusive");
    // Leaving the WAL takes that nobody else has the file open.
    const { journal_mode } = db.prepare("pragma journal_mode = delete").get() ?? {};
    if (journal_mode !== "delete") throw new DatabaseFileError(`The journal stays in mode ${journal_mode}`);
    db.exec("begin exclusive");
    return { [Symbol.dispose]: () => db.close() };
  } catch (cause) {
    db.close();
    if (cause instanceof Error && "errcode" in cause && (Number(cause.errcode) & 0xff) === 5) return null;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseFileError(`It can't be read as a database: ${why}`, { cause });
  }
}
