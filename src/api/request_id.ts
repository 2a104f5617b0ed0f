/**
 * Ids by which an answer and the log's lines about it find each other. Made when one is needed: most requests go well
 * and cost nothing.
 */

const boot = crypto.randomUUID().slice(0, 8);
let made = 0;

/** A new one. */
export function newRequestId(): string {
  return `${boot}-${(++made).toString(36)}`;
}
