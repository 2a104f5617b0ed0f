/** Full-text search: the same words, found the same way, in both databases. */

import { type CompiledQuery, type Expression, type RawBuilder, sql, type SqlBool } from "kysely";
import { type Connection, keptQuery } from "./kept.ts";
import type { Backend } from "./schema.ts";

/** Longest word kept, in characters; longer ones are found by their beginning. */
const MAX_WORD = 64;
/** Most text of distinct words kept per entry, in characters: what a PostgreSQL tsvector surely holds. */
const MAX_WORDS_TEXT = 200_000;
/** Most words of a search; further ones are not looked at. */
const MAX_QUERY_WORDS = 32;
/** Entries per issue; the bits of SQLite's row id below the issue's number. */
const ENTRY_BITS = 20;

/** The distinct words of a text: runs of letters and digits, in lower case, without diacritics. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKD").toLowerCase().replace(/\p{M}+/gu, "");
  const words = new Set<string>();
  let left = MAX_WORDS_TEXT;
  for (const [match] of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
    const word = [...match.slice(0, MAX_WORD * 2)].slice(0, MAX_WORD).join("");
    if (words.has(word)) continue;
    left -= word.length;
    if (left < 0) break;
    words.add(word);
  }
  return [...words];
}

/** A text to be found: `n` 0 is the own text of the issue with this number, above 0 a comment's. */
export interface SearchEntry {
  number: number;
  n: number;
  text: string;
}

/** The statements that write entries, in place of what was there: one for each, of several of one place the last. */
export function writingEntries(on: Connection, entries: readonly SearchEntry[]): CompiledQuery[] {
  const last = new Map(entries.map((entry) => [`${entry.number} ${entry.n}`, entry]));
  return [...last.values()]
    // Beyond a million comments on one issue the thread is no longer searched.
    .filter(({ n }) => n < 2 ** ENTRY_BITS)
    .map(({ number, n, text }) => {
      const words = wordsOf(text);
      return writingEntry(on, { number, n, words: on.kind === "sqlite" ? words.join(" ") : words });
    });
}

const writingEntry = keptQuery<{ number: number; n: number; words: string | string[] }, unknown>(
  (db, { number, n, words }, kind) => {
    const write = kind === "sqlite"
      ? sql`insert or replace into search (rowid, words)
          values (${number} << ${sql.lit(ENTRY_BITS)} | ${n}, ${words})`
      : sql`insert into search (number, n, words) values (${number}, ${n}, array_to_tsvector(${words}::text[]))
          on conflict (number, n) do update set words = excluded.words`;
    return { compile: () => write.compile(db) };
  },
);

/** How a search becomes part of a statement that selects from `issues`. */
export interface Match {
  /** Joins the entries that match; an issue comes once per matching entry. */
  join: RawBuilder<unknown>;
  where: Expression<SqlBool>;
  /** Newest issue first, in the order in which the database can walk the entries. */
  order: RawBuilder<unknown>;
}

/** `null` when the text has no word: then nothing matches. User text reaches the database as words only. */
export function matchOf(kind: Backend, q: string, before: number | undefined): Match | null {
  const words = wordsOf(q).slice(0, MAX_QUERY_WORDS);
  if (words.length === 0) return null;
  if (kind === "sqlite") {
    const below = before === undefined ? sql`` : sql` and search.rowid < ${before} << ${sql.lit(ENTRY_BITS)}`;
    return {
      join: sql`search cross join issues on issues.number = search.rowid >> ${sql.lit(ENTRY_BITS)}`,
      where: sql<SqlBool>`search match ${words.map((word) => `"${word}"*`).join(" ")}${below}`,
      order: sql`search.rowid desc`,
    };
  }
  const below = before === undefined ? sql`` : sql` and search.number < ${before}`;
  return {
    join: sql`search join issues on issues.number = search.number`,
    where: sql<SqlBool>`search.words @@ ${words.map((word) => `'${word}':*`).join(" & ")}::tsquery${below}`,
    order: sql`search.number desc`,
  };
}
