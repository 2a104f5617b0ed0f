/** Ids of everything that is stored. */

/**
 * A UUID of version 7: 48 bits of time, 74 random bits. New ids lie together at the end of every index, so a
 * commit writes few pages; random ids cost a page per index and row.
 */
export function timeOrderedId(now: Date): string {
  const random = crypto.randomUUID();
  const time = now.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
