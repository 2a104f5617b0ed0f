/** What the commands that carry data have in common. */

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
