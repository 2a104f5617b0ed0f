/** The part of a diagnosis that asks a PostgreSQL server: one connection, for seconds. */

// @ts-types="@types/pg"
import pg from "pg";

export interface PostgresDiagnosis {
  /** Names of the migrations that it has had; none in a database that Autopilot has not used yet. */
  migrations: string[];
  /** `yes`, or why nothing can be written. */
  writable: string;
  /** ISO-8601; empty while there is no event. */
  last_event_at: string;
}

/** @throws {Error} when the server can't be reached in time, or refuses */
export async function connectForDiagnosis(url: string, timeout_ms: number): Promise<PostgresDiagnosis> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "autopilot doctor",
    connectionTimeoutMillis: timeout_ms,
    query_timeout: timeout_ms,
  });
  // A connection that breaks is told by the query under way as well.
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows: [has] } = await client.query(
      "select to_regclass('kysely_migration') is not null as migrations, to_regclass('events') is not null as events",
    );
    const migrations = has.migrations
      ? (await client.query("select name from kysely_migration order by name")).rows
      : [];
    const last = has.events
      ? (await client.query("select at from events order by seq desc limit 1")).rows
      : [];
    const { rows: [mode] } = await client.query("show transaction_read_only");
    return {
      migrations: migrations.map(({ name }) => String(name)),
      writable: mode.transaction_read_only === "off" ? "yes" : "the server takes no writes (read-only)",
      last_event_at: last.length === 0 ? "" : String(last[0].at),
    };
  } finally {
    await client.end();
  }
}
