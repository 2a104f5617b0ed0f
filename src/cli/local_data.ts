/** What the commands that carry data have in common. */

import { join } from "node:path";
import { type Source, UPLOADS } from "../archive/archive.ts";
import { exists } from "../archive/swap.ts";
import { ArchiveError } from "../archive/tar.ts";
import { NewerSchemaError } from "../store/migrations/migrate.ts";
import { DatabaseFileError } from "../store/sqlite_files.ts";
import type { Printer } from "./printer.ts";

/** The attachments' files that are there, as an archive takes them, and the names of those that are not. */
export async function collectUploads(
  uploads: string,
  stored_names: readonly string[],
): Promise<{ sources: Source[]; missing: string[] }> {
  const sources: Source[] = [];
  const missing: string[] = [];
  for (const stored_name of stored_names) {
    const path = join(uploads, stored_name);
    if (await exists(path)) sources.push({ name: `${UPLOADS}/${stored_name}`, path });
    else missing.push(stored_name);
  }
  return { sources, missing };
}

export function tellMissing(err: Printer, missing: readonly string[]): void {
  for (const name of missing) {
    err.line(`autopilot: the file of an attachment is lost, the rest is there: ${name}`);
  }
}

/** @param removed what backups and exports that were killed had left beside the file */
export function tellRemoved(err: Printer, removed: readonly string[]): void {
  for (const path of removed) {
    err.line(`autopilot: removed what a backup or export that was cut off had left: ${path}`);
  }
}

/** What files and folders of the user may do to us, as opposed to a defect. */
export function isFileTrouble(error: unknown): error is Error {
  return error instanceof ArchiveError || error instanceof DatabaseFileError ||
    error instanceof NewerSchemaError || error instanceof Deno.errors.NotCapable ||
    // A full disk, a folder that may not be written, a device that fails: the system's own words say it.
    (error instanceof Error && /\(os error \d+\)/.test(error.message));
}

/** The file of an SQLite database; `null` for PostgreSQL. */
export function sqlitePath(database_url: string): string | null {
  return /^sqlite:(?<path>.+)$/s.exec(database_url)?.groups?.path ?? null;
}

/** Bytes for people: `1.5 MB` */
export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let power = 0;
  for (; bytes >= 1000 && power < units.length - 1; power++) bytes /= 1000;
  return `${power === 0 ? bytes : bytes.toFixed(1)} ${units[power]}`;
}
