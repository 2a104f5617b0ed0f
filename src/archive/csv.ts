/** CSV as RFC 4180 has it: quoted fields may hold commas, quotes and line ends. */

import { ArchiveError } from "./tar.ts";

/**
 * The records of a file, by the names in its first line.
 *
 * @throws ArchiveError when a quote is never closed, or a record has not as many fields as the first line
 */
export function parseCsv(text: string): Record<string, string>[] {
  const [names, ...rows] = rowsOf(text.replace(/^\ufeff/, ""));
  if (names === undefined) return [];
  return rows.map((row, index) => {
    if (row.length !== names.length) {
      throw new ArchiveError(
        `Record ${index + 1} of the CSV file has ${row.length} fields, its first line has ${names.length}`,
      );
    }
    return Object.fromEntries(names.map((name, column) => [name, row[column]]));
  });
}

function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A field with what ends it; quotes within a quoted one are doubled.
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new ArchiveError(`The CSV file is broken in its record ${rows.length}`);
    row.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === ",") {
      if (field.lastIndex === text.length) row.push("");
      else continue;
    }
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
