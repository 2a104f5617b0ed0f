/** What is to be said of a database before, or beside, a server that uses it. Nothing is made and nothing changed. */

import { DatabaseSync } from "node:sqlite";
import { messageOfError } from "../domain/errors.ts";
import { KNOWN_MIGRATIONS } from "./migrations/names.ts";

export interface Diagnosis {
  /** False: there is nothing yet, the first start makes it. */
  exists: boolean;
  /** Migrations of this version that it has not had. */
  lacking: string[];
  /** Migrations that this version does not know. */
  unknown: string[];
  /** What is damaged, in the database's words. */
  damage: string[];
  /** Whether it was looked through as a whole. */
  complete: boolean;
  /** `yes`, `busy`: somebody else writes for long, or why it can't be written. */
  writable: string;
  /** Bytes of a file; 0 where that can't be told cheaply. */
  bytes: number;
  /** When the last event was, ISO-8601; empty while there is none. */
  last_event_at: string;
}

/** Larger files are not looked through unless asked for: SQLite's check can't be cut short. */
export const MAX_CHECKED_BYTES = 128 * 1024 * 1024;
/** Waiting for the writes of others, and for a server to answer, in milliseconds. */
const BUSY_MS = 500;

const NOTHING: Diagnosis = {
  exists: false,
  lacking: [],
  unknown: [],
  damage: [],
  complete: false,
  writable: "yes",
  bytes: 0,
  last_event_at: "",
};

/**
 * Looks into a database. What is wrong with one that answers stands in the answer.
 *
 * @param thorough look through the whole file, whatever its size
 * @param timeout_ms for PostgreSQL
 * @throws {Error} when it can't be opened or reached
 */
export async function diagnose(
  url: string,
  { thorough, timeout_ms }: { thorough: boolean; timeout_ms: number },
): Promise<Diagnosis> {
  return url.startsWith("sqlite:")
    ? await diagnoseSqlite(url.slice("sqlite:".length), thorough)
    : await diagnosePostgres(url, timeout_ms);
}

async function diagnoseSqlite(path: string, thorough: boolean): Promise<Diagnosis> {
  let bytes: number;
  try {
    ({ size: bytes } = await Deno.stat(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NOTHING;
    throw error;
  }
  // Not read-only: after a crash SQLite must put the log in order before anybody can read.
  using db = new DatabaseSync(path, { timeout: BUSY_MS });
  const found = { ...NOTHING, exists: true, bytes };
  try {
    const has = (table: string) =>
      db.prepare("select 1 from sqlite_master where name = ?").get(table) !== undefined;
    const had = has("kysely_migration")
      ? db.prepare("select name from kysely_migration").all().map(({ name }) => String(name))
      : [];
    Object.assign(found, compared(had));
    if (thorough || bytes <= MAX_CHECKED_BYTES) {
      const said = db.prepare("pragma quick_check(3)").all().map((row) => String(row.quick_check));
      found.damage = said.join() === "ok" ? [] : said;
      found.complete = true;
    }
    if (has("events")) {
      found.last_event_at = String(
        db.prepare("select at from events order by seq desc limit 1").get()?.at ?? "",
      );
    }
  } catch (error) {
    // A file that is no database, or whose pages can't be read.
    return { ...found, damage: [messageOfError(error)] };
  }
  try {
    db.exec("begin immediate; rollback");
  } catch (error) {
    found.writable = isBusy(error) ? "busy" : messageOfError(error);
  }
  return found;
}

async function diagnosePostgres(url: string, timeout_ms: number): Promise<Diagnosis> {
  const { connectForDiagnosis } = await import("./postgres_diagnosis.ts");
  const { migrations, writable, last_event_at } = await connectForDiagnosis(url, timeout_ms);
  return { ...NOTHING, exists: migrations.length > 0, ...compared(migrations), writable, last_event_at };
}

function compared(had: readonly string[]): Pick<Diagnosis, "lacking" | "unknown"> {
  return {
    lacking: KNOWN_MIGRATIONS.filter((name) => !had.includes(name)),
    unknown: had.filter((name) => !KNOWN_MIGRATIONS.includes(name)),
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}
