/** Several statements in one message, so that a write waits for few answers. */

import type { CompiledQuery } from "kysely";

/** More go one by one: each number and combination is another statement to prepare. */
const MAX_JOINED = 5;
/** Joined texts kept, by the texts that they are made of. The code has few combinations; this bounds a mistake. */
const MAX_KEPT = 200;

const kept = new Map<string, string>();

/**
 * Writes and then a call as one statement.
 *
 * @param writes each without `returning`; none sees what the others wrote
 * @param call `select f(…)` without more
 */
export function joined(writes: readonly CompiledQuery[], call: CompiledQuery): readonly CompiledQuery[] {
  if (writes.length === 0 || writes.length > MAX_JOINED) return [...writes, call];
  const queries = [...writes, call];
  const key = queries.map(({ sql }) => sql).join(";");
  let text = kept.get(key);
  if (text === undefined) {
    text = textOf(queries);
    if (kept.size < MAX_KEPT) kept.set(key, text);
  }
  return [{ ...call, sql: text, parameters: queries.flatMap(({ parameters }) => [...parameters]) }];
}

/**
 * The condition, always true, has the writes done before the call. Else they come after it: the lock that appending
 * events takes would be taken before those of the rows, and two writes could wait for each other.
 */
function textOf(queries: readonly CompiledQuery[]): string {
  let before = 0;
  const texts = queries.map(({ sql, parameters }) => {
    const first = before;
    before += parameters.length;
    return sql.replaceAll(/\$(\d+)/g, (_, n) => `$${Number(n) + first}`);
  });
  const call = texts.pop();
  const writes = texts.map((text, n) => `w${n} as (${text} returning 1)`).join(", ");
  const done = texts.map((_, n) => `(select count(*) from w${n}) >= 0`).join(" and ");
  return `with ${writes} ${call} where ${done}`;
}
