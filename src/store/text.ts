/** Texts at the store's edge. */

/**
 * The text as both databases can keep it: without NUL characters, which PostgreSQL can't store, and with a
 * replacement character for each half of a surrogate pair that stands alone, which UTF-8 can't spell.
 */
export function storable(text: string): string {
  return (text.includes("\0") ? text.replaceAll("\0", "") : text).toWellFormed();
}

/** Does the same to every text of a flat record. */
export function storableFields<T extends object>(record: T): T {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, typeof value === "string" ? storable(value) : value]),
  ) as T;
}
