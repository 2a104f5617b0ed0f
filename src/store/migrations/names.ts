/** The names of the migrations, which every start compares with those that the database has had. */

/** In order; a name is written into every database and never changes. */
const NAMES = [
  "0001_initial",
  "0002_last_outcome",
  "0003_tokens",
  "0004_event_credential",
  "0005_feedback",
  "0006_stays",
  "0007_imports",
  "0009_trust",
  "0010_refused_hosts",
] as const;

export type MigrationName = (typeof NAMES)[number];

/** Names of all migrations, oldest first. */
export const KNOWN_MIGRATIONS: readonly string[] = NAMES;
